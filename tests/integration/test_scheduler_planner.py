"""Planning: every slot gets one run with what became of it, or lies in one gap; two planners never plan it twice."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from domain.event import EventType
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.schedule import Closures, Grid, Missed, Overlap, Schedule
from domain.template import TemplateStatus
from scheduler.editor import Gathered
from scheduler.operations import slots
from scheduler.planner import plan_due
from storage import runs, tables
from storage.database import Database, open_database
from tests.integration.scheduler_house import NOW, UNCLEAR, House

SIX_HOURS = timedelta(hours=6)  # between the slots of four a day


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_due_slot_becomes_one_queued_run_and_the_next_slot_is_set(house: House) -> None:
    house.template()
    planned = house.plan()
    run = house.run()
    assert (planned.runs, planned.templates, planned.more) == (1, 1, False)
    assert (run.slot_at, run.due_at, run.status, run.reason) == (NOW, NOW, RunStatus.QUEUED, None)
    assert house.stored().state.next_slot_at == planned.next_slot_at == NOW + SIX_HOURS
    assert house.told() == []


def test_a_second_tick_at_the_same_moment_does_nothing(house: House) -> None:
    house.template()
    house.plan()
    assert (house.plan().runs, len(house.runs())) == (0, 1)


def test_a_slot_before_its_time_is_left_alone(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(microseconds=1))
    assert house.plan().runs == 0


def test_a_slot_that_comes_due_while_the_run_before_is_open_is_skipped_as_overlap(house: House) -> None:
    house.template()
    house.plan()
    house.clock.advance(hours=6)
    house.plan()
    second = house.runs()[1]
    assert (second.slot_at, second.status, second.reason) == (NOW + SIX_HOURS, RunStatus.SKIPPED, Reason.OVERLAP)
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.events()[0].data["run"]["reason"] == "overlap"


def test_a_template_with_an_unknown_publication_skips_its_slots_as_unsettled(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [UNCLEAR]
    for _ in range(8):  # the seven questions find nothing
        house.work()
        house.clock.advance(minutes=31)
    assert house.run().status is RunStatus.UNKNOWN
    house.clock.now = NOW + SIX_HOURS
    house.plan()
    skipped = house.runs()[1]
    assert (skipped.status, skipped.reason) == (RunStatus.SKIPPED, Reason.UNSETTLED)
    assert house.publisher.sent == house.publisher.sent[:1]


def test_a_run_that_waits_for_approval_does_not_count_as_overlap(house: House) -> None:
    house.template()
    house.plan()
    with house.database.write() as c:
        c.execute(update(tables.runs).values(status=RunStatus.HELD.value))
    house.clock.advance(hours=6)
    house.plan()
    assert house.runs()[1].status is RunStatus.QUEUED


def test_one_missed_slot_is_a_run_with_its_reason_and_many_are_one_gap(house: House) -> None:
    house.template("one")
    house.template("many", schedule=Schedule(Grid(24, NOW)))
    house.clock.advance(hours=5, minutes=59)
    house.plan()
    (missed,) = house.runs("one")
    assert (missed.slot_at, missed.status, missed.reason) == (NOW, RunStatus.SKIPPED, Reason.MISSED)
    assert house.told("one") == [EventType.RUN_SKIPPED]

    (newest,) = house.runs("many")
    with house.database.read() as c:
        assert runs.gaps(c, "many") == [Gap("many", NOW, NOW + timedelta(hours=4), 5, Reason.SUPERSEDED)]
    assert (newest.slot_at, newest.status) == (NOW + timedelta(hours=5), RunStatus.QUEUED)
    (gap,) = house.events("many")
    assert (gap.type, gap.data["slots"]["count"]) == (EventType.SLOTS_SKIPPED, 5)


def test_one_superseded_slot_is_a_run_with_its_reason(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.clock.advance(hours=1, minutes=1)
    house.plan()
    assert [(run.status, run.reason) for run in house.runs()] == [
        (RunStatus.SKIPPED, Reason.SUPERSEDED),
        (RunStatus.QUEUED, None),
    ]


def test_a_policy_that_skips_runs_nothing_that_was_missed(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SKIP))
    house.clock.advance(hours=2, minutes=30)
    house.plan()
    assert house.runs() == []
    with house.database.read() as c:
        assert runs.gaps(c, "t1") == [Gap("t1", NOW, NOW + timedelta(hours=2), 3, Reason.MISSED)]


def test_the_last_slot_of_a_schedule_runs_and_ends_the_template(house: House) -> None:
    house.template(schedule=Schedule(Grid(4, NOW), end=NOW + timedelta(hours=1)))
    planned = house.plan()
    assert planned.next_slot_at is None
    assert house.run().status is RunStatus.QUEUED
    assert house.stored().state.status is TemplateStatus.ENDED
    assert house.told() == [EventType.TEMPLATE_ENDED]


def row_note(house: House, template_id: str) -> str | None:
    with house.database.read() as c:
        row = c.execute(tables.templates.select().where(tables.templates.c.id == template_id)).one()
    note: str | None = row.pause_note
    return note


def test_a_template_that_cannot_be_read_is_paused_with_the_reason_and_the_batch_goes_on(house: House) -> None:
    house.template("good")
    house.template("bad", next_slot_at=NOW - timedelta(minutes=1))
    with house.database.write() as c:
        broken = '{"sources": "nowhere"}'
        c.execute(update(tables.templates).where(tables.templates.c.id == "bad").values(definition=broken))
    house.plan()

    assert house.run("good").status is RunStatus.QUEUED
    lost = house.run("bad")
    assert (lost.slot_at, lost.status) == (NOW - timedelta(minutes=1), RunStatus.SKIPPED)
    assert (lost.reason, lost.detail) == (Reason.INVALID_TEMPLATE, row_note(house, "bad"))
    skipped, told = house.events("bad")
    assert (skipped.type, skipped.run_id) == (EventType.RUN_SKIPPED, lost.id)
    assert (told.type, told.data["reason"]) == (EventType.TEMPLATE_PAUSED, "invalid_template")
    assert told.data["template"]["name"] == "name-of-bad"
    assert told.data["note"]
    with house.database.read() as c:
        row = c.execute(tables.templates.select().where(tables.templates.c.id == "bad")).one()
    assert (row.status, row.pause_reason, row.next_slot_at) == ("paused", "invalid_template", None)
    assert house.plan().templates == 0


def test_a_full_batch_says_that_there_is_more(house: House) -> None:
    for number in range(3):
        house.template(f"t{number}")
    with house.database.write() as c:
        first = plan_due(c, now=NOW, new_id=house.new_id, limit=2)
        second = plan_due(c, now=NOW, new_id=house.new_id, limit=2)
    assert [(first.runs, first.more), (second.runs, second.more)] == [(2, True), (1, False)]


def test_two_planners_on_one_database_never_plan_a_slot_twice(house: House, database_url: str) -> None:
    names = [f"t{number}" for number in range(20)]
    for name in names:
        house.template(name)
    together = threading.Barrier(2)
    inserted: list[int] = []

    def plan(number: int) -> None:
        database = open_database(database_url)
        together.wait()
        with database.write() as c:
            planned = plan_due(c, now=NOW, new_id=iter(f"p{number}-{n}" for n in range(1000)).__next__)
        inserted.append(planned.runs)
        database.close()

    planners = [threading.Thread(target=plan, args=(number,)) for number in range(2)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join(30)
    assert sum(inserted) == len(names)
    assert all(len(house.runs(name)) == 1 for name in names)


def test_a_refused_post_does_not_keep_the_template_from_its_next_slot(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [Settlement(Outcome.REFUSED, "answer", reason="x_rejected")]
    house.work()
    house.clock.advance(hours=6)
    house.plan()
    assert house.runs()[1].status is RunStatus.QUEUED


def test_a_night_of_quiet_hours_is_one_gap_recorded_when_it_begins(house: House) -> None:
    closures = Closures("UTC", ((time(10), time(14)),))
    house.template(schedule=Schedule(Grid(24, NOW), closures=closures))
    house.plan()
    house.clock.advance(hours=1)
    house.plan()
    with house.database.read() as c:
        first, last = NOW + timedelta(hours=1), NOW + timedelta(hours=4)
        assert runs.gaps(c, "t1") == [Gap("t1", first, last, 4, Reason.QUIET_HOURS)]
    assert house.stored().state.next_slot_at == NOW + timedelta(hours=5)
    assert [run.slot_at for run in house.runs()] == [NOW]


def test_a_template_ends_after_its_maximum_of_runs_that_were_not_skipped(house: House) -> None:
    house.template(schedule=Schedule(Grid(4, NOW), max_runs=2))
    house.plan()
    with house.database.write() as c:
        c.execute(update(tables.runs).values(status="skipped", reason="nothing_new", finished_at=NOW))
    for status in ("posted", "failed"):
        house.clock.advance(hours=6)
        house.plan()
        changed = update(tables.runs).where(tables.runs.c.status == "queued")
        with house.database.write() as c:
            c.execute(changed.values(status=status, reason="refused", finished_at=NOW))
    house.clock.advance(hours=6)
    house.plan()
    assert [run.status for run in house.runs()] == [RunStatus.SKIPPED, RunStatus.POSTED, RunStatus.FAILED]
    assert house.stored().state.status is TemplateStatus.ENDED
    assert house.told() == [EventType.TEMPLATE_ENDED]


def test_while_the_last_of_the_maximum_is_held_slots_say_so(house: House) -> None:
    house.template(schedule=Schedule(Grid(4, NOW), max_runs=1))
    house.plan()
    with house.database.write() as c:
        c.execute(update(tables.runs).values(status=RunStatus.HELD.value))
    house.clock.advance(hours=6)
    house.plan()
    assert house.runs()[1].reason is Reason.MAX_RUNS
    assert house.stored().state.status is TemplateStatus.ACTIVE


def test_slots_that_are_spread_are_worked_on_one_after_the_other_at_their_times(house: House) -> None:
    schedule = Schedule(Grid(24, NOW), missed=Missed.SPREAD, spread_gap=timedelta(minutes=20))
    house.template(schedule=schedule)
    house.clock.advance(hours=2)
    house.plan()
    gap = timedelta(minutes=20)
    assert [(run.slot_at - NOW, run.due_at - house.clock()) for run in house.runs()] == [
        (timedelta(hours=0), timedelta(hours=-2)),
        (timedelta(hours=1), gap),
        (timedelta(hours=2), 2 * gap),
    ]
    for sent in (1, 2, 3):
        house.work()
        house.work()
        assert len(house.publisher.sent) == sent
        house.clock.advance(minutes=20)


def test_slots_that_are_spread_come_one_gap_apart_when_nobody_was_there_at_their_times(house: House) -> None:
    gap = timedelta(minutes=15)
    house.template(schedule=Schedule(Grid(6, NOW), missed=Missed.SPREAD, grace=timedelta(hours=24), spread_gap=gap))
    house.clock.advance(hours=23)
    house.plan()
    house.work()
    house.clock.advance(hours=3)
    house.plan()
    house.publisher.sent.clear()
    sent_at: list[datetime] = []
    for _ in range(20):
        house.work()
        house.work()
        sent_at += [house.clock()] * (len(house.publisher.sent) - len(sent_at))
        house.clock.advance(minutes=5)

    assert [later - earlier for earlier, later in pairwise(sent_at)] == [gap] * 5
    assert {run.status for run in house.runs()} == {RunStatus.POSTED}


def test_a_slot_that_a_person_moved_keeps_no_other_of_a_template_that_spreads_waiting(house: House) -> None:
    hour = timedelta(hours=1)
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SPREAD))
    house.plan()
    house.work()
    slots.move(house.database, "name-of-t1", NOW + 2 * hour, NOW + 30 * hour, now=NOW, new_id=house.new_id)
    for _ in range(4):
        house.clock.advance(hours=1)
        house.plan()
        house.work()

    posted = [(run.slot_at - NOW) // hour for run in house.runs() if run.status is RunStatus.POSTED]
    assert sorted(posted) == [0, 1, 3, 4]


def test_slots_that_a_person_has_made_up_follow_each_other_at_once_though_the_template_spreads(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SPREAD, grace=timedelta(minutes=20)))
    house.clock.advance(hours=5, minutes=30)
    house.plan()
    slots.backfill(house.database, "name-of-t1", NOW, house.clock(), now=house.clock(), new_id=house.new_id)
    for _ in range(6):
        house.work()

    assert [run.status for run in house.runs()] == [RunStatus.POSTED] * 6


def test_a_slot_that_posted_nothing_keeps_no_other_that_is_made_up_waiting(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SPREAD, grace=timedelta(hours=2)))
    house.clock.advance(hours=2)
    house.plan()
    house.editor.gathered = Gathered(())
    house.clock.advance(hours=1)
    for _ in range(3):
        house.work()

    assert [run.status for run in house.runs()] == [RunStatus.SKIPPED] * 3


def test_a_slot_that_queues_waits_until_the_run_before_it_is_done(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), overlap=Overlap.QUEUE))
    house.plan()
    house.clock.advance(hours=1)
    house.plan()
    assert [run.status for run in house.runs()] == [RunStatus.QUEUED, RunStatus.QUEUED]
    with house.database.write() as c:
        both = runs.claim(c, owner="me", now=house.clock(), lease=timedelta(minutes=1), limit=10)
        assert [facts.run.slot_at for facts in both] == [NOW]
        assert runs.claim(c, owner="me", now=house.clock(), lease=timedelta(minutes=1), limit=10) == []
        assert runs.next_work_at(c) is None
        c.execute(update(tables.runs).where(tables.runs.c.status == "working").values(status="posted"))
        assert len(runs.claim(c, owner="me", now=house.clock(), lease=timedelta(minutes=1), limit=10)) == 1
