"""What `why` says of a slot to come is what preview and plan show, and what the planner then does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.run import RunStatus
from domain.schedule import ClockTimes, Closures, Cron, Grid, Jitter, Missed, Schedule, Window
from scheduler import due
from scheduler.operations import forecasting, slots, templates, why
from scheduler.operations.forecasting import Span
from scheduler.operations.slots import Ahead
from scheduler.operations.why import Answer, Why, WhyGap, WhyNothing, WhySlot
from storage.database import Database
from tests.integration.scheduler_house import NOW as BOOT
from tests.integration.scheduler_house import House

NOW = datetime(2026, 3, 28, 7, 13, tzinfo=BOOT.tzinfo)  # a day before the clocks change in Europe
DAYS = timedelta(days=40)
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
SLOTS = 6

clocks = st.lists(
    st.times().map(lambda each: each.replace(second=0, microsecond=0)), min_size=1, max_size=4, unique=True
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
cadences = st.one_of(
    st.builds(Grid, st.integers(1, 24), st.just(NOW - 10 * MINUTE)),
    st.builds(lambda times, zone: ClockTimes(tuple(sorted(times)), zone), clocks, zones),
    st.builds(lambda zone, number: Window(time(8), time(20), number, zone), zones, st.integers(1, 8)),
    st.builds(lambda minute, zone: Cron(f"{minute} */3 * * *", zone), st.integers(0, 59), zones),
)
schedules = st.builds(
    Schedule,
    cadences,
    end=st.none() | st.integers(1, 4).map(lambda days: NOW + timedelta(days=days)),
    missed=st.sampled_from(Missed),
    jitter=st.none() | st.just(Jitter(10 * MINUTE, "seed")),
    closures=st.none() | zones.map(lambda zone: Closures(zone, ((time(22), time(7)),), frozenset({date(2026, 3, 29)}))),
    max_runs=st.none() | st.integers(1, 4),
)


def reason(answer: Answer) -> Reason | None:
    """Give why nothing is posted, or was."""
    if isinstance(answer, Why):
        return answer.run.reason
    return answer.gap.reason if isinstance(answer, WhyGap) else getattr(answer, "reason", None)


def ask(house: House, name: str, at: datetime) -> Answer:
    (only,) = why.of_slots(house.database, name, at, MICROSECOND, now=house.clock())
    return only


def agrees_with_preview_and_plan(house: House, name: str, ahead: list[Ahead]) -> list[WhySlot]:
    """Ask about every slot ahead; give the answers."""
    with house.database.read() as c:
        runs = set(forecasting.coming(c, house.stored(name), Span(NOW, NOW, NOW + DAYS)))
    found = []
    for each in ahead:
        answer = ask(house, name, each.slot.at)
        assert isinstance(answer, WhySlot)
        assert answer.reason in (each.slot.reason, Reason.MAX_RUNS)
        assert (answer.reason is None) is (each.slot.at in runs)
        found.append(answer)
    return found


def names_the_next_slot(house: House, name: str, at: datetime, instants: set[datetime]) -> None:
    """Ask about an instant that is no slot, unless it is the nominal time of one."""
    found = ask(house, name, at)
    if isinstance(found, WhySlot):
        assert found.slot.nominal == at
        return
    assert isinstance(found, WhyNothing)
    assert found.after is not None
    assert found.after.at == min(instant for instant in instants if instant > at)


def came_true(before: WhySlot, after: Answer) -> None:
    if before.reason is None:
        assert isinstance(after, Why)
        assert after.run.status is RunStatus.POSTED
    elif before.reason is Reason.MAX_RUNS:
        assert isinstance(after, WhyNothing)
        assert "has ended" in after.sentence
    else:
        assert reason(after) is before.reason


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_why_agrees_with_preview_and_plan_and_the_planner_with_why(database: Database) -> None:
    house, numbers = House(database), count()

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate],
    )
    @given(schedules, st.lists(st.integers(1, 3 * 24 * 60), max_size=3), st.integers(0, 40))
    def agree(schedule: Schedule, minutes: list[int], late: int) -> None:
        first = due.first_slot(schedule, NOW)
        if first is None:
            return
        house.clock.now, name = NOW, f"t{next(numbers)}"
        house.template(name, schedule=schedule, next_slot_at=first)
        ahead = slots.upcoming(house.database, house.stored(name), now=NOW, count=SLOTS)

        expected = agrees_with_preview_and_plan(house, name, ahead)
        instants = {each.slot.at for each in ahead}
        for at in (NOW + number * MINUTE for number in minutes):
            if at not in instants and at < max(instants):
                names_the_next_slot(house, name, at, instants)

        for each in ahead:
            house.clock.now = max(house.clock.now, each.slot.at + timedelta(seconds=late))
            house.plan()
            house.work()
        for answer in expected:
            came_true(answer, ask(house, name, answer.slot_at))
        templates.delete(house.database, name, now=house.clock(), new_id=house.new_id)

    agree()
