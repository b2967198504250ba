"""Every planned instant has one run or lies in one gap, whatever a person does to the template meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from domain.errors import Conflict
from domain.event import EventType
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.schedule import Grid, Schedule
from domain.template import TemplateStatus
from scheduler.operations import replacing
from scheduler.operations import templates as asked
from storage import runs, tables, templates
from storage.cipher import FernetCipher
from storage.database import Database
from tests.integration.scheduler_house import NOW, House, outcomes

CIPHER = FernetCipher(b"A" * 43 + b"=")
LIMITED = Settlement(Outcome.DEFERRED, "answer", reason="429", retry_at=NOW + timedelta(hours=1))
HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def pause(house: House, note: str | None = None) -> None:
    asked.pause(house.database, "t1", note=note, now=house.clock(), new_id=house.new_id)


def resume(house: House) -> None:
    asked.resume(house.database, "t1", now=house.clock(), new_id=house.new_id)


def delete(house: House) -> None:
    asked.delete(house.database, "t1", now=house.clock(), new_id=house.new_id)


def change(house: House, **fields: Any) -> None:
    """Change the template, whose grid has four slots a day unless *fields* say otherwise."""
    document = {"name": "name-of-t1", "account": "demo", "type": "tweet", "dailyCount": 4, "text": "words"}
    replacing.change(house.database, document | fields, cipher=CIPHER, now=house.clock(), new_id=house.new_id)


def records(house: House) -> list[tuple[float, float, str | None]]:
    """Give what became of the slots: hours from NOW of the first and the last, and the reason; None for a run."""
    found = [(run.slot_at, run.slot_at, run.reason) for run in house.runs()]
    with house.database.read() as c:
        found += [(gap.start, gap.end, gap.reason) for gap in runs.gaps(c, "t1")]
    return sorted(((start - NOW) / HOUR, (end - NOW) / HOUR, reason and reason.value) for start, end, reason in found)


def test_a_slot_that_was_due_when_its_template_was_paused_is_a_run_that_says_so(house: House) -> None:
    house.template()
    house.clock.advance(hours=1)
    pause(house)
    assert records(house) == [(0, 0, "paused")]
    assert house.told() == [EventType.TEMPLATE_PAUSED, EventType.RUN_SKIPPED]

    house.clock.advance(minutes=30)
    resume(house)
    house.plan()
    assert records(house) == [(0, 0, "paused")]
    assert house.stored().state.next_slot_at == NOW + timedelta(hours=6)


def test_many_slots_that_were_due_when_their_template_was_paused_are_one_gap(house: House) -> None:
    house.template()
    house.clock.advance(hours=13)
    pause(house)
    with house.database.read() as c:
        assert runs.gaps(c, "t1") == [Gap("t1", NOW, NOW + timedelta(hours=12), 3, Reason.PAUSED)]
    assert house.told() == [EventType.TEMPLATE_PAUSED, EventType.SLOTS_SKIPPED]


def test_pausing_again_forgets_no_slot_of_the_pause(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(hours=6))
    for hours in (1, 11):
        house.clock.now = NOW + timedelta(hours=hours)
        pause(house, note=f"note {hours}")
    house.clock.now = NOW + timedelta(hours=13)
    resume(house)
    assert records(house) == [(6, 12, "paused")]
    assert house.stored().state.next_slot_at == NOW + timedelta(hours=18)


def test_whoever_pauses_a_template_its_due_slot_is_recorded_in_the_end(house: House) -> None:
    house.template()
    house.clock.advance(hours=1)
    with house.database.write() as c:
        templates.set_status(c, "t1", TemplateStatus.PAUSED, now=house.clock(), reason=Reason.API_BLOCKED)
    house.clock.advance(hours=1)
    resume(house)
    assert records(house) == [(0, 0, "paused")]


def test_a_slot_at_the_instant_of_resuming_runs(house: House) -> None:
    house.template()
    pause(house)
    house.clock.advance(hours=6)
    resume(house)
    house.plan()
    assert records(house) == [(0, 0, "paused"), (6, 6, None)]


def test_a_template_that_is_added_paused_tells_what_it_missed(house: House) -> None:
    document = {"name": "t1", "account": "demo", "type": "tweet", "dailyCount": 4, "text": "words", "isActive": False}
    added = asked.add(house.database, document, cipher=CIPHER, now=NOW, new_id=house.new_id)
    house.clock.advance(hours=7)
    resume(house)
    with house.database.read() as c:
        (gap,) = runs.gaps(c, added.stored.template.id)
    assert (gap.start, gap.end, gap.count) == (NOW, NOW + timedelta(hours=6), 2)


def test_the_last_slots_of_a_schedule_are_recorded_when_it_is_paused_after_its_end(house: House) -> None:
    house.template(schedule=Schedule(Grid(4, NOW), end=NOW + timedelta(hours=7)))
    house.clock.advance(hours=8)
    pause(house)
    with pytest.raises(Conflict, match="has ended"):
        resume(house)
    delete(house)
    assert records(house) == [(0, 6, "paused")]
    assert house.told() == [EventType.TEMPLATE_PAUSED, EventType.SLOTS_SKIPPED]


def test_due_slots_of_a_deleted_template_are_cancelled(house: House) -> None:
    house.template()
    house.clock.advance(hours=7)
    delete(house)
    assert records(house) == [(0, 6, "cancelled")]
    assert house.told() == [EventType.SLOTS_SKIPPED]


def test_a_template_that_is_deleted_while_paused_says_what_the_pause_swallowed(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(hours=6))
    pause(house)
    house.clock.advance(hours=7)
    delete(house)
    assert records(house) == [(6, 6, "paused")]


def test_due_slots_that_only_the_old_schedule_has_are_cancelled_by_a_change(house: House) -> None:
    house.template()
    house.clock.advance(hours=13)
    change(house, dailyCount=100)
    house.plan()
    assert records(house) == [(0, 12, "cancelled")]
    assert house.told() == [EventType.SLOTS_SKIPPED]
    next_slot_at = house.stored().state.next_slot_at
    assert next_slot_at is not None
    assert house.clock() < next_slot_at <= house.clock() + timedelta(minutes=15)


def test_the_newest_due_slot_stays_due_when_the_changed_schedule_has_it_too(house: House) -> None:
    house.template()
    house.clock.advance(hours=13)
    change(house, dailyCount=6)
    house.plan()
    assert records(house) == [(0, 6, "cancelled"), (12, 12, None)]
    assert house.stored().state.next_slot_at == NOW + timedelta(hours=16)


def test_a_change_that_leaves_the_schedule_leaves_what_is_due(house: House) -> None:
    house.template()
    house.clock.advance(hours=13)
    change(house, prompt="be kind")
    assert records(house) == []
    house.plan()
    assert records(house) == [(0, 6, "superseded"), (12, 12, None)]


def test_a_change_during_a_pause_records_what_the_old_schedule_lost(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(hours=6))
    pause(house, note="the site moves")
    house.clock.advance(hours=13)
    change(house, dailyCount=24)
    state = house.stored().state
    assert (state.status, state.pause_reason, state.pause_note) == (
        TemplateStatus.PAUSED,
        Reason.BY_OWNER,
        "the site moves",
    )
    assert records(house) == [(6, 12, "paused")]

    house.clock.advance(hours=2, minutes=30)
    resume(house)
    assert records(house) == [(6, 12, "paused"), (14, 15, "paused")]


def test_a_change_during_a_pause_that_leaves_the_schedule_forgets_no_slot(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(hours=6))
    pause(house)
    house.clock.advance(hours=11)
    change(house, prompt="be kind")
    house.clock.advance(hours=2)
    resume(house)
    assert records(house) == [(6, 12, "paused")]


def test_the_slots_of_a_template_that_could_not_be_read_are_each_recorded_once(house: House) -> None:
    made = house.template()
    definition = tables.templates.update().where(tables.templates.c.id == "t1")
    with house.database.write() as c:
        kept = c.execute(tables.templates.select()).one().definition
        c.execute(definition.values(definition="{}"))
    house.plan()
    assert records(house) == [(0, 0, "invalid_template")]

    with house.database.write() as c:
        c.execute(definition.values(definition=kept))
    house.clock.advance(hours=13)
    resume(house)
    assert records(house) == [(0, 0, "invalid_template"), (6, 12, "paused")]
    assert house.stored().template == made


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_asked_for_every_slot_has_exactly_one_record(house: House, seed: int) -> None:
    chance = random.Random(seed)
    house.template()
    reword = partial(change, prompt="other words")
    asks: list[Callable[[House], object]] = [pause, pause, resume, resume, House.plan, House.plan, reword]
    for _ in range(40):
        house.clock.advance(minutes=chance.choice([0, 0, 7, 60, 360, 555, 1440]))
        chance.choice(asks)(house)
    resume(house)
    house.plan()

    passed = int((house.clock() - NOW) / HOUR // 6) + 1
    kept = records(house)
    assert [sum(start <= 6 * k <= end for start, end, _ in kept) for k in range(passed)] == [1] * passed


def test_a_run_that_was_only_deferred_ends_with_its_template(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    delete(house)

    house.clock.advance(hours=2)
    house.work()

    assert outcomes(house.ledger()) == ["deferred"]
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.CANCELLED)


def test_a_run_of_which_a_part_may_be_out_outlives_its_template(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    with house.database.write() as c:
        c.execute(update(tables.publications).values(outcome=None))
    delete(house)
    assert house.run().status is RunStatus.QUEUED
