"""Feeds by the names that their owner gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from domain.errors import NotFound
from storage.feeds import IS_FEED
from storage.tables import feeds


@dataclass(frozen=True, slots=True)
class NamedFeed:
    """A feed with the name that its owner gave it, or else its title, or its URL."""

    id: int
    url: str
    name: str
    created_at: datetime


def list_named(c: Connection, *, owner: str) -> list[NamedFeed]:
    """Give the owner's feeds in the order of their making."""
    columns = (feeds.c.id, feeds.c.url, feeds.c.name, feeds.c.title, feeds.c.created_at)
    query = select(*columns).where(IS_FEED, feeds.c.owner_id == owner).order_by(feeds.c.id)
    return [NamedFeed(row.id, row.url, row.name or row.title or row.url, row.created_at) for row in c.execute(query)]


def rename(c: Connection, feed_id: int, name: str, *, owner: str) -> None:
    """Give the owner's feed a name. Raises NotFound."""
    mine = (feeds.c.id == feed_id, feeds.c.owner_id == owner, IS_FEED)
    if c.execute(update(feeds).where(*mine).values(name=name)).rowcount != 1:
        raise NotFound("feed", str(feed_id))
