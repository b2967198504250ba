"""A clock that was set back, and what waits for an instant that it told too early."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, update

from domain.event import DeliveryStatus, EventType
from domain.publication import Outcome
from scheduler import clock_steps
from storage import deliveries, delivery_pages, events, publications, runs, waits, webhooks
from storage.database import Database
from storage.tables import publications as publication_rows
from storage.tables import runs as run_rows
from tests.integration.scheduler_house import CIPHER
from tests.integration.storage_values import (
    NOW,
    accepted,
    draft,
    event,
    held_run,
    planned,
    post,
    publication,
    webhook,
    with_templates,
    written,
)

AHEAD = timedelta(hours=26)
SOON, LATER = timedelta(seconds=15), timedelta(hours=3)


def delivery_at(database: Database, moment: datetime) -> None:
    with database.write() as c:
        webhooks.upsert(c, webhook(), CIPHER)
        events.record(c, [event()])
        (due,) = deliveries.due(c, NOW, 10)
        attempted(c, due.delivery.id, moment)


def attempted(c: Connection, delivery_id: str, again: datetime | None) -> None:
    """Record a try that failed, to be made again; or without *again* one that was accepted."""
    if again is None:
        accepted(c, delivery_id)
    else:
        tried = partial(deliveries.record_failure, status=503, error="busy", now=NOW, dead=False, duration_ms=1)
        tried(c, delivery_id, next_attempt_at=again)


def waiting_until(database: Database) -> datetime | None:
    with database.read() as c:
        return deliveries.next_due(c)


def bring_forward(database: Database, by: timedelta = AHEAD) -> int:
    with database.write() as c:
        return waits.bring_forward(c, by, NOW)


def test_a_callback_waits_as_long_as_before_the_step_and_not_a_day_longer(database: Database) -> None:
    with_templates(database, "t1")
    delivery_at(database, NOW + AHEAD + SOON)
    assert bring_forward(database) == 1
    assert waiting_until(database) == NOW + SOON


def test_what_was_to_be_done_during_the_step_is_due_at_once_and_what_is_due_is_left(database: Database) -> None:
    with_templates(database, "t1")
    delivery_at(database, NOW + LATER)
    assert bring_forward(database) == 1
    assert waiting_until(database) == NOW
    assert bring_forward(database) == 0


@pytest.mark.parametrize(("told", "then"), [(AHEAD + SOON, SOON), (LATER, LATER)])
def test_what_was_being_written_when_the_clock_was_set_back_waits_for_it_no_longer_either(
    database: Database, told: timedelta, then: timedelta
) -> None:
    with_templates(database, "t1")
    delivery_at(database, NOW + told)
    with database.write() as c:
        clock_steps.settle(c, step=-AHEAD, now=NOW)
        clock_steps.settle(c, step=AHEAD, now=NOW)
    assert waiting_until(database) == NOW + then


def test_a_run_that_waits_and_the_question_about_its_post_come_forward_together(database: Database) -> None:
    hold = held_run(database)
    ahead = NOW + AHEAD + SOON
    chosen = runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW)
    sent = publications.intend(hold, publication(hold))
    asyncio.run(written(database, chosen, sent, runs.release(hold, not_before=ahead, now=NOW)))
    with database.write() as c:
        c.execute(update(publication_rows).values(outcome=Outcome.UNKNOWN.value, asks=1, next_ask_at=ahead))
    assert bring_forward(database) == 2
    with database.read() as c:
        facts = runs.facts(c, hold.run_id)
    assert facts.run.not_before == NOW + SOON
    assert [each.next_ask_at for each in facts.publications] == [NOW + SOON]


def test_an_intention_in_doubt_that_lies_ahead_is_dated_by_the_clock_as_it_is(database: Database) -> None:
    hold = held_run(database)
    sent = replace(publication(hold), intended_at=NOW + AHEAD - SOON)
    chosen = runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW)
    asyncio.run(written(database, chosen, publications.intend(hold, sent)))
    for _ in range(2):  # another process sees the same step
        bring_forward(database)
        with database.read() as c:
            assert publications.get(c, sent.id).intended_at == NOW - SOON


def test_a_start_that_finds_a_post_of_later_dates_it_anew_though_nothing_was_told_of_it(database: Database) -> None:
    hold = held_run(database)
    sent = replace(publication(hold), intended_at=NOW + AHEAD)
    chosen = runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW)
    asyncio.run(written(database, chosen, publications.intend(hold, sent)))
    with database.write() as c:
        events.record(c, [replace(event(), created_at=NOW - LATER)])  # nobody knows more of when it was sent
    for _ in range(2):  # the second start finds nothing that lies ahead
        with database.write() as c:
            clock_steps.look_back(c, now=NOW)
            assert publications.get(c, sent.id).intended_at == NOW - LATER
            assert [each.type for each in events.newest_events(c)][1:] == [EventType.CLOCK_STEPPED]


def test_runs_that_were_begun_by_a_clock_ahead_are_dated_anew_once(database: Database) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        runs.plan(c, [planned("t1", "r1", at=NOW), planned("t2", "r2", at=NOW)], now=NOW)
        runs.claim(c, owner="w", now=NOW, lease=SOON, limit=10)
        c.execute(update(run_rows).values(due_at=NOW + AHEAD, started_at=NOW + AHEAD))
    for _ in range(2):
        with database.write() as c:
            clock_steps.look_back(c, now=NOW)
            assert [row.due_at for row in c.execute(run_rows.select())] == [NOW, NOW]
            assert [row.started_at for row in c.execute(run_rows.select())] == [NOW, NOW]
            assert len(events.newest_events(c)) == 1


def test_a_run_that_has_begun_goes_on_and_one_that_was_only_planned_waits_for_its_slot(database: Database) -> None:
    hold = held_run(database)
    with_templates(database, "t2")
    with database.write() as c:
        runs.plan(c, [planned("t2", "r2", at=NOW + AHEAD)], now=NOW)
        c.execute(update(run_rows).values(due_at=NOW + AHEAD))
    asyncio.run(written(database, runs.release(hold, not_before=None, now=NOW)))
    assert bring_forward(database) == 1
    with database.write() as c:
        claimed = runs.claim(c, owner="other", now=NOW, lease=SOON, limit=10)
    assert [facts.run.id for facts in claimed] == ["r1"]


def test_what_was_delivered_or_waits_for_nothing_is_not_touched(database: Database) -> None:
    held_run(database)
    delivery_at(database, NOW + AHEAD)
    with database.write() as c:
        (due,) = deliveries.due(c, NOW + AHEAD, 10)
        attempted(c, due.delivery.id, None)
        assert waits.bring_forward(c, AHEAD, NOW) == 0
        assert [each.status for each in delivery_pages.page(c, owner=None, limit=9)] == [DeliveryStatus.DELIVERED]
