"""Gathering: feeds by their backlog, each item used once, and one source that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select

from domain.errors import Conflict, SourceError, WriterError
from domain.event import Event, EventType
from domain.material import Entry, FeedRead, Material, MaterialKind
from domain.own_words import CsvTable
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Run, RunStatus, Trigger
from domain.template import Backlog, FeedSource, Sources, Template, TemplateStatus
from scheduler import vitals
from scheduler.editor import Gathered
from scheduler.feed_reading import FAILING_AFTER, FeedReading
from scheduler.gathering import Gathering
from scheduler.media_reading import MediaReading
from sources.media import Loaded
from sources.parsing.picture import PictureFacts
from sources.parsing.table import Rows, parse
from storage import events, feeds, tables, templates
from storage.database import Database
from storage.writer import Writer
from tests.integration.scheduler_house import NOW, Clock, House
from tests.integration.storage_values import running, template, with_templates

T = TypeVar("T")
URL = "https://news.example/feed"
OTHER = "https://other.example/feed"
LONG = "What an entry says that needs no page of its own. " * 10
HOUR = timedelta(hours=1)
RUN = Run("r1", "t1", "acme", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)


def entry(name: str, *, text: str = LONG, day: int = 1) -> Entry:
    return Entry(name, f"https://news.example/{name}", name, text, NOW - timedelta(days=30 - day))


class World:
    """The outside: feeds and pages by URL. What is missing cannot be read."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.feeds: dict[str, list[Entry]] = {}
        self.pages: dict[str, str] = {}
        self.tables: dict[str, str] = {}
        self.broken: Exception | None = None
        self.reads: list[tuple[str, str | None]] = []

    async def read_feed(self, url: str, *, etag: str | None, last_modified: str | None) -> FeedRead:
        self.reads.append((url, etag))
        if self.broken is not None:
            raise self.broken
        if url not in self.feeds:
            raise SourceError(url, "answered 500")
        return FeedRead(url, tuple(reversed(self.feeds[url])), title="The news", etag="v1")

    async def read_page(self, url: str, *, material_id: str, now: datetime) -> Material:
        if url not in self.pages:
            raise SourceError(url, "answered 404")
        return Material(material_id, MaterialKind.PAGE, self.pages[url], title="The page's title", url=url)

    async def read_table(self, table: CsvTable) -> Rows:
        if table.url not in self.tables:
            raise SourceError(table.url, "answered 404")
        return parse(self.tables[table.url].encode(), None, newest_first=False)

    async def read_file(self, url: str) -> Loaded:
        raise SourceError(url, "answered 404")

    async def examine(self, loaded: Loaded, *, recognise: bool) -> PictureFacts:
        raise NotImplementedError

    def gather(self, sources: Sources, *, count: int = 1, freshness: timedelta | None = None) -> Gathered:
        return self.gather_for(replace(template("t1"), sources=sources, count=count, freshness=freshness))

    def gather_for(self, made: Template) -> Gathered:
        return self.doing(
            lambda w: Gathering(
                writer=w,
                feed_reading=self.reading(w),
                read_page=self.read_page,
                read_table=self.read_table,
                media=MediaReading(
                    writer=w, fetch_audio=self.read_file, fetch_image=self.read_file, examine=self.examine
                ),
            )(made, RUN, self.clock())
        )

    def refresh_due(self) -> datetime:
        return self.doing(lambda w: self.reading(w).refresh_due(HOUR))

    def reading(self, writer: Writer) -> FeedReading:
        return FeedReading(writer=writer, read_feed=self.read_feed, clock=self.clock)

    def doing(self, what: Callable[[Writer], Awaitable[T]]) -> T:
        async def do() -> T:
            with running(self.database) as writer:
                return await what(writer)

        return asyncio.run(do())

    def told(self) -> list[Event]:
        with self.database.read() as c:
            return events.list_events(c)


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.feeds[URL] = [entry("old", day=1), entry("older-news", day=2), entry("newest", day=3)]
    with_templates(database, "t1")
    return made


def feed(backlog: Backlog, url: str = URL) -> Sources:
    return Sources(feeds=(FeedSource(url, backlog),))


def titles(gathered: Gathered) -> list[str]:
    return [material.title for material in gathered.materials]


