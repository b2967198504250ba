"""What a feed holds, and what became of each entry in the templates that read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, select, tuple_

from domain.material import Entry
from storage import codec
from storage.tables import feed_items, item_uses, templates


@dataclass(frozen=True, slots=True)
class Use:
    """What one template did with an entry: `seen`, `reserved`, `used`, `spent` or `expired`, and for which run."""

    template: str
    status: str
    run_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of a feed, *dated* when it was published or first seen, and what the templates that took it did."""

    id: int
    entry: Entry
    dated: datetime
    uses: tuple[Use, ...]


def newest(c: Connection, feed_id: int, limit: int, *, before: tuple[datetime, int] | None = None) -> list[Held]:
    """Give the newest entries of a feed, the newest first, each with what templates did with it.

    With *before*, when an entry is dated and its id, those that come behind it.
    """
    queue = select(feed_items.c.id, feed_items.c.entry, feed_items.c.ordered_at).where(feed_items.c.feed_id == feed_id)
    if before is not None:
        queue = queue.where(tuple_(feed_items.c.ordered_at, feed_items.c.id) < tuple_(*_typed(before)))
    found = c.execute(queue.order_by(feed_items.c.ordered_at.desc(), feed_items.c.id.desc()).limit(limit)).all()
    uses: dict[int, list[Use]] = defaultdict(list)
    used = (
        select(item_uses.c.item_id, templates.c.name, item_uses.c.status, item_uses.c.run_id, item_uses.c.at)
        .join(templates, templates.c.id == item_uses.c.template_id)
        .where(item_uses.c.item_id.in_([row.id for row in found]))
        .order_by(templates.c.name, item_uses.c.at)
    )
    for item_id, *use in c.execute(used):
        uses[item_id].append(Use(*use))
    return [Held(row.id, codec.load(Entry, row.entry), row.ordered_at, tuple(uses[row.id])) for row in found]


def _typed(place: tuple[datetime, int]) -> list[object]:
    columns = (feed_items.c.ordered_at, feed_items.c.id)
    return [literal(value, column.type) for value, column in zip(place, columns, strict=True)]
