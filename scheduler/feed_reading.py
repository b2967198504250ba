"""Keeping feeds fresh: one conditional read, stored, and every template that uses the feed joined to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from domain.errors import SourceError
from domain.event import EventType, NewEvent
from domain.material import FeedRead
from scheduler.ids import new_id
from storage import events, feed_users, feeds
from storage.feeds import Feed
from storage.writer import Writer

log = structlog.get_logger(__name__)

FAILING_AFTER = 5  # consecutive failed reads before somebody is told


class ReadFeed(Protocol):
    """Reads a feed; conditionally, when its validators are given. Raises SourceError."""

    def __call__(self, url: str, *, etag: str | None, last_modified: str | None) -> Awaitable[FeedRead]: ...


class FeedReading:
    """Reads feeds and stores what they hold."""

    def __init__(self, *, writer: Writer, read_feed: ReadFeed, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._read_feed = read_feed
        self._clock = clock

    async def refresh_due(self, interval: timedelta) -> datetime:
        """Read the feeds that were not read for *interval* and that a template reads; give when to look again."""
        now = self._clock()
        for feed in await self._writer.call(lambda c: _wanted(c, now, interval)):
            await self._refresh_quietly(feed)
        return self._clock() + interval / 4

    async def refresh(self, feed: Feed) -> None:
        """Read *feed* once and store its new entries. Raises SourceError; the failure is counted first."""
        try:
            read = await self._read_feed(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        except SourceError as error:
            reason = error.reason
            await self._writer.call(lambda c: _record_failure(c, feed, reason, self._clock()))
            raise
        await self._writer.call(lambda c: _record_read(c, feed, read, self._clock()))

    async def _refresh_quietly(self, feed: Feed) -> None:
        """Read a feed for its own sake: nobody waits for it, and one that trips us up does not stop the others."""
        try:
            await self.refresh(feed)
        except SourceError:  # counted already
            return
        except Exception as error:
            log.exception("feed.error", feed=feed.id, host=urlsplit(feed.url).hostname)  # a private address is a secret
            reason = f"{type(error).__name__}: {error}"
            await self._writer.call(lambda c: _record_failure(c, feed, reason, self._clock()))


def _wanted(connection: Connection, now: datetime, interval: timedelta) -> list[Feed]:
    """Give the feeds that are due, without those that no template reads: their failures would concern nobody."""
    due = feeds.due_feeds(connection, now, interval)
    return [feed for feed in due if feed_users.is_read(connection, feed.url, owner=feed.owner_id)]


def _record_read(connection: Connection, feed: Feed, read: FeedRead, now: datetime) -> None:
    feeds.save_read(connection, feed.id, read, now=now)
    for template_id, backlog in feed_users.joining(connection, feed.id, feed.url, owner=feed.owner_id):
        feeds.join(connection, template_id, feed.id, backlog, now=now)


def _record_failure(connection: Connection, feed: Feed, reason: str, now: datetime) -> None:
    if feeds.save_failure(connection, feed.id, reason, now=now) == FAILING_AFTER:
        data = {"feed": {"id": feed.id, "url": feed.url, "failures": FAILING_AFTER, "error": reason}}
        event = NewEvent(new_id(), EventType.FEED_FAILING, now, data, owner_id=feed.owner_id)
        events.record(connection, [event])