@pytest.mark.parametrize(
    ("backlog", "expected"), [(Backlog.NONE, []), (Backlog.LATEST, ["newest"]), (Backlog.ALL, ["old"])]
)
def test_a_template_starts_with_what_its_backlog_says(world: World, backlog: Backlog, expected: list[str]) -> None:
    assert titles(world.gather(feed(backlog))) == expected


def test_a_feed_without_anything_new_is_named_and_did_not_fail(world: World) -> None:
    (rejected,) = world.gather(feed(Backlog.NONE)).rejected
    assert (rejected.reference, rejected.failed) == (URL, False)


def test_a_later_entry_is_new_and_the_items_over_the_count_wait(world: World) -> None:
    world.gather(feed(Backlog.NONE))
    world.feeds[URL] += [entry("a", day=10), entry("b", day=11), entry("c", day=12)]
    world.clock.advance(minutes=2)
    gathered = world.gather(feed(Backlog.NONE), count=2)
    assert titles(gathered) == ["a", "b"]
    assert len(gathered.item_ids) == 2
    assert [material.item_id for material in gathered.materials] == list(gathered.item_ids)


def test_a_feed_read_just_now_is_not_read_again_and_one_read_earlier_conditionally(world: World) -> None:
    for _ in range(2):
        world.gather(feed(Backlog.ALL))
    assert world.reads == [(URL, None)]
    world.clock.advance(minutes=2)
    world.gather(feed(Backlog.ALL))
    assert world.reads == [(URL, None), (URL, "v1")]


def test_one_source_that_fails_leaves_the_others(world: World) -> None:
    world.pages["https://a.example"] = "What the page says"
    sources = Sources(
        urls=("https://gone.example", "https://a.example"),
        feeds=(FeedSource(OTHER), FeedSource(URL, Backlog.ALL)),
        text="The owner's own words.",
    )
    gathered = world.gather(sources)
    assert [material.kind for material in gathered.materials] == [
        MaterialKind.FEED_ITEM,
        MaterialKind.PAGE,
        MaterialKind.TEXT,
    ]
    assert [material.id for material in gathered.materials] == ["m0", "m1", "m2"]
    assert [(each.reference, each.failed) for each in gathered.rejected] == [
        (OTHER, True),
        ("https://gone.example", True),
    ]


def test_a_feed_that_fails_is_not_said_to_hold_nothing_new(world: World) -> None:
    gathered = world.gather(feed(Backlog.NONE, OTHER))
    assert [(each.reference, each.reason) for each in gathered.rejected] == [(OTHER, "answered 500")]


def test_a_feed_that_fails_still_gives_the_items_that_wait(world: World) -> None:
    world.gather(feed(Backlog.ALL))
    del world.feeds[URL]
    world.clock.advance(minutes=2)
    gathered = world.gather(feed(Backlog.ALL))
    assert titles(gathered) == ["old"]
    assert [each.failed for each in gathered.rejected] == [True]


def test_a_short_entry_is_read_at_its_page(world: World) -> None:
    world.feeds[URL] = [entry("short", text="Too little.")]
    world.pages["https://news.example/short"] = "All that the page says. " * 20
    (material,) = world.gather(feed(Backlog.ALL)).materials
    assert material.text.startswith("All that the page says.")
    assert (material.title, material.kind) == ("short", MaterialKind.FEED_ITEM)


def test_a_short_entry_whose_page_cannot_be_read_speaks_for_itself(world: World) -> None:
    world.feeds[URL] = [entry("short", text="Too little.")]
    gathered = world.gather(feed(Backlog.ALL))
    assert gathered.materials[0].text == "Too little."
    assert "the feed's own text is used" in gathered.rejected[0].reason


def test_a_template_that_has_ended_can_still_be_run_by_request(world: World) -> None:
    with world.database.write() as c:
        c.exec_driver_sql("UPDATE templates SET status = 'ended', next_slot_at = NULL")
    assert titles(world.gather(feed(Backlog.LATEST))) == ["newest"]


