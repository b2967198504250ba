"""Series: what a template tells one after the other, and is no feed: its tips, and the rows of a table.

They are kept as feeds are, so that their items are reserved, used and given back in the same way: a series is a row of
`feeds` whose URL has a scheme of its own and which is never read as a feed. Only what was told is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from domain.material import Entry
from storage import codec, feeds
from storage.feed_users import ANEW
from storage.statements import Prepared, insert_into, owner_of
from storage.tables import feed_item_keys, feed_items, item_uses, template_feeds, templates
from storage.tables import feeds as series

CHUNK = 500  # values in one IN list
RESERVED = "reserved"

# Built once: building a statement anew, and finding that it is compiled already, takes longer than to run it.
_TOLD = (
    select(feed_item_keys.c.key, item_uses.c.status, item_uses.c.at)
    .join(series, series.c.id == feed_item_keys.c.feed_id)
    .join(
        item_uses,
        and_(item_uses.c.item_id == feed_item_keys.c.item_id, item_uses.c.template_id == bindparam("template")),
        isouter=True,
    )
    .where(
        series.c.url == bindparam("name"),
        series.c.owner_id == owner_of(templates, bindparam("template")),
        feed_item_keys.c.key.in_(bindparam("keys", expanding=True)),
    )
)
_BEGAN = select(template_feeds.c.joined_at).where(
    template_feeds.c.template_id == bindparam("template"), template_feeds.c.feed_id == bindparam("series")
)
_KNOWN = select(feed_item_keys.c.item_id).where(
    feed_item_keys.c.feed_id == bindparam("series"), feed_item_keys.c.key == bindparam("key")
)
_KEEP = insert(feed_items).returning(feed_items.c.id)
_WHOSE = select(templates.c.owner_id).where(templates.c.id == bindparam("template"))
_SEEN = Prepared(insert_into(item_uses, "template_id", "item_id", "status", "at"))
_KEY = Prepared(insert_into(feed_item_keys, "feed_id", "key", "item_id"))
_FORGET = Prepared(
    delete(item_uses).where(
        item_uses.c.template_id == bindparam("template"),
        item_uses.c.item_id == bindparam("item"),
        item_uses.c.status != RESERVED,
    )
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a template did last with an item of a series: *status* and *at* are None when it may be told as if new."""

    status: str | None
    at: datetime | None


def tips_of(template_id: str) -> str:
    """Give the name of the series of a template's tips."""
    return f"tips:{template_id}"


def rows_of(url: str) -> str:
    """Give the name of the series of the rows of the table at *url*."""
    return f"csv:{url}"


def tellings(c: Connection, name: str, template_id: str, keys: Sequence[str]) -> dict[str, Telling]:
    """Give, for each of *keys* that was ever told in the series, what the template did with it."""
    return {
        row.key: Telling(row.status, row.at)
        for start in range(0, len(keys), CHUNK)
        for row in c.execute(_TOLD, {"name": name, "template": template_id, "keys": keys[start : start + CHUNK]})
    }


def begin(c: Connection, name: str, template_id: str, *, now: datetime) -> bool:
    """Let a template begin with a series, once; tell whether the database was restored since it was added.

    What it told since the backup is not known then: restoring lets every template begin anew.
    """
    series_id = _ensure(c, name, template_id, now)[0]
    began = c.execute(_BEGAN, {"template": template_id, "series": series_id}).scalar()
    if began not in {None, ANEW}:
        return False
    feeds.JOIN.run(c, [{"template_id": template_id, "feed_id": series_id, "joined_at": now}])
    return began is not None


def pass_over(c: Connection, template_id: str, item_id: int, *, now: datetime) -> None:
    """Mark an item, taken just now, as one that the template does not tell."""
    _SEEN.run(c, [{"template_id": template_id, "item_id": item_id, "status": "seen", "at": now}])


def take(c: Connection, name: str, template_id: str, key: str, text: str, *, now: datetime) -> int:
    """Give the id of the item, kept if it is new, so that a run can reserve it: what the template did before is over.

    An item that another run has reserved stays reserved: recording the gathered material fails then.
    """
    series_id, whose = _ensure(c, name, template_id, now)
    item_id = c.execute(_KNOWN, {"series": series_id, "key": key}).scalar()
    if item_id is None:
        entry = codec.dump(Entry, Entry(key, None, "", text))
        row = {"feed_id": series_id, "owner_id": whose, "ordered_at": now, "first_seen_at": now, "entry": entry}
        item_id = c.execute(_KEEP, row).scalar_one()
        _KEY.run(c, [{"feed_id": series_id, "key": key, "item_id": item_id}])
    else:
        _FORGET.run(c, [{"template": template_id, "item": item_id}])
    return int(item_id)


def _ensure(c: Connection, name: str, template_id: str, now: datetime) -> tuple[int, str]:
    """Give the id of the series, made if it is new, and the owner that it has from the template."""
    whose: str = c.execute(_WHOSE, {"template": template_id}).scalar_one()
    return feeds.ensure(c, name, now=now, owner=whose), whose
