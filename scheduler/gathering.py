"""The step GATHER: reading a template's sources, each on its own, so that one that fails does not stop the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from domain.duration import format_duration
from domain.errors import SourceError
from domain.material import Entry, Material
from domain.protocols import ReadPage
from domain.reasons import Reason
from domain.run import Rejected, Run
from domain.template import FeedSource, Template
from scheduler.editor import Gathered
from scheduler.feed_reading import FeedReading
from scheduler.media_reading import MediaReading
from scheduler.own_words import OwnWords, ReadTable
from scheduler.researched import Researched
from sources.feed import item_material
from sources.text import read_text
from storage import feeds
from storage.feeds import Feed, Item
from storage.writer import Writer

FRESH = timedelta(minutes=1)  # a feed read this recently is not read again for a run
NAMED = 20  # expired entries that a run names one by one
SHORT_ENTRY = 400  # characters; an entry that says less is read at its page


class Gathering:
    """Reads the sources of a template for one run."""

    def __init__(
        self,
        *,
        writer: Writer,
        feed_reading: FeedReading,
        read_page: ReadPage,
        read_table: ReadTable,
        media: MediaReading,
        researched: Researched | None = None,
    ) -> None:
        self._writer = writer
        self._feed_reading = feed_reading
        self._read_page = read_page
        self._own_words = OwnWords(writer=writer, read_table=read_table)
        self._media = media
        self._researched = researched

    async def __call__(self, template: Template, run: Run, now: datetime) -> Gathered:
        """Gather material. What could not be read, and feeds with nothing new, are named with the reason.

        Without the owner's spoken hints nothing is gathered: what is written without them may be what they forbid.
        Raises ResearchUnfinished while research that the template names is worked on.
        """
        if (said := await self._own_words(template, now)) is not None:
            return said
        # First of all: a run that has to wait for it must not have paid for anything yet.
        cited, unfound = await self._researched(template, run, now) if self._researched else ([], [])
        try:
            hints = await self._media.hints(template, run, now=now)
        except SourceError as error:
            return Gathered((), (Rejected(error.reference, error.reason),))
        materials: list[Material] = []
        rejected: list[Rejected] = []
        item_ids, expired_ids = await self._feed_items(template, materials, rejected, now)
        for url in template.sources.urls:
            try:
                materials.append(await self._read_page(url, material_id=f"m{len(materials)}", now=now))
            except SourceError as error:
                rejected.append(Rejected(error.reference, error.reason))
        if template.sources.text is not None:
            try:
                materials.append(read_text(template.sources.text, material_id=f"m{len(materials)}"))
            except SourceError as error:
                rejected.append(Rejected(error.reference, error.reason))
        await self._media.add_to(materials, rejected, template, run, now)
        materials += [replace(each, id=f"m{at}") for at, each in enumerate(cited, len(materials))]
        rejected += unfound
        if materials and template.roundup and template.roundup.opening:
            opening = read_text(template.roundup.opening, material_id=f"m{len(materials)}")
            materials.append(replace(opening, as_it_stands=True))
        return Gathered(tuple(materials), tuple(rejected), tuple(item_ids), tuple(expired_ids), hints)

    async def _feed_items(
        self, template: Template, materials: list[Material], rejected: list[Rejected], now: datetime
    ) -> tuple[list[int], list[int]]:
        """Take the oldest unused entries of the template's feeds that are fresh, one for each post or part of the run.

        Gives their ids, and those of the entries that have expired.
        """
        feed_ids, read = [], []
        for source in template.sources.feeds:
            feed = await self._writer.call(partial(_feed, url=source.url, owner=template.owner_id, now=now))
            feed_ids.append(feed.id)
            try:
                if feed.fetched_at is None or not timedelta(0) <= now - feed.fetched_at <= FRESH:
                    await self._feed_reading.refresh(feed)
                read.append(source.url)
            except SourceError as error:
                rejected.append(Rejected(error.reference, error.reason))
                continue  # joining what was read long ago would let everything since then look new
            # Reading joins the templates that are in use; one that has ended may still be run by request.
            await self._writer.call(partial(_join, template=template, feed=feed, source=source, now=now))
        if not feed_ids:
            return [], []
        since, expired = None, []
        if template.freshness is not None:
            since = now - template.freshness
            expired = await self._writer.call(partial(_expired, template=template, feed_ids=feed_ids, since=since))
            rejected.extend(_named(expired, template.freshness))
        most = template.roundup.entries if template.roundup else template.count
        items = await self._writer.call(lambda c: feeds.waiting_items(c, template.id, feed_ids, most, since=since))
        if template.roundup and 0 < len(items) < template.roundup.at_least:
            rejected.append(Rejected("roundup", _waits(len(items), template.roundup.at_least), failed=False))
            items = []
        elif not items:
            rejected.extend(Rejected(url, "nothing new in this feed", failed=False) for url in read)
        for item in items:
            materials.append(await self._item(item, f"m{len(materials)}", rejected, now))
        return [item.id for item in items], [item.id for item in expired]

    async def _item(self, item: Item, material_id: str, rejected: list[Rejected], now: datetime) -> Material:
        """Give an entry as material; a short one with the text of its page, when that can be read."""
        material = item_material(
            item.entry, item_id=item.id, feed_title=item.feed_title, material_id=material_id, now=now
        )
        if len(material.text) >= SHORT_ENTRY or item.entry.url is None:
            return material
        try:
            page = await self._read_page(item.entry.url, material_id=material_id, now=now)
        except SourceError as error:
            rejected.append(Rejected(error.reference, f"{error.reason}; the feed's own text is used"))
            return material
        return _fuller(material, page, item.entry)


def _named(items: list[Item], freshness: timedelta) -> list[Rejected]:
    """Name the entries that are too old, and only count those after the first few."""
    why = f"expired: it is older than the template's freshness, {format_duration(freshness)}"
    named = [_too_old(item.entry.url or item.entry.title or item.feed_url, why) for item in items[:NAMED]]
    more = len(items) - len(named)
    return [*named, _too_old("feeds", f"{more} more entries are expired")] if more else named


def _too_old(reference: str, why: str) -> Rejected:
    return Rejected(reference, why, failed=False, code=Reason.EXPIRED)


def _waits(new: int, at_least: int) -> str:
    return f"{new} {'entry is' if new == 1 else 'entries are'} new, and it waits until there are {at_least}"


def _fuller(material: Material, page: Material, entry: Entry) -> Material:
    """Prefer the page's text when it says more; title, link and date stay the feed's."""
    if len(page.text) <= len(material.text):
        return material
    return replace(
        material,
        text=page.text,
        title=material.title or page.title,
        author=material.author or page.author,
        language=material.language or page.language,
        tags=entry.tags or page.tags,
    )


def _feed(connection: Connection, *, url: str, owner: str, now: datetime) -> Feed:
    return feeds.get(connection, feeds.ensure(connection, url, now=now, owner=owner))


def _expired(connection: Connection, *, template: Template, feed_ids: list[int], since: datetime) -> list[Item]:
    return feeds.expired_items(connection, template.id, feed_ids, since)


def _join(connection: Connection, *, template: Template, feed: Feed, source: FeedSource, now: datetime) -> None:
    feeds.join(connection, template.id, feed.id, source.backlog, now=now)
