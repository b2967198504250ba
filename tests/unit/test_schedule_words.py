"""A schedule in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from commands.schedule_words import in_words
from domain.schedule import CalendarDates, ClockTimes, Closures, Cron, Grid, Jitter, Recurrence, Schedule, Window

BERLIN = "Europe/Berlin"
NINE = time(9)
WINDOW = Window(NINE, time(21), 5, BERLIN, frozenset({4, 5}), frozenset({1, 12}))
GRID = Grid(1, datetime(2026, 3, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (Schedule(GRID), "once a day at equal distance"),
        (Schedule(ClockTimes((NINE, time(17, 30)), BERLIN)), "every day at 09:00, 17:30 (Europe/Berlin)"),
        (
            Schedule(ClockTimes((NINE,), BERLIN, frozenset({0}), frozenset({7}))),
            "on Mondays in July at 09:00 (Europe/Berlin)",
        ),
        (Schedule(WINDOW), "on Fridays, Saturdays in January, December, 5 times from 09:00 to 21:00 (Europe/Berlin)"),
        (Schedule(Cron("0 9 * * *", BERLIN)), "cron 0 9 * * * (Europe/Berlin)"),
        (
            Schedule(Recurrence("FREQ=DAILY;BYHOUR=9", datetime(2026, 3, 20), BERLIN)),  # noqa: DTZ001
            "FREQ=DAILY;BYHOUR=9 (Europe/Berlin)",
        ),
        (
            Schedule(GRID, end=datetime(2030, 1, 1, tzinfo=UTC), max_runs=3),
            "once a day at equal distance, until 2030-01-01 00:00:00 UTC; ends after 3 runs that were not skipped",
        ),
        (Schedule(GRID, max_runs=1), "once a day at equal distance; ends after 1 run that was not skipped"),
        (
            Schedule(GRID, jitter=Jitter(timedelta(minutes=20), "seed")),
            "once a day at equal distance; moved by less than 20m",
        ),
        (
            Schedule(
                GRID,
                closures=Closures(
                    BERLIN,
                    ((time(22), time(7)), (time(12), time(13))),
                    frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
                    (CalendarDates("https://example.com/team.ics"),),
                ),
            ),
            "once a day at equal distance; not from 22:00-07:00, 12:00-13:00 (Europe/Berlin); "
            "not on 2 dates and 1 calendar",
        ),
        (
            Schedule(GRID, closures=Closures(BERLIN, dates=frozenset({date(2026, 12, 24)}))),
            "once a day at equal distance; not on 1 date",
        ),
    ],
)
def test_a_schedule_is_said_whole(schedule: Schedule, said: str) -> None:
    assert in_words(schedule) == said