def test_entries_older_than_the_freshness_are_set_aside_and_named_as_expired(world: World) -> None:
    world.feeds[URL] = [entry("stale", day=1), entry("old", day=27), entry("fresh", day=29)]
    fresh = world.gather(feed(Backlog.ALL), count=2, freshness=timedelta(days=2))
    assert titles(fresh) == ["fresh"]
    assert [each.reference for each in fresh.rejected] == ["https://news.example/stale", "https://news.example/old"]
    assert all(each.reason.startswith("expired: ") and not each.failed for each in fresh.rejected)
    assert all(each.code is Reason.EXPIRED for each in fresh.rejected)
    assert len(fresh.expired_ids) == 2
    assert set(fresh.expired_ids).isdisjoint(fresh.item_ids)


def test_a_run_that_finds_only_what_is_too_old_ends_as_expired_and_keeps_it_aside(world: World) -> None:
    house = House(world.database)
    world.feeds[URL] = [entry("stale", day=1), entry("old", day=27)]
    house.template("t2")
    made = replace(template("t2"), sources=feed(Backlog.ALL))
    house.editor.gathered = world.gather_for(replace(made, freshness=timedelta(days=2)))
    house.plan()
    house.work()

    run = house.run("t2")
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.EXPIRED)
    assert run.detail is not None
    assert "https://news.example/old: expired: it is older" in run.detail
    assert [use_of(house, item) for item in house.editor.gathered.expired_ids] == ["expired", "expired"]
    # What is expired stays so, even for a template whose freshness is lengthened later.
    assert world.gather_for(made).materials == ()


def test_a_run_that_dies_before_it_records_what_it_gathered_names_the_expired_again(world: World) -> None:
    world.feeds[URL] = [entry("stale", day=1)]
    for _ in range(2):
        gathered = world.gather(feed(Backlog.ALL), freshness=timedelta(days=2))
        assert next(each.code for each in gathered.rejected) is Reason.EXPIRED


def reserve_one(house: House) -> int:
    """Let the house's next run take one item of a feed; give its id."""
    with house.database.write() as c:
        feed_id = feeds.ensure(c, URL, now=NOW, owner=LOCAL_OWNER)
        feeds.save_read(c, feed_id, FeedRead(URL, (entry("only"),)), now=NOW)
    house.template()
    with house.database.write() as c:
        feeds.join(c, "t1", feed_id, Backlog.ALL, now=NOW)
        (item,) = feeds.waiting_items(c, "t1", [feed_id], 5)
    material = Material("m0", MaterialKind.FEED_ITEM, "words", item_id=item.id)
    house.editor.gathered = Gathered((material,), item_ids=(item.id,))
    house.plan()
    return item.id


def use_of(house: House, item: int) -> str | None:
    with house.database.read() as c:
        found = c.execute(select(tables.item_uses.c.status).where(tables.item_uses.c.item_id == item)).scalar()
        return found and str(found)


BLOCKED = Settlement(Outcome.DEFERRED, "answer", retry_at=NOW, pause="api_blocked")
REFUSED = Settlement(Outcome.REFUSED, "answer", reason="x_rejected")
UNKNOWN = Settlement(Outcome.UNKNOWN, "answer")


@pytest.mark.parametrize(
    ("answer", "use"), [(None, "used"), (BLOCKED, None), (REFUSED, "spent"), (UNKNOWN, "reserved")]
)
def test_what_becomes_of_an_item_follows_from_what_became_of_its_post(
    database: Database, answer: Settlement | None, use: str | None
) -> None:
    house = House(database)
    item = reserve_one(house)
    if answer is not None:
        house.publisher.answers["Hello"] = [answer]
    house.work()
    assert use_of(house, item) == use


def test_an_item_of_which_no_draft_could_be_written_is_spent(database: Database) -> None:
    house = House(database)
    item = reserve_one(house)
    house.editor.drafts = WriterError("it says too little")
    house.work()
    assert use_of(house, item) == "spent"


def test_an_item_that_another_run_took_meanwhile_sends_the_run_back_to_gather_again(database: Database) -> None:
    house = House(database)
    item = reserve_one(house)
    with house.database.write() as c:
        row = {"template_id": "t1", "item_id": item, "status": "seen", "at": NOW}
        c.execute(tables.item_uses.insert().values(row))
    house.work()
    assert house.run().status is RunStatus.QUEUED
    house.editor.gathered = Gathered(())
    house.clock.advance(seconds=5)
    house.work()
    assert house.run().reason is Reason.NOTHING_NEW


def with_feed(world: World, url: str = URL) -> int:
    with world.database.write() as c:
        return feeds.ensure(c, url, now=NOW, owner=LOCAL_OWNER)


