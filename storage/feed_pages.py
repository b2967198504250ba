"""An owner's feeds page by page, by their number, with the names that their owner gave them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from domain.errors import NotFound
from storage import feed_users
from storage.feeds import IS_FEED, Feed, from_row
from storage.tables import feeds

NUMBERS = 2**31  # a feed's number is less


@dataclass(frozen=True, slots=True)
class Shown:
    """A feed, its owner's name for it, and the templates that read it; without any it is not read."""

    feed: Feed
    name: str | None
    templates: tuple[str, ...]


def page(c: Connection, *, owner: str, after: int | None, limit: int) -> list[Shown]:
    """Give the owner's first *limit* feeds whose number is greater than *after*."""
    query = select(feeds).where(IS_FEED, feeds.c.owner_id == owner).order_by(feeds.c.id).limit(limit)
    if after is not None:
        query = query.where(feeds.c.id > after)
    return [_shown(c, row) for row in c.execute(query).mappings().all()]


def get(c: Connection, number: str, *, owner: str) -> Shown:
    """Give the owner's feed of that number. Raises NotFound."""
    if not (number.isascii() and number.isdecimal() and len(number) < 11 and int(number) < NUMBERS):
        raise NotFound("feed", number)
    query = select(feeds).where(IS_FEED, feeds.c.owner_id == owner, feeds.c.id == int(number))
    row = c.execute(query).mappings().first()
    if row is None:
        raise NotFound("feed", number)
    return _shown(c, row)


def _shown(c: Connection, row: RowMapping) -> Shown:
    feed = from_row(row)
    return Shown(feed, row["name"], tuple(feed_users.names(c, feed.url, owner=feed.owner_id)))
