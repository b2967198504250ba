"""Pruning removes what was needed to make a post, never what says that it was made."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.event import EventType
from domain.material import Entry, FeedRead, Material, MaterialKind
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, PostStatus, Settlement
from domain.run import Facts, RunStatus
from domain.template import Backlog
from scheduler.operations import pruning
from storage import deliveries, events, feeds, posts, publications, runs, webhooks
from storage.cipher import FernetCipher
from storage.database import Database, Rehearsal
from storage.pruning import Keep, prune
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

KEEP = timedelta(days=30)
MUCH_LATER = NOW + timedelta(days=31)


@pytest.fixture
def posted(database: Database) -> Database:
    """A database with one run that posted, and one that is still worked on."""
    hold = held_run(database)
    confirmed = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1")
    material = Material("m0", MaterialKind.TEXT, "words")
    asyncio.run(
        written(
            database,
            runs.record_gather(hold, [material], [], item_ids=(), template_id="t1", now=NOW),
            runs.record_drafts(hold, [draft()], now=NOW),
            runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW),
            publications.intend(hold, publication(hold)),
            publications.settle(hold, "r1-0-0", confirmed, group=0, part=0, now=NOW, post_status=PostStatus.PUBLISHED),
            runs.finish(
                hold, status=RunStatus.POSTED, reason=None, detail=None, events=[event()], items="used", now=NOW
            ),
        )
    )
    working = held_run(database, "r2", "t2")
    asyncio.run(written(database, runs.record_gather(working, [material], [], item_ids=(), template_id="t2", now=NOW)))
    return database


def pruned(database: Database, limit: int = 100) -> int:
    with database.write() as c:
        return prune(c, MUCH_LATER, Keep.all(KEEP), limit).rows


def facts(database: Database, run_id: str) -> Facts:
    with database.read() as c:
        return runs.facts(c, run_id)


def test_the_ledger_stays_when_materials_and_drafts_go(posted: Database) -> None:
    before = facts(posted, "r1")
    assert pruned(posted) == 2
    after = facts(posted, "r1")
    assert after == replace(before, material=(), drafts=(), chosen=())
    with posted.read() as c:
        assert [one.tweet_id for one in posts.list_posts(c)] == ["1"]
        assert [one.outcome for one in publications.of_run(c, "r1")] == [Outcome.CONFIRMED]


def test_what_is_young_or_still_worked_on_stays_whole(posted: Database) -> None:
    with posted.write() as c:
        assert prune(c, NOW + KEEP, Keep.all(KEEP), 100).rows == 0
    working = facts(posted, "r2")
    pruned(posted)
    assert facts(posted, "r2") == working


def test_a_templates_last_event_stays_so_that_numbers_go_on(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        events.record(c, [event(), event(), event(template_id=None)])
    assert pruned(database) == 1
    with database.write() as c:
        events.record(c, [event(), event(template_id=None)])
        assert [one.sequence for one in events.list_events(c, template_id="t1")] == [2, 3]
        assert sorted((one.template_id or "", one.sequence) for one in events.list_events(c))[:2] == [("", 1), ("", 2)]


def test_what_was_not_told_yet_stays(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        webhooks.upsert(c, webhook(), FernetCipher(b"A" * 43 + b"="))
        events.record(c, [event(), event(), event()])
        (first,) = deliveries.due(c, NOW, 10)
    assert pruned(database) == 0
    with database.write() as c:
        accepted(c, first.delivery.id)
    assert pruned(database) == 1
    with database.read() as c:
        assert [one.sequence for one in events.list_events(c)] == [2, 3]
        assert c.scalar(sa.text("SELECT count(*) FROM delivery_attempts")) == 0


def test_a_failure_that_nobody_has_read_stays(database: Database) -> None:
    with_templates(database, "t1")
    failure, last = event(EventType.RUN_FAILED), event()
    with database.write() as c:
        events.record(c, [failure, last])
    assert pruned(database) == 0
    with database.write() as c:
        events.mark_read(c, failure.id)
    assert pruned(database) == 1


def test_a_feeds_memory_stays(database: Database) -> None:
    with_templates(database, "t1")
    entry = Entry("g1", "https://example.org/1", "Title", "Text", NOW)
    with database.write() as c:
        feed_id = feeds.ensure(c, "https://example.org/feed", now=NOW, owner=LOCAL_OWNER)
        feeds.save_read(c, feed_id, FeedRead("", (entry,)), now=NOW)
        feeds.join(c, "t1", feed_id, Backlog.NONE, now=NOW)
    pruned(database)
    with database.write() as c:
        assert feeds.save_read(c, feed_id, FeedRead("", (entry,)), now=MUCH_LATER) == 0
        assert feeds.waiting_items(c, "t1", [feed_id], 10) == []


def test_a_limit_keeps_each_turn_short(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        events.record(c, [event() for _ in range(10)])
        runs.plan(c, [planned()], now=NOW)
    assert [pruned(database, limit=4) for _ in range(4)] == [4, 4, 1, 0]


def test_drafts_and_events_are_kept_for_lengths_of_their_own(posted: Database) -> None:
    with posted.write() as c:
        events.record(c, [event()])
        for row in events.list_events(c):
            events.mark_read(c, row.id)
        texts = prune(c, MUCH_LATER, Keep(drafts=KEEP, events=timedelta(days=300)), 100)
        told = prune(c, MUCH_LATER, Keep(drafts=timedelta(days=300), events=KEEP), 100)

    assert (texts.runs, texts.materials, texts.drafts, texts.events) == (1, 1, 1, 0)
    assert (told.runs, told.rows) == (0, 1)


def test_all_that_may_go_goes_in_small_transactions_and_is_counted(posted: Database) -> None:
    with posted.write() as c:
        for _ in range(3):
            events.record(c, [event()])

    tried = pruning.prune_all(Rehearsal(posted.url, posted.engine), keep=Keep.all(KEEP), now=MUCH_LATER, at_once=True)
    found = pruning.prune_all(posted, keep=Keep.all(KEEP), now=MUCH_LATER, at_once=False, rows=1)

    assert (found.runs, found.materials, found.drafts, found.events) == (1, 1, 1, 3)
    assert tried == found
    assert pruning.prune_all(posted, keep=Keep.all(KEEP), now=MUCH_LATER, at_once=False).rows == 0
