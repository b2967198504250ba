from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from domain.errors import Conflict, InvalidInput, NotFound
from domain.event import EventType
from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.schedule import Grid, Schedule
from scheduler.operations import slots, templates
from storage import runs, tables
from storage.database import Database
from tests.integration.scheduler_house import NOW, House

HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> House:
    found = House(database)
    found.template(schedule=Schedule(Grid(24, NOW)))
    return found


def skip(house: House, at: datetime) -> Run:
    return slots.skip(house.database, "t1", at, now=house.clock(), new_id=house.new_id)


def move(house: House, at: datetime, to: datetime) -> Run:
    return slots.move(house.database, "t1", at, to, now=house.clock(), new_id=house.new_id)


def backfill(house: House, start: datetime, end: datetime) -> list[datetime]:
    return slots.backfill(house.database, "t1", start, end, now=house.clock(), new_id=house.new_id)


def test_a_slot_that_a_person_skips_posts_nothing_and_says_so_before_and_after(house: House) -> None:
    skip(house, NOW + HOUR)
    ahead = slots.upcoming(house.database, house.stored(), now=NOW, count=3)
    assert [each.slot.reason for each in ahead] == [None, Reason.OWNER_SKIPPED, None]
    for _ in range(3):
        house.plan()
        house.work()
        house.clock.advance(hours=1)
    assert [(run.status, run.reason) for run in house.runs()] == [
        (RunStatus.POSTED, None),
        (RunStatus.SKIPPED, Reason.OWNER_SKIPPED),
        (RunStatus.POSTED, None),
    ]
    assert house.told().count(EventType.RUN_SKIPPED) == 1


def test_skipping_twice_is_the_same(house: House) -> None:
    assert skip(house, NOW + HOUR).id == skip(house, NOW + HOUR).id
    assert house.told() == [EventType.RUN_SKIPPED]


def test_a_slot_that_is_moved_later_keeps_its_instant_and_runs_at_its_new_time(house: House) -> None:
    moved = move(house, NOW + HOUR, NOW + 2.5 * HOUR)
    assert (moved.slot_at, moved.due_at) == (NOW + HOUR, NOW + 2.5 * HOUR)
    ahead = slots.upcoming(house.database, house.stored(), now=NOW, count=2)
    assert ahead[1].due_at == NOW + 2.5 * HOUR
    posted = []
    for _ in range(7):
        house.plan()
        house.work()
        posted.append(len(house.publisher.sent))
        house.clock.advance(minutes=30)
    assert posted == [1, 1, 1, 1, 2, 3, 4]
    assert [run.status for run in house.runs()] == [RunStatus.POSTED] * 4


def test_a_slot_that_is_moved_earlier_does_not_run_again_at_its_own_time(house: House) -> None:
    house.plan()
    house.work()
    move(house, NOW + 2 * HOUR, NOW + timedelta(minutes=30))
    house.clock.advance(minutes=30)
    house.work()
    assert len(house.publisher.sent) == 2
    house.clock.advance(minutes=90)
    house.plan()
    house.work()
    assert [run.slot_at - NOW for run in house.runs() if run.status is RunStatus.POSTED] == [0 * HOUR, 2 * HOUR]


def test_a_moved_slot_can_be_moved_again_or_skipped(house: House) -> None:
    move(house, NOW + HOUR, NOW + 2 * HOUR)
    assert move(house, NOW + HOUR, NOW + 3 * HOUR).due_at == NOW + 3 * HOUR
    assert skip(house, NOW + HOUR).reason is Reason.OWNER_SKIPPED


def test_a_slot_that_is_none_has_passed_or_was_skipped_is_refused(house: House) -> None:
    with pytest.raises(NotFound, match="template preview"):
        skip(house, NOW + timedelta(minutes=17))
    with pytest.raises(Conflict, match="has passed"):
        skip(house, NOW)
    with pytest.raises(InvalidInput, match="has passed"):
        move(house, NOW + HOUR, NOW - HOUR)
    skip(house, NOW + HOUR)
    with pytest.raises(Conflict, match="is skipped"):
        move(house, NOW + HOUR, NOW + 2 * HOUR)


def test_a_pause_ends_runs_that_wait_to_be_due(house: House) -> None:
    move(house, NOW + HOUR, NOW + 2 * HOUR)
    templates.pause(house.database, "t1", note=None, now=NOW, new_id=house.new_id)
    found = [(run.slot_at, run.status, run.reason) for run in sorted(house.runs(), key=lambda run: run.slot_at)]
    assert found == [(at, RunStatus.SKIPPED, Reason.PAUSED) for at in (NOW, NOW + HOUR)]
    assert house.told() == [EventType.TEMPLATE_PAUSED, EventType.RUN_SKIPPED, EventType.RUN_SKIPPED]
    with pytest.raises(Conflict, match="is paused"):
        move(house, NOW + 3 * HOUR, NOW + 4 * HOUR)


def gaps(house: House) -> list[tuple[float, float, int, Reason]]:
    """Give the gaps: hours from NOW of the first and the last slot, how many, and why."""
    with house.database.read() as c:
        found = runs.gaps(c, "t1")
    return sorted(((gap.start - NOW) / HOUR, (gap.end - NOW) / HOUR, gap.count, gap.reason) for gap in found)


def test_slots_missed_around_one_that_was_skipped_lie_in_gaps_that_leave_it_out(house: House) -> None:
    house.plan()
    house.work()
    skip(house, NOW + 3 * HOUR)
    house.clock.advance(hours=7)
    house.plan()
    assert gaps(house) == [(1, 2, 2, Reason.SUPERSEDED), (4, 6, 3, Reason.SUPERSEDED)]


def test_slots_of_a_pause_around_one_that_was_skipped_lie_in_gaps_that_leave_it_out(house: House) -> None:
    house.plan()
    house.work()
    templates.pause(house.database, "t1", note=None, now=NOW, new_id=house.new_id)
    skip(house, NOW + 3 * HOUR)
    house.clock.advance(hours=6, minutes=30)
    templates.resume(house.database, "t1", now=house.clock(), new_id=house.new_id)
    assert gaps(house) == [(1, 2, 2, Reason.PAUSED), (4, 6, 3, Reason.PAUSED)]
    assert len(house.runs()) == 2


def test_a_backfill_queues_passed_slots_without_a_run_and_never_one_that_has_one(house: House) -> None:
    house.plan()
    house.work()
    house.clock.advance(hours=5)
    house.plan()  # one to four are a gap, five is queued
    with house.database.write() as c:
        posted = update(tables.runs).where(tables.runs.c.status == "queued")
        c.execute(posted.values(status="posted", finished_at=house.clock()))
    assert backfill(house, NOW, NOW + 9 * HOUR) == [NOW + n * HOUR for n in (1, 2, 3, 4)]
    assert backfill(house, NOW, NOW + 9 * HOUR) == []
    for _ in range(4):
        house.work()
    assert len(house.publisher.sent) == 5
    assert {run.status for run in house.runs()} == {RunStatus.POSTED}


def test_a_backfill_of_too_many_slots_is_refused_whole(house: House) -> None:
    house.clock.advance(hours=300)
    house.plan()
    with pytest.raises(InvalidInput, match="at most 200"):
        backfill(house, NOW, NOW + 300 * HOUR)
    assert len(house.runs()) == 1
