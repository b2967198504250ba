"""Feeds: no entry comes twice, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Conflict, NotFound
from domain.material import Entry, FeedRead
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import Hold, RunStatus
from domain.template import Backlog, FeedSource, Sources, TemplateStatus
from storage import feeds, runs, templates
from storage.database import Database
from storage.runs.steps import Items
from tests.integration.storage_values import LEASE, NOW, planned, state, template, with_templates, written

URL = "https://example.org/feed.xml"
HOUR = timedelta(hours=1)


def entry(number: int, **fields: object) -> Entry:
    given = Entry(
        f"g{number}", f"https://example.org/{number}", f"Title {number}", f"Text {number}", NOW + number * HOUR
    )
    return replace(given, **fields)  # type: ignore[arg-type]


def saved(database: Database, *entries: Entry, hours: int = 50) -> int:
    """Save one read of the feed, with the newest entry first; give how many entries were new."""
    with database.write() as c:
        feed_id = feeds.ensure(c, URL, now=NOW, owner=LOCAL_OWNER)
        return feeds.save_read(c, feed_id, FeedRead(URL, entries, "Feed", etag='"1"'), now=NOW + hours * HOUR)


def joined(database: Database, backlog: Backlog = Backlog.NONE) -> None:
    with database.write() as c:
        feeds.join(c, "t1", feeds.ensure(c, URL, now=NOW, owner=LOCAL_OWNER), backlog, now=NOW)


def waiting(database: Database, limit: int = 10) -> list[str]:
    with database.read() as c:
        return [item.entry.title for item in feeds.waiting_items(c, "t1", [feeds.get(c, URL).id], limit)]


def used(database: Database, what: Items, titles: Sequence[str]) -> None:
    """Run the template on the items of these titles, with *what* as their end."""
    with database.write() as c:
        stored = templates.get(c, "t1")
        at = stored.state.next_slot_at
        assert at is not None
        run_id = f"r{at.isoformat()}"
        runs.plan(c, [planned("t1", run_id, at)], now=at)
        (facts,) = runs.claim(c, owner="me", now=at, lease=LEASE, limit=1)
        found = feeds.waiting_items(c, "t1", [feeds.get(c, URL).id], 10)
    hold = Hold(facts.run.id, "me", facts.run.epoch)
    ids = [item.id for item in found if item.entry.title in titles]
    gathered = runs.record_gather(hold, [], [], item_ids=ids, template_id="t1", now=at)
    end = runs.finish(
        hold, status=RunStatus.SKIPPED, reason=Reason.NO_DRAFT, detail=None, events=[], items=what, now=at
    )
    asyncio.run(written(database, gathered, end))


@pytest.fixture
def reading(database: Database) -> Database:
    """A database with a template that reads the feed from its first entry on."""
    with_templates(database, "t1")
    saved(database, entry(0))
    joined(database, Backlog.NONE)
    return database


def test_a_template_that_joins_posts_nothing_old(reading: Database) -> None:
    assert waiting(reading) == []
    assert saved(reading, entry(1), entry(0)) == 1
    assert waiting(reading) == ["Title 1"]


@pytest.mark.parametrize(
    ("backlog", "expected"),
    [(Backlog.NONE, []), (Backlog.LATEST, ["Title 3"]), (Backlog.ALL, ["Title 1", "Title 2", "Title 3"])],
)
def test_the_backlog_is_what_the_owner_asked_for(database: Database, backlog: Backlog, expected: list[str]) -> None:
    with_templates(database, "t1")
    saved(database, entry(2), entry(3), entry(1))  # in no order, but dated
    joined(database, backlog)
    assert waiting(database) == expected


def test_the_newest_of_undated_entries_is_the_first_listed(database: Database) -> None:
    with_templates(database, "t1")
    saved(database, *(entry(number, published_at=None) for number in (3, 2, 1)))
    joined(database, Backlog.LATEST)
    assert waiting(database) == ["Title 3"]


def test_joining_again_marks_nothing(reading: Database) -> None:
    saved(reading, entry(1), entry(0))
    joined(reading, Backlog.NONE)
    assert waiting(reading) == ["Title 1"]


def test_a_feed_that_was_never_read_is_joined_with_its_first_read(database: Database) -> None:
    with_templates(database, "t1")
    joined(database)
    saved(database, entry(2), entry(1))
    assert waiting(database) == []  # not joined yet: all of it would look new
    joined(database)
    saved(database, entry(3), entry(2), entry(1))
    assert waiting(database) == ["Title 3"]


def test_what_was_empty_at_the_first_read_gives_all_that_comes(database: Database) -> None:
    with_templates(database, "t1")
    saved(database)
    joined(database)
    saved(database, entry(1))
    assert waiting(database) == ["Title 1"]


@pytest.mark.parametrize(
    "again",
    [
        {"title": "Edited", "text": "Edited text"},
        {"published_at": NOW + 9 * HOUR},
        {"published_at": None},
        {"guid": None},
        {"guid": "another"},
        {"url": "https://example.org/moved"},
        {"guid": "another", "url": "https://example.org/moved"},
        {"guid": None, "url": "HTTP://example.org/1/?utm_source=rss#top"},
        {"guid": None, "url": None},
    ],
    ids=lambda fields: "+".join(fields),
)
def test_a_used_entry_never_comes_twice(reading: Database, again: dict[str, object]) -> None:
    saved(reading, entry(1), entry(0))
    used(reading, "used", ["Title 1"])
    assert saved(reading, entry(0), entry(1, **again)) == 0
    assert waiting(reading) == []


def test_an_entry_that_changes_one_name_after_the_other_is_still_the_same(reading: Database) -> None:
    saved(reading, entry(1), entry(0))
    used(reading, "used", ["Title 1"])
    step = entry(1, guid="g1b")
    assert saved(reading, step) == 0
    step = replace(step, url="https://example.org/1b", title="New", text="New")
    assert saved(reading, step) == 0
    step = replace(step, guid="g1c")
    assert saved(reading, step) == 0
    assert waiting(reading) == []


def test_an_entry_that_returns_after_months_is_still_known(reading: Database) -> None:
    saved(reading, entry(1), entry(0))
    used(reading, "used", ["Title 1"])
    saved(reading, entry(2))
    assert saved(reading, entry(1), hours=5000) == 0
    assert waiting(reading) == ["Title 2"]


def test_items_over_the_cap_stay_queued_oldest_first(reading: Database) -> None:
    saved(reading, *(entry(number) for number in (4, 3, 2, 1, 0)))
    assert waiting(reading, limit=2) == ["Title 1", "Title 2"]
    used(reading, "used", ["Title 1", "Title 2"])
    assert waiting(reading, limit=2) == ["Title 3", "Title 4"]


def test_an_entry_waits_in_its_newest_version_at_its_old_place(reading: Database) -> None:
    saved(reading, entry(2), entry(1), entry(0))
    saved(reading, entry(1, title="Corrected", published_at=NOW + 9 * HOUR), entry(2), entry(0))
    assert waiting(reading) == ["Corrected", "Title 2"]


def test_a_date_in_the_future_does_not_put_an_entry_behind_all_others(reading: Database) -> None:
    saved(reading, entry(1, published_at=NOW + timedelta(days=9999)), entry(0), hours=2)
    saved(reading, entry(3), entry(1), entry(0), hours=4)
    assert waiting(reading) == ["Title 1", "Title 3"]


@pytest.mark.parametrize(("what", "left"), [("used", []), ("spent", []), ("kept", []), ("released", ["Title 1"])])
def test_what_becomes_of_an_item_is_what_its_run_says(reading: Database, what: Items, left: list[str]) -> None:
    saved(reading, entry(1), entry(0))
    used(reading, what, ["Title 1"])
    assert waiting(reading) == left


def test_an_item_is_reserved_by_one_run_of_a_template(reading: Database) -> None:
    saved(reading, entry(1), entry(0))
    used(reading, "kept", ["Title 1"])
    with reading.write() as c:
        at = NOW + 7 * HOUR
        runs.plan(c, [planned("t1", "r2", NOW + 6 * HOUR)], now=at)
        (facts,) = runs.claim(c, owner="me", now=at, lease=LEASE, limit=1)
        taken = feeds.get(c, URL).id + 1
    hold = Hold(facts.run.id, "me", facts.run.epoch)
    with pytest.raises(Conflict):
        asyncio.run(written(reading, runs.record_gather(hold, [], [], item_ids=[taken], template_id="t1", now=NOW)))


def test_templates_use_a_feed_independently(reading: Database) -> None:
    with_templates(reading, "t2")
    saved(reading, entry(1), entry(0))
    used(reading, "used", ["Title 1"])
    with reading.write() as c:
        feed_id = feeds.get(c, URL).id
        feeds.join(c, "t2", feed_id, Backlog.ALL, now=NOW)
        assert [item.entry.title for item in feeds.waiting_items(c, "t2", [feed_id], 10)] == ["Title 0", "Title 1"]
        assert feeds.waiting_items(c, "t2", [], 10) == []


def test_a_read_that_gave_nothing_new_keeps_the_title_and_the_etag(reading: Database) -> None:
    with reading.write() as c:
        feed = feeds.get(c, URL)
        assert feeds.save_failure(c, feed.id, "timed out", now=NOW + 60 * HOUR) == 1
        assert feeds.save_failure(c, feed.id, "timed out", now=NOW + 61 * HOUR) == 2
        failed = feeds.get(c, feed.id)
        assert (failed.failures, failed.last_error, failed.fetched_at) == (2, "timed out", feed.fetched_at)
        feeds.save_read(c, feed.id, FeedRead(URL, (), not_modified=True), now=NOW + 62 * HOUR)
        assert feeds.get(c, URL) == replace(feed, fetched_at=NOW + 62 * HOUR)


def test_feeds_are_due_by_their_last_try_and_failing_ones_less_often(database: Database) -> None:
    with database.write() as c:
        ids = [feeds.ensure(c, f"https://example.org/{name}", now=NOW, owner=LOCAL_OWNER) for name in "abc"]
        assert feeds.ensure(c, "https://example.org/a", now=NOW, owner=LOCAL_OWNER) == ids[0]
        feeds.save_read(c, ids[1], FeedRead("", ()), now=NOW)
        feeds.save_failure(c, ids[2], "gone", now=NOW)
        due = [[feed.id for feed in feeds.due_feeds(c, NOW + hours * HOUR, HOUR)] for hours in (0, 1, 2)]
    assert due == [[ids[0]], [ids[0], ids[1]], ids]


def test_a_feed_in_use_is_not_removed(database: Database) -> None:
    with database.write() as c:
        sources = Sources(feeds=(FeedSource(URL),))
        templates.insert(c, template("t1", sources=sources), state())
    saved(database, entry(1))
    joined(database)
    with database.write() as c:
        feed = feeds.get(c, URL)
        with pytest.raises(Conflict, match="is used by 'name of t1'"):
            feeds.remove(c, feed.id)
        templates.set_status(c, "t1", TemplateStatus.DELETED, now=NOW)
        feeds.remove(c, feed.id)
        assert feeds.list_feeds(c) == []
        with pytest.raises(NotFound, match="no feed named"):
            feeds.get(c, URL)
