"""What a person can do with feeds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import FieldError, InvalidInput, NotFound
from domain.material import FeedRead
from domain.owner import LOCAL_OWNER
from domain.template_document.fields import url_problem
from scheduler.feed_reading import ReadFeed
from storage import feed_entries, feed_users, feeds
from storage.database import Database
from storage.feed_entries import Held
from storage.feeds import Feed

NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed, and the names of the templates that use it and are not deleted; without any it is not read."""

    feed: Feed
    templates: tuple[str, ...]


async def add(
    database: Database, url: str, *, read_feed: ReadFeed | None, now: datetime, owner: str = LOCAL_OWNER
) -> tuple[Feed, int | None]:
    """Keep the feed at *url*, after reading it once with *read_feed*, unless that is None. Adding twice is the same.

    Gives it with the number of entries read, None when it was not.

    Raises InvalidInput when it is no URL, and SourceError when it cannot be read or is no feed; it is not kept then.
    """
    checked = check_url(url)
    read = await read_feed(checked, etag=None, last_modified=None) if read_feed else None
    return keep(database, checked, read, now=now, owner=owner), len(read.entries) if read is not None else None


def check_url(url: str) -> str:
    """Give *url*, or raise InvalidInput when it is none."""
    if reason := url_problem(url):
        raise InvalidInput([FieldError("url", reason)])
    return url


def keep(database: Database, url: str, read: FeedRead | None, *, now: datetime, owner: str) -> Feed:
    """Keep the owner's feed at *url*, with what a *read* of it gave."""
    with database.write() as connection:
        feed_id = feeds.ensure(connection, url, now=now, owner=owner)
        if read is not None:
            feeds.save_read(connection, feed_id, read, now=now)
        return feeds.get(connection, feed_id)


def list_all(database: Database, *, owner: str = LOCAL_OWNER) -> list[Listed]:
    """Give the owner's feeds by their number, with who uses them."""
    with database.read() as connection:
        found = sorted(feeds.list_feeds(connection, owner=owner), key=lambda feed: feed.id)
        return [Listed(feed, tuple(feed_users.names(connection, feed.url, owner=owner))) for feed in found]


def entries(database: Database, name: str, *, limit: int) -> tuple[Feed, list[Held]]:
    """Give the feed of that number or URL with its newest entries. Raises NotFound."""
    with database.read() as connection:
        feed = _named(connection, name)
        return feed, feed_entries.newest(connection, feed.id, limit)


def remove(database: Database, name: str) -> Feed:
    """Remove the feed of that number or URL. Raises NotFound, and Conflict while a template reads it."""
    with database.write() as connection:
        feed = _named(connection, name)
        feeds.remove(connection, feed.id)
        return feed


def _named(connection: Connection, name: str) -> Feed:
    if name.isdecimal() and not NUMBER.fullmatch(name):
        raise NotFound("feed", name, "`ostinato feed list` shows those there are")
    return feeds.get(connection, int(name) if NUMBER.fullmatch(name) else name)
