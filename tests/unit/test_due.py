"""Laws of due.decide, against an enumeration that is slow and obviously right."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.schedule import Cadence, ClockTimes, Cron, Grid, Jitter, Missed, Recurrence, Schedule, Slot, Window
from scheduler import planned
from scheduler.due import SKIP_TOLERANCE, Decision, Dropped, decide, first_slot, preview, regrid, slots

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Apia",
]
MICROSECOND = timedelta(microseconds=1)

instants = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
times = st.one_of(
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3), time(3, 30), time(23, 59)]),
)
clock_times = st.builds(
    ClockTimes,
    times=st.lists(times, min_size=1, max_size=5).map(tuple),
    timezone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
grids = st.builds(Grid, daily_count=st.integers(1, 100), anchor=instants)


@st.composite
def ticks(draw: st.DrawFn) -> tuple[Schedule, datetime, datetime]:
    """A schedule, the slot it stands at, and a moment at which it is asked."""
    begin = draw(instants)
    cadence = draw(st.one_of(clock_times, grids.map(lambda grid: Grid(grid.daily_count, begin))))
    outage = draw(st.timedeltas(timedelta(days=-2), timedelta(days=20)))
    schedule = Schedule(
        cadence,
        end=draw(st.none() | st.timedeltas(timedelta(0), timedelta(days=15)).map(lambda left: begin + left)),
        missed=draw(st.sampled_from([Missed.SKIP, Missed.LATEST])),
        grace=draw(st.timedeltas(timedelta(seconds=1), timedelta(days=2))),
    )
    next_slot = first_slot(Schedule(cadence), begin)
    assert next_slot is not None
    return schedule, next_slot, begin + outage


def enumerated(schedule: Schedule, start: datetime, until: datetime) -> list[datetime]:
    """Every slot in [start, until] by the definition: counted from the anchor, or written out day by day."""
    cadence = schedule.cadence
    last = until if schedule.end is None else min(until, schedule.end)
    if isinstance(cadence, Grid):
        found = []
        k = 0
        while (at := cadence.anchor + timedelta(microseconds=k * 86_400_000_000 // cadence.daily_count)) <= last:
            found.append(at)
            k += 1
        return [at for at in found if at >= start]
    assert isinstance(cadence, ClockTimes)
    zone = ZoneInfo(cadence.timezone)
    days = (start.date() + timedelta(days=n) for n in range(-3, (until - start).days + 4))
    written = (
        datetime.combine(day, at, zone).astimezone(UTC)
        for day in days
        if day.weekday() in cadence.weekdays
        for at in cadence.times
    )
    return sorted({at for at in written if start <= at <= last})


@given(ticks())
def test_a_tick_runs_at_most_the_newest_due_slot_and_only_within_its_grace(
    tick: tuple[Schedule, datetime, datetime],
) -> None:
    schedule, next_slot, now = tick
    decision = decide(schedule, next_slot, now)

    due = enumerated(schedule, next_slot, now)
    young = schedule.grace if schedule.missed is Missed.LATEST else min(schedule.grace, SKIP_TOLERANCE)
    expected = due[-1] if due and now - due[-1] <= young else None
    assert (decision.run.at if decision.run else None) == expected


@given(ticks())
def test_every_slot_that_passed_is_run_or_lies_in_exactly_one_dropped_range(
    tick: tuple[Schedule, datetime, datetime],
) -> None:
    schedule, next_slot, now = tick
    decision = decide(schedule, next_slot, now)

    due = enumerated(schedule, next_slot, now)
    dropped = [at for at in due if decision.run is None or at != decision.run.at]
    for at in dropped:
        assert sum(gap.start <= at <= gap.end for gap in decision.dropped) == 1
    assert decision.run is None or not any(gap.start <= decision.run.at <= gap.end for gap in decision.dropped)
    assert sum(gap.count for gap in decision.dropped) == len(dropped)
    for gap in decision.dropped:
        assert {gap.start, gap.end} <= set(dropped)
        superseded = decision.run is not None and schedule.missed is Missed.LATEST
        assert gap.reason is (Reason.SUPERSEDED if superseded else Reason.MISSED)


@given(ticks())
def test_the_next_slot_is_the_first_one_after_the_tick(tick: tuple[Schedule, datetime, datetime]) -> None:
    schedule, next_slot, now = tick
    decision = decide(schedule, next_slot, now)

    start = max(next_slot, now + MICROSECOND)
    later = enumerated(schedule, start, start + timedelta(days=10))
    assert decision.next_slot_at == (later[0] if later else None)


@given(ticks(), st.none() | st.timedeltas(timedelta(minutes=1), timedelta(hours=9)))
def test_the_slots_around_a_moment_are_those_of_the_walk(
    tick: tuple[Schedule, datetime, datetime], width: timedelta | None
) -> None:
    schedule, start, moment = tick
    jittered = replace(schedule, jitter=Jitter(width, "seed") if width else None)

    newest, following = planned.around(jittered, start, moment)
    walked = list(takewhile(lambda slot: slot.at <= moment, planned.ascending(jittered, start)))
    assert newest == (walked[-1] if walked else None)
    ahead = next(planned.ascending(jittered, moment + MICROSECOND), None)
    assert planned.first(jittered, moment + MICROSECOND) == ahead
    assert following == (ahead.at if ahead else None)


@given(ticks())
def test_a_second_tick_at_the_same_moment_does_nothing(tick: tuple[Schedule, datetime, datetime]) -> None:
    schedule, next_slot, now = tick
    first = decide(schedule, next_slot, now)
    if first.next_slot_at is not None:
        assert decide(schedule, first.next_slot_at, now) == Decision(None, (), first.next_slot_at)


@given(ticks(), st.lists(st.timedeltas(timedelta(0), timedelta(hours=30)), min_size=5, max_size=30))
def test_the_preview_is_what_ticks_then_run_or_drop(
    tick: tuple[Schedule, datetime, datetime], pauses: list[timedelta]
) -> None:
    schedule, next_slot, now = tick
    start, standing = next_slot, next_slot
    accounted: list[datetime] = []
    lost = 0
    for pause in pauses:
        now += pause
        decision = decide(schedule, standing, now)
        accounted += [decision.run.at] if decision.run else []
        lost += sum(gap.count for gap in decision.dropped)
        if decision.next_slot_at is None:
            break
        standing = decision.next_slot_at

    planned = [slot.at for slot in preview(schedule, start, len(accounted) + lost + 1, inclusive=True)]
    passed = [at for at in planned if at <= now]
    assert len(passed) == len(accounted) + lost
    assert set(accounted) <= set(passed)
    assert planned[len(passed) :] == ([decision.next_slot_at] if decision.next_slot_at else [])


@given(ticks())
def test_the_slots_ascend_without_repeating(tick: tuple[Schedule, datetime, datetime]) -> None:
    schedule, _, now = tick
    ahead = [slot.at for slot in preview(schedule, now, 50)]

    assert ahead == sorted(set(ahead))
    assert all(at > now for at in ahead)
    assert ahead == enumerated(schedule, now + MICROSECOND, ahead[-1] if ahead else now)


BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def every_hour(missed: Missed = Missed.LATEST, grace: timedelta = timedelta(hours=2)) -> Schedule:
    return Schedule(Grid(24, BEGIN), missed=missed, grace=grace)


def test_after_an_outage_the_newest_slot_runs_and_the_others_are_superseded() -> None:
    decision = decide(every_hour(), BEGIN, BEGIN + timedelta(hours=5, minutes=20))

    assert decision == Decision(
        run=Slot(BEGIN + timedelta(hours=5)),
        dropped=(Dropped(BEGIN, BEGIN + timedelta(hours=4), 5, Reason.SUPERSEDED),),
        next_slot_at=BEGIN + timedelta(hours=6),
    )


def test_when_even_the_newest_slot_is_too_old_all_are_missed() -> None:
    schedule = Schedule(Grid(1, BEGIN), grace=timedelta(hours=2))
    decision = decide(schedule, BEGIN, BEGIN + timedelta(days=2, hours=3))

    assert decision.run is None
    assert decision.dropped == (Dropped(BEGIN, BEGIN + timedelta(days=2), 3, Reason.MISSED),)


def test_a_slot_exactly_as_old_as_the_grace_still_runs() -> None:
    schedule = Schedule(Grid(1, BEGIN), grace=timedelta(hours=2))

    assert decide(schedule, BEGIN, BEGIN + timedelta(hours=2)).run == Slot(BEGIN)
    assert decide(schedule, BEGIN, BEGIN + timedelta(hours=2) + MICROSECOND).run is None


def test_the_policy_skip_runs_a_slot_only_within_a_minute() -> None:
    schedule = every_hour(Missed.SKIP)

    assert decide(schedule, BEGIN, BEGIN + SKIP_TOLERANCE).run == Slot(BEGIN)
    late = decide(schedule, BEGIN, BEGIN + SKIP_TOLERANCE + MICROSECOND)
    assert late.run is None
    assert late.dropped == (Dropped(BEGIN, BEGIN, 1, Reason.MISSED),)


def test_the_policy_skip_calls_older_slots_missed_even_when_the_newest_runs() -> None:
    decision = decide(every_hour(Missed.SKIP), BEGIN, BEGIN + timedelta(hours=3))

    assert decision.run == Slot(BEGIN + timedelta(hours=3))
    assert decision.dropped == (Dropped(BEGIN, BEGIN + timedelta(hours=2), 3, Reason.MISSED),)


def test_the_last_slot_may_lie_exactly_on_the_end() -> None:
    on_the_end = Schedule(Grid(24, BEGIN), end=BEGIN + timedelta(hours=1))
    before_it = Schedule(Grid(24, BEGIN), end=BEGIN + timedelta(hours=1) - MICROSECOND)

    assert [slot.at for slot in slots(on_the_end, BEGIN)] == [BEGIN + timedelta(hours=1)]
    assert list(slots(before_it, BEGIN)) == []
    assert decide(on_the_end, BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=1)) == Decision(
        Slot(BEGIN + timedelta(hours=1)), (), None
    )


def test_an_ended_schedule_has_no_first_slot() -> None:
    schedule = Schedule(Grid(24, BEGIN), end=BEGIN + timedelta(minutes=30))

    assert first_slot(schedule, BEGIN) == BEGIN
    assert first_slot(schedule, BEGIN + MICROSECOND) is None


def test_a_changed_count_is_counted_from_the_last_planned_slot() -> None:
    changed = regrid(every_hour(), 48, BEGIN + timedelta(hours=7))

    ahead = preview(changed, BEGIN + timedelta(hours=7), 2)
    assert [slot.at for slot in ahead] == [BEGIN + timedelta(hours=7, minutes=30), BEGIN + timedelta(hours=8)]


@pytest.mark.parametrize(
    "cadence",
    [
        Grid(100, BEGIN),
        ClockTimes(tuple(time(n // 4, n % 4 * 15 + 1) for n in range(96)), "Europe/Berlin", frozenset(range(5))),
        ClockTimes((time(9),), "Africa/Casablanca", frozenset({0})),
        Window(time(9), time(21), 100, "Europe/Berlin"),
        Cron("*/15 * * * *", "America/New_York"),
        Recurrence("FREQ=DAILY;BYHOUR=8,12,18", datetime(2026, 1, 1), "Europe/Berlin"),  # noqa: DTZ001
    ],
)
def test_a_tick_after_ten_years_of_outage_takes_milliseconds(cadence: Cadence) -> None:
    schedule = Schedule(cadence, grace=timedelta(days=30))
    began = clock.perf_counter()
    decision = decide(schedule, BEGIN, BEGIN + timedelta(days=3650, minutes=3))
    took = clock.perf_counter() - began

    assert decision.run is not None
    assert decision.dropped[0].count > 500
    assert took < 0.5  # measured: 20 to 110 ms
