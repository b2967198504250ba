"""A year of the real planner, tick by tick in SQL, is the plan that was shown at its beginning."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import update

from domain.run import Run, RunStatus
from domain.schedule import (
    CalendarDates,
    ClockTimes,
    Closures,
    Cron,
    Jitter,
    Overlap,
    Recurrence,
    Schedule,
    Window,
)
from scheduler.forecast import look_ahead
from storage import runs
from storage.database import Database
from storage.tables import runs as table
from tests.integration.scheduler_house import NOW, House
from tests.integration.storage_values import listed

YEAR = timedelta(days=365)
BERLIN = "Europe/Berlin"
NIGHTS = ((time(22), time(7)), (time(12, 30), time(13, 30)))
HOLIDAYS = frozenset(date(2026, 12, day) for day in (24, 25, 26, 31))
SUMMER = CalendarDates("https://x.example/a", frozenset(date(2026, 8, day) for day in range(3, 20)))
CLOSURES = Closures("America/New_York", NIGHTS, HOLIDAYS, (SUMMER,))
JITTER = Jitter(timedelta(minutes=40), "seed")
SCHEDULES = {
    "times": Schedule(ClockTimes((time(2, 30), time(9), time(23)), BERLIN), jitter=JITTER, closures=CLOSURES),
    "window": Schedule(Window(time(20), time(2), 3, BERLIN), closures=CLOSURES, max_runs=400),
    "cron": Schedule(Cron("30 */8 * * mon-sat", BERLIN), jitter=JITTER, end=NOW + timedelta(days=300)),
    "rule": Schedule(
        Recurrence("FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=2,14;BYMINUTE=30", NOW.replace(tzinfo=None), BERLIN),
        closures=CLOSURES,
        overlap=Overlap.QUEUE,
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_year_of_ticks_plans_what_the_plan_has_shown(database: Database, name: str) -> None:
    if database.dialect != "sqlite":
        pytest.skip("the arithmetic is the same, and SQLite's ticks are faster")
    house = House(database)
    house.template(schedule=SCHEDULES[name])
    shown = look_ahead(house.stored(), now=NOW, start=NOW, until=NOW + YEAR, run_takes=timedelta(minutes=5))

    while (following := house.stored().state.next_slot_at) is not None and following < NOW + YEAR:
        house.clock.advance(seconds=(following - house.clock()).total_seconds())
        house.plan()
        with database.write() as c:
            done = {"status": RunStatus.POSTED.value, "finished_at": house.clock()}
            c.execute(update(table).where(table.c.status == RunStatus.QUEUED.value).values(done))

    with database.read() as c:
        kept = [runs.find(c, "t1", slot.at) for slot in shown.closed]
        everything = listed(c, template_id="t1", limit=5000)
        gaps = runs.gaps(c, "t1")
    assert sorted(run.slot_at for run in everything if run.status is RunStatus.POSTED) == [
        slot.at for slot in shown.runs
    ]
    assert [found and found.reason for found in kept] == [slot.reason for slot in shown.closed]
    alone = sum(isinstance(found, Run) for found in kept)
    beyond = [gap for gap in gaps if gap.end >= NOW + YEAR]
    assert beyond or alone + sum(gap.count for gap in gaps) == len(shown.closed)
    assert (house.stored().state.next_slot_at is None) == (shown.ended_at is not None)