def with_reader(world: World, url: str = URL, *, name: str = "reader") -> int:
    House(world.database).template(name, sources=feed(Backlog.NONE, url))
    return with_feed(world, url)


def test_refreshing_joins_the_templates_that_read_the_feed(world: World) -> None:
    house = House(world.database)
    house.template("reader", sources=feed(Backlog.LATEST))
    feed_id = with_feed(world)
    world.refresh_due()
    with world.database.read() as c:
        assert [item.entry.title for item in feeds.waiting_items(c, "reader", [feed_id], 5)] == ["newest"]
        assert feeds.waiting_items(c, "t1", [feed_id], 5) == []


def test_a_template_that_cannot_be_read_keeps_no_other_from_its_feed(world: World) -> None:
    house = House(world.database)
    house.template("reader", sources=feed(Backlog.LATEST))
    house.template("spoilt", sources=feed(Backlog.LATEST))
    with world.database.write() as c:
        spoilt = tables.templates.update().where(tables.templates.c.id == "spoilt")
        c.execute(spoilt.values(definition=f'{{"sources": {{"feeds": [{{"url":"{URL}"}}]}}}}'))
    feed_id = with_feed(world)
    world.refresh_due()
    with world.database.write() as c:
        assert [item.entry.title for item in feeds.waiting_items(c, "reader", [feed_id], 5)] == ["newest"]
        assert feeds.get(c, feed_id).last_error is None
        with pytest.raises(Conflict, match="is used by 'name-of-reader', 'name-of-spoilt'"):
            feeds.remove(c, feed_id)


def test_a_feed_is_read_again_only_after_its_interval(world: World) -> None:
    with_reader(world)
    world.refresh_due()
    world.clock.advance(minutes=59)
    world.refresh_due()
    assert len(world.reads) == 1
    world.clock.advance(minutes=2)
    world.refresh_due()
    assert len(world.reads) == 2


def test_a_feed_that_fails_again_and_again_is_told_of_once(world: World) -> None:
    with_reader(world, OTHER)
    for _ in range(FAILING_AFTER + 2):
        world.refresh_due()
        world.clock.advance(days=1)
    (event,) = world.told()
    assert event.type is EventType.FEED_FAILING
    assert event.data["feed"]["url"] == OTHER
    assert event.data["feed"]["error"] == "answered 500"


def test_a_feed_that_no_template_uses_any_more_is_neither_read_nor_told_of(world: World) -> None:
    with_reader(world, OTHER)
    world.refresh_due()
    with world.database.write() as c:
        templates.set_status(c, "reader", TemplateStatus.DELETED, now=NOW)
    for _ in range(FAILING_AFTER + 2):
        world.clock.advance(days=1)
        world.refresh_due()
    assert len(world.reads) == 1
    assert world.told() == []
    with world.database.read() as c:
        assert vitals.look(c, NOW).feeds_failing == 0


def test_the_feed_of_a_paused_template_is_read(world: World) -> None:
    with_reader(world)
    with world.database.write() as c:
        templates.set_status(c, "reader", TemplateStatus.PAUSED, now=NOW)
    world.refresh_due()
    assert len(world.reads) == 1


def test_a_template_joins_no_feed_that_was_read_long_ago_and_cannot_be_read_now(world: World) -> None:
    with_feed(world)
    world.gather(feed(Backlog.NONE))
    world.clock.advance(days=30)
    world.broken = SourceError(URL, "answered 500")
    late = replace(template("t2"), sources=feed(Backlog.NONE))
    with_templates(world.database, "t2")
    world.gather_for(late)
    world.broken = None
    world.feeds[URL].append(entry("of last week", day=25))
    assert titles(world.gather_for(late)) == []


def test_a_feed_that_trips_the_program_up_does_not_stop_the_others(world: World) -> None:
    with_reader(world, OTHER)
    world.broken = ZeroDivisionError("a bug")
    world.refresh_due()
    world.broken = None
    with_reader(world, URL, name="another")
    world.refresh_due()
    with world.database.read() as c:
        broken, whole = feeds.list_feeds(c)
    assert (broken.failures, broken.last_error) == (1, "ZeroDivisionError: a bug")
    assert whole.fetched_at == NOW
