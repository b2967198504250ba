"""Which templates follow which feeds at somebody's wish, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, insert, select, update

from domain.errors import NotFound
from domain.owner import LOCAL_OWNER
from storage.statements import Prepared, insert_or_nothing
from storage.tables import feed_items, feed_subscriptions, item_uses, template_feeds

_table = feed_subscriptions
_SEEN = Prepared(insert_or_nothing(item_uses, "template_id", "item_id", "status", "at"))
TAKEN = ("reserved", "used", "spent")  # what a template did with an entry that it wrote from


@dataclass(frozen=True, slots=True)
class Subscription:
    """A template that reads a feed since *created_at*, until *removed_at*."""

    id: str
    feed_id: int
    template_id: str
    created_at: datetime
    removed_at: datetime | None = None
    owner_id: str = LOCAL_OWNER


@dataclass(frozen=True, slots=True)
class Processed:
    """The entry that a template wrote from last, and when."""

    item_id: int
    at: datetime


def add(c: Connection, made: Subscription) -> None:
    """Keep a new one, which no other of the same feed and template may stand beside."""
    row = {"id": made.id, "feed_id": made.feed_id, "template_id": made.template_id, "owner_id": made.owner_id}
    c.execute(insert(_table).values({**row, "created_at": made.created_at, "removed_at": made.removed_at}))


def get(c: Connection, subscription_id: str, *, owner: str) -> Subscription:
    """Give one of *owner* by its id, also one that was removed. Raises NotFound."""
    mine = (_table.c.id == subscription_id, _table.c.owner_id == owner)
    row = c.execute(select(_table).where(*mine)).mappings().first()
    if row is None:
        raise NotFound("subscription", subscription_id)
    return _subscription(row)


def list_all(c: Connection, *, owner: str, include_removed: bool = False) -> list[Subscription]:
    """Give those of *owner*, the oldest first."""
    query: Select[Any] = select(_table).where(_table.c.owner_id == owner)
    if not include_removed:
        query = query.where(_table.c.removed_at.is_(None))
    return [_subscription(row) for row in c.execute(query.order_by(_table.c.created_at, _table.c.id)).mappings()]


def standing(c: Connection, feed_id: int, template_id: str) -> Subscription | None:
    """Give the one of that feed and template that was not removed, if there is one."""
    pair = (_table.c.feed_id == feed_id, _table.c.template_id == template_id, _table.c.removed_at.is_(None))
    row = c.execute(select(_table).where(*pair)).mappings().first()
    return _subscription(row) if row is not None else None


def remove(c: Connection, subscription_id: str, *, now: datetime) -> None:
    """Let one stand no more. It is kept."""
    c.execute(update(_table).where(_table.c.id == subscription_id).values(removed_at=now))


def has_joined(c: Connection, template_id: str, feed_id: int) -> bool:
    """Tell whether a template ever took its entries from a feed."""
    joined = exists().where(template_feeds.c.template_id == template_id, template_feeds.c.feed_id == feed_id)
    return bool(c.execute(select(joined)).scalar())


def has_item(c: Connection, feed_id: int, item_id: int) -> bool:
    """Tell whether a feed has that entry."""
    there = exists().where(feed_items.c.feed_id == feed_id, feed_items.c.id == item_id)
    return bool(c.execute(select(there)).scalar())


def mark_seen(c: Connection, template_id: str, item_id: int, *, now: datetime) -> None:
    """Let a template take neither that entry nor those before it in its feed. What it did with one stays."""
    named = select(feed_items.c.feed_id, feed_items.c.ordered_at).where(feed_items.c.id == item_id)
    feed_id, ordered_at = c.execute(named).one()
    earlier = (feed_items.c.feed_id == feed_id, feed_items.c.ordered_at <= ordered_at)
    found = c.execute(select(feed_items.c.id, feed_items.c.ordered_at).where(*earlier)).all()
    seen = [row.id for row in found if (row.ordered_at, row.id) <= (ordered_at, item_id)]
    if seen:
        _SEEN.run(c, [{"template_id": template_id, "item_id": each, "status": "seen", "at": now} for each in seen])


def last_processed(c: Connection, subscriptions: Iterable[Subscription]) -> dict[str, Processed]:
    """Give the newest entry that each one's template wrote from, by the subscription's id; none where it did not."""
    found = {}
    for each in subscriptions:
        mine = (feed_items.c.feed_id == each.feed_id, item_uses.c.template_id == each.template_id)
        query = (
            select(item_uses.c.item_id, item_uses.c.at)
            .join(feed_items, feed_items.c.id == item_uses.c.item_id)
            .where(*mine, item_uses.c.status.in_(TAKEN))
            .order_by(item_uses.c.at.desc(), feed_items.c.ordered_at.desc(), item_uses.c.item_id.desc())
            .limit(1)
        )
        row = c.execute(query).first()
        if row is not None:
            found[each.id] = Processed(row.item_id, row.at)
    return found


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(
        id=row["id"],
        feed_id=row["feed_id"],
        template_id=row["template_id"],
        created_at=row["created_at"],
        removed_at=row["removed_at"],
        owner_id=row["owner_id"],
    )
