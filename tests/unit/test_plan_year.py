"""What `template plan` shows for a year, against a slow reading of the documentation, slot by slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.schedule import CalendarDates, Closures, Grid, Jitter, Schedule, Wall, Window
from domain.template import PostType, Sources, StoredTemplate, Template, TemplateState, TemplateStatus
from scheduler.forecast import look_ahead
from tests.unit.test_due_year import BEGIN, YEAR, ZONES, expected, forms

WIDTHS = [timedelta(minutes=10), timedelta(minutes=45), timedelta(hours=5)]
QUIET = [(), ((time(22), time(7)),), ((time(1), time(3)), (time(12), time(13)))]
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
days = st.frozensets(st.integers(0, 364).map(lambda n: date(2026, 1, 1) + n * DAY), max_size=20)

schedules = st.builds(
    Schedule,
    cadence=st.sampled_from([form for zone in ZONES for form in forms(zone)] + [Grid(n, BEGIN) for n in (1, 5, 24)]),
    end=st.none() | st.integers(1, 360 * 24).map(lambda hours: BEGIN + timedelta(hours=hours)),
    jitter=st.none() | st.builds(Jitter, st.sampled_from(WIDTHS), st.sampled_from(["t1", "t2"])),
    closures=st.none()
    | st.builds(
        Closures,
        st.sampled_from(ZONES),
        st.sampled_from(QUIET),
        days,
        st.tuples(st.builds(CalendarDates, st.just("https://x.example/a"), days)),
    ),
    max_runs=st.none() | st.integers(1, 500),
)


def why_closed(closures: Closures | None, at: datetime) -> Reason | None:
    """Look at the wall of the zone: the date first, then its clock, which is in one part of the day or the other."""
    if closures is None:
        return None
    wall = at.astimezone(ZoneInfo(closures.timezone)).replace(tzinfo=None)
    if wall.date() in closures.dates | frozenset().union(*(each.dates for each in closures.calendars)):
        return Reason.EXCLUDED
    for begins, ends in closures.quiet_hours:
        parts = [(begins, ends)] if begins < ends else [(begins, time.max), (time.min, ends)]
        if any(first <= wall.time() < last for first, last in parts):
            return Reason.QUIET_HOURS
    return None


def nominal(schedule: Schedule) -> list[datetime]:
    """Every slot of the year as it is named, and the one after it."""
    if isinstance(schedule.cadence, Grid):
        step = DAY / schedule.cadence.daily_count
        found = [BEGIN + number * step for number in range(365 * schedule.cadence.daily_count + 1)]
    else:
        assert isinstance(schedule.cadence, Wall)
        found = expected(schedule.cadence)
    return [at for at in found if schedule.end is None or at <= schedule.end]


def slow(schedule: Schedule) -> list[tuple[datetime, Reason | None]]:
    """When each slot of the year is, and why it does not run."""
    named = nominal(schedule)
    found: list[tuple[datetime, Reason | None]] = []
    for at, following in zip(named, [*named[1:], None], strict=False):
        reason = why_closed(schedule.closures, at)
        offset = timedelta(0)
        if schedule.jitter and reason is None:
            room = [schedule.jitter.width]
            room += [following - at] if following else []
            room += [schedule.end - at + TICK] if schedule.end else []
            if isinstance(schedule.cadence, Window):
                opens, closes = schedule.cadence.opens, schedule.cadence.closes
                hours = (closes.hour - opens.hour) % 24 or 24
                room.append(timedelta(hours=hours) / schedule.cadence.daily_count)
            drawn = blake2b(f"{schedule.jitter.seed}\n{at.isoformat()}".encode(), digest_size=8).hexdigest()
            offset = int(drawn, 16) * (min(room) // TICK) // 2**64 * TICK
            while why_closed(schedule.closures, at + offset):
                offset //= 2
        found.append((at + offset, reason))
    return found


@settings(max_examples=40, deadline=None)
@given(schedules)
def test_the_plan_of_a_year_is_what_the_documentation_says_slot_by_slot(schedule: Schedule) -> None:
    # The slow list knows no slot outside the year, and jitter looks at the next one and moves the one before.
    begin, last = BEGIN + DAY, BEGIN + YEAR - 8 * DAY
    template = Template("t1", "a", "demo", PostType.TWEET, schedule, Sources(text="words"))
    stored = StoredTemplate(template, TemplateState(TemplateStatus.ACTIVE, None, begin, begin))

    outlook = look_ahead(stored, now=begin, start=begin, until=last, run_takes=timedelta(minutes=5))

    slots = sorted(outlook.runs + outlook.closed, key=lambda slot: slot.at)
    wanted = [slot for slot in slow(schedule) if begin <= slot[0] < last]
    if schedule.max_runs is not None:
        runs = [index for index, slot in enumerate(wanted) if slot[1] is None]
        wanted = wanted[: runs[schedule.max_runs - 1] + 1] if len(runs) >= schedule.max_runs else wanted
    assert [(slot.at, slot.reason) for slot in slots] == wanted


def test_the_slow_reading_finds_slots_of_every_kind() -> None:
    closures = Closures("Europe/Berlin", QUIET[1], frozenset({date(2026, 5, 1)}))
    schedule = Schedule(Grid(24, BEGIN), closures=closures, jitter=Jitter(WIDTHS[0], "t1"))

    reasons = [reason for _, reason in slow(schedule)]

    assert {reasons.count(each) for each in (None, Reason.EXCLUDED, Reason.QUIET_HOURS)} == {5460, 24, 3277}
    assert slow(replace(schedule, closures=None)) != slow(replace(schedule, closures=None, jitter=None))
