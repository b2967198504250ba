"""A year of every kind of schedule: what is previewed is what ticks plan, and what a slow reading of the wall says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.schedule import (
    ClockTimes,
    Closures,
    Cron,
    Grid,
    Jitter,
    Missed,
    Recurrence,
    Schedule,
    Slot,
    Wall,
    Window,
)
from scheduler.due import decide, first_slot, slots

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
MINUTE = timedelta(minutes=1)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]


DAYS = [date(2025, 12, 30) + timedelta(days=n) for n in range(371)]


@cache
def wall_of(zone: str) -> dict[datetime, list[datetime]]:
    """Every minute of the year, by what the wall shows at it: none for one that is skipped, two for one that recurs."""
    shown = defaultdict(list)
    place = ZoneInfo(zone)
    instant, end = BEGIN - timedelta(days=3), BEGIN + YEAR + timedelta(days=3)
    while instant < end:
        shown[instant.astimezone(place).replace(tzinfo=None, fold=0)].append(instant)
        instant += MINUTE
    return shown


def instants(zone: str, reading: datetime, *, both: bool) -> list[datetime]:
    """When the wall shows *reading*; a reading that is skipped is as long after the last one before it as it says."""
    shown = wall_of(zone)
    if reading in shown:
        return shown[reading] if both else shown[reading][:1]
    passed = 1
    while (before := reading - passed * MINUTE) not in shown:
        passed += 1
    return [shown[before][-1] + passed * MINUTE]


def written(cadence: Wall) -> list[datetime]:
    """What the cadence names on the wall, minute by minute or date by date."""
    if isinstance(cadence, ClockTimes):
        return [
            datetime.combine(day, at)
            for day in DAYS
            if day.weekday() in cadence.weekdays and day.month in cadence.months
            for at in cadence.times
        ]
    if isinstance(cadence, Window):
        hours = (cadence.closes.hour - cadence.opens.hour) % 24 or 24
        return [
            datetime.combine(day, cadence.opens) + timedelta(hours=hours) * k / cadence.daily_count
            for day in DAYS
            if day.weekday() in cadence.weekdays and day.month in cadence.months
            for k in range(cadence.daily_count)
        ]
    if isinstance(cadence, Recurrence):
        rule = rrulestr(cadence.rule, dtstart=cadence.start)
        return rule.between(datetime(2025, 12, 29), datetime(2027, 1, 4), inc=True)  # noqa: DTZ001
    return minutes_of(cadence.expression)


@cache
def minutes_of(expression: str) -> list[datetime]:
    minutes = [time(hour, minute) for hour in range(24) for minute in range(60)]
    matches = CRONS[expression]
    return [at for day in DAYS for minute in minutes if matches(at := datetime.combine(day, minute))]


CRONS: dict[str, Callable[[datetime], bool]] = {
    "0 9 * * mon-fri": lambda at: at.hour == 9 and at.minute == 0 and at.weekday() < 5,
    "30 1,2,3 * * *": lambda at: at.hour in (1, 2, 3) and at.minute == 30,
    "*/30 * * * *": lambda at: at.minute in (0, 30),
    "15 */2 * * 0": lambda at: at.hour % 2 == 0 and at.minute == 15 and at.weekday() == 6,
    "0 0 13 * fri": lambda at: at.hour == at.minute == 0 and (at.day == 13 or at.weekday() == 4),
    "0 2 29 2 *": lambda at: False,
}
RULES = [
    "FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;BYHOUR=2;BYMINUTE=30",
    "FREQ=MONTHLY;BYDAY=-1SU,2SU;BYHOUR=1,2,3;BYMINUTE=30",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17",
    "FREQ=DAILY;INTERVAL=3;BYHOUR=8,20;COUNT=50",
    "FREQ=YEARLY;BYMONTH=3,10;BYMONTHDAY=29,-7;UNTIL=20261101",
]


def forms(zone: str) -> list[Wall]:
    start = datetime(2025, 12, 31)  # noqa: DTZ001
    every_hour = tuple(time(hour, 30) for hour in range(0, 24, 1))
    return [
        ClockTimes((time(9), time(2, 30)), zone, frozenset({0, 5, 6}), frozenset({3, 4, 10, 11})),
        ClockTimes(every_hour, zone),
        Window(time(9), time(21), 5, zone),
        Window(time(22), time(4), 6, zone, frozenset({4, 5})),
        Window(time(0), time(0), 24, zone, months=frozenset({3, 10, 11})),
        *(Cron(expression, zone) for expression in CRONS),
        *(Recurrence(rule, start, zone) for rule in RULES),
    ]


def expected(cadence: Wall) -> list[datetime]:
    both = isinstance(cadence, Cron) and ("*" in cadence.expression[:4] or "/" in cadence.expression[:4])
    found = {at for reading in written(cadence) for at in instants(cadence.timezone, reading, both=both)}
    return sorted(at for at in found if BEGIN <= at < BEGIN + YEAR)


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_slots_is_what_the_wall_shows_read_minute_by_minute(zone: str) -> None:
    for cadence in forms(zone):
        ahead = slots(Schedule(cadence), BEGIN, inclusive=True)
        found = []
        for slot in ahead:
            if slot.at >= BEGIN + YEAR:
                break
            found.append(slot.at)
        assert found == expected(cadence), cadence


schedules = st.builds(
    Schedule,
    cadence=st.sampled_from([form for zone in ZONES for form in forms(zone)] + [Grid(n, BEGIN) for n in (1, 5, 24)]),
    end=st.none() | st.integers(1, 364).map(lambda days: BEGIN + timedelta(days=days)),
    missed=st.sampled_from(Missed),
    jitter=st.none() | st.builds(Jitter, st.sampled_from([timedelta(minutes=10), timedelta(hours=5)]), st.just("t1")),
    closures=st.none()
    | st.builds(
        Closures,
        st.sampled_from(ZONES),
        st.sampled_from([(), ((time(22), time(7)),), ((time(1), time(3)), (time(12), time(13)))]),
        st.frozensets(st.integers(0, 364).map(lambda n: date(2026, 1, 1) + timedelta(days=n)), max_size=20),
    ),
)


@settings(max_examples=40, deadline=None)
@given(schedules)
def test_what_is_previewed_for_a_year_is_what_ticks_plan_slot_by_slot(schedule: Schedule) -> None:
    previewed = []
    for slot in slots(schedule, BEGIN, inclusive=True):
        if slot.at >= BEGIN + YEAR:
            break
        previewed.append(slot)
    run, dropped = executed(schedule)

    assert run == [slot for slot in previewed if slot.reason is None]
    closed = [slot for slot in previewed if slot.reason is not None]
    for slot in closed:
        assert [reason for start, end, reason in dropped if start <= slot.at <= end] == [slot.reason]
    assert {slot.reason for slot in closed} <= {Reason.QUIET_HOURS, Reason.EXCLUDED}


def executed(schedule: Schedule) -> tuple[list[Slot], list[tuple[datetime, datetime, Reason]]]:
    """What a planner does that looks at every next slot, each at its instant."""
    run, dropped = [], []
    now = first_slot(schedule, BEGIN)
    while now is not None and now < BEGIN + YEAR:
        decision = decide(schedule, now, now)
        run += [decision.run] if decision.run else []
        dropped += [(gap.start, gap.end, gap.reason) for gap in decision.dropped]
        assert not decision.later
        assert decision.next_slot_at is None or decision.next_slot_at > now
        now = decision.next_slot_at
    return run, dropped


@settings(max_examples=40, deadline=None)
@given(schedules)
def test_jitter_moves_a_slot_forward_by_less_than_its_width_and_never_past_the_next_or_into_quiet_hours(
    schedule: Schedule,
) -> None:
    still = Schedule(schedule.cadence, schedule.end, closures=schedule.closures)
    nominal = [slot for slot, _ in zip(slots(still, BEGIN, inclusive=True), range(300), strict=False)]
    moved = (slot for slot in slots(schedule, BEGIN, inclusive=True) if (slot.nominal or slot.at) >= BEGIN)
    planned = [slot for slot, _ in zip(moved, range(300), strict=False)]

    assert len(nominal) == len(planned)
    assert [slot.nominal or slot.at for slot in planned] == [slot.at for slot in nominal]
    assert [slot.reason for slot in planned] == [slot.reason for slot in nominal]
    width = schedule.jitter.width if schedule.jitter else timedelta(microseconds=1)
    for index, slot in enumerate(planned):
        assert timedelta(0) <= slot.at - nominal[index].at < width
        assert index + 1 == len(planned) or slot.at < nominal[index + 1].at
        assert schedule.end is None or slot.at <= schedule.end
        if slot.reason is None and schedule.closures:
            wall = slot.at.astimezone(ZoneInfo(schedule.closures.timezone))
            assert wall.date() not in schedule.closures.dates
            for begins, ends in schedule.closures.quiet_hours:
                assert not (
                    begins <= wall.time() < ends if begins < ends else wall.time() >= begins or wall.time() < ends
                )


@settings(max_examples=60, deadline=None)
@given(schedules, st.integers(0, 300), st.integers(0, 80 * 24 * 60))
def test_after_an_outage_every_slot_is_run_or_lies_in_exactly_one_range(
    schedule: Schedule, days: int, minutes: int
) -> None:
    start = first_slot(schedule, BEGIN + timedelta(days=days))
    if start is None:
        return
    now = start + minutes * MINUTE
    decision = decide(schedule, start, now)

    ran = [each.slot.at for each in decision.later] + ([decision.run.at] if decision.run else [])
    until = max([now, *(gap.end for gap in decision.dropped)])
    passed = []
    for slot in slots(schedule, start, inclusive=True):
        if slot.at > until:
            break
        passed.append(slot)
    for slot in passed:
        held = [gap for gap in decision.dropped if gap.start <= slot.at <= gap.end]
        assert len(held) + ran.count(slot.at) == 1
        assert not (slot.reason and slot.at in ran)
    assert sum(gap.count for gap in decision.dropped) + len(ran) == len(passed)
    assert decision.next_slot_at is None or decision.next_slot_at > until
    if schedule.missed is not Missed.SPREAD:
        assert len(ran) <= 1


def test_slots_that_are_spread_start_one_gap_apart_within_their_grace() -> None:
    schedule = Schedule(
        Grid(24, BEGIN), missed=Missed.SPREAD, grace=timedelta(hours=4), spread_gap=timedelta(minutes=30)
    )
    now = BEGIN + timedelta(hours=9, minutes=10)
    decision = decide(schedule, BEGIN, now)

    assert decision.run == Slot(BEGIN + timedelta(hours=6))
    hours = [(each.slot.at - BEGIN) // timedelta(hours=1) for each in decision.later]
    assert hours == [7, 8, 9]
    assert [each.due_at - now for each in decision.later] == [n * timedelta(minutes=30) for n in (1, 2, 3)]
    assert [(gap.count, gap.reason) for gap in decision.dropped] == [(6, Reason.MISSED)]


def test_a_slot_waits_its_gap_behind_those_that_are_still_to_be_made_up() -> None:
    schedule = Schedule(Grid(24, BEGIN), missed=Missed.SPREAD, spread_gap=timedelta(minutes=30))
    decision = decide(schedule, BEGIN, BEGIN, pending=BEGIN + timedelta(minutes=40))

    assert decision.run is None
    assert [(each.slot.at, each.due_at) for each in decision.later] == [(BEGIN, BEGIN + timedelta(minutes=70))]
