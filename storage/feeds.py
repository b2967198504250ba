"""Feeds, the entries they ever showed, and which of them each template has used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from domain.errors import Conflict, NotFound
from domain.material import Entry, FeedRead
from domain.owner import LOCAL_OWNER
from domain.template import Backlog
from storage import codec, feed_users
from storage.feed_identity import identities
from storage.feed_users import ANEW
from storage.statements import Prepared, insert_or_nothing, insert_or_replace, owner_of
from storage.tables import feed_item_keys, feed_items, feeds, item_uses, template_feeds, templates

_ID = select(feeds.c.id).where(feeds.c.url == bindparam("feed_url"), feeds.c.owner_id == bindparam("whose"))
_ENSURE = Prepared(insert_or_nothing(feeds, "url", "owner_id", "title", "created_at"))
_KEYS = Prepared(insert_or_nothing(feed_item_keys, "feed_id", "key", "item_id"))
_SEEN = Prepared(insert_or_nothing(item_uses, "template_id", "item_id", "status", "at"))
JOIN = Prepared(
    insert_or_replace(
        template_feeds,
        *("template_id", "feed_id", "joined_at"),
        key=("template_id", "feed_id", "owner_id"),
        change=("joined_at",),
    )
)
IS_FEED = feeds.c.url.startswith("http")  # the other rows are series, whose names have schemes of their own
EXPIRED_LIMIT = 1000  # items a run sets aside at most; the next one goes on
CHUNK = 500  # values in one IN list


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and how its last reads went. *failures* counts those in a row; *fetched_at* is the last that succeeded."""

    id: int
    url: str
    title: str
    etag: str | None
    last_modified: str | None
    fetched_at: datetime | None
    failures: int
    last_error: str | None
    owner_id: str = LOCAL_OWNER


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as it is stored, with its feed."""

    id: int
    feed_url: str
    feed_title: str
    entry: Entry


def ensure(c: Connection, url: str, *, now: datetime, owner: str) -> int:
    """Give the id of the owner's feed at *url*, made if it is new."""
    asked = {"feed_url": url, "whose": owner}
    feed_id = c.execute(_ID, asked).scalar()
    if feed_id is None:
        _ENSURE.run(c, [{"url": url, "owner_id": owner, "title": "", "created_at": now}])
        feed_id = c.execute(_ID, asked).scalar_one()
    return int(feed_id)


def get(c: Connection, id_or_url: int | str) -> Feed:
    """Give the feed of that number, whoever has it, or the one at that URL that `local` has. Raises NotFound."""
    found = and_(feeds.c.url == str(id_or_url), feeds.c.owner_id == LOCAL_OWNER)
    if str(id_or_url).isdecimal():
        found = feeds.c.id == int(id_or_url)
    row = c.execute(select(feeds).where(found, IS_FEED)).mappings().first()
    if row is None:
        raise NotFound("feed", str(id_or_url), "`ostinato feed list` shows those there are")
    return from_row(row)


def list_feeds(c: Connection, *, owner: str | None = None) -> list[Feed]:
    """Give the feeds of *owner*, or with None of everybody, in the order of their making."""
    query = select(feeds).where(IS_FEED).order_by(feeds.c.id)
    query = query if owner is None else query.where(feeds.c.owner_id == owner)
    return [from_row(row) for row in c.execute(query).mappings()]


def due_feeds(c: Connection, now: datetime, interval: timedelta) -> list[Feed]:
    """Give the feeds not tried within *interval*, the longest ago first; a failing one waits up to a day.

    One that was tried later than *now* was tried by a clock that ran ahead.
    """
    waited = select(feeds).where(IS_FEED).order_by(feeds.c.tried_at.is_not(None), feeds.c.tried_at, feeds.c.id)
    return [
        from_row(row)
        for row in c.execute(waited).mappings()
        if row["tried_at"] is None or not row["tried_at"] <= now < row["tried_at"] + _wait(row["failures"], interval)
    ]


def remove(c: Connection, feed_id: int) -> None:
    """Remove a feed with all its entries. Raises NotFound, or Conflict when a template that is not deleted uses it."""
    feed = get(c, feed_id)
    using = feed_users.names(c, feed.url, owner=feed.owner_id)
    if using:
        users = ", ".join(repr(name) for name in using)
        raise Conflict(f"feed {feed.url} is used by {users}; delete the template or take the feed out of it first")
    c.execute(delete(feeds).where(feeds.c.id == feed_id))


def save_read(c: Connection, feed_id: int, read: FeedRead, *, now: datetime) -> int:
    """Keep what a read gave; return how many entries were new.

    An entry is one that is known when its guid, or its canonical link, or its title and text match one that was ever
    seen in this feed; then its newest version is kept in the old one's place. So what is edited, re-dated, re-ordered,
    renamed, or comes back after months, never counts twice.
    """
    change: dict[str, Any] = {"fetched_at": now, "tried_at": now, "failures": 0, "last_error": None}
    if not read.not_modified:
        change |= {"etag": read.etag, "last_modified": read.last_modified, "site_url": read.site_url}
        change |= {"title": read.title} if read.title else {}
    c.execute(update(feeds).where(feeds.c.id == feed_id).values(change))
    # Feeds list the newest first: from the end, ids grow with age's end, and undated entries keep their order.
    entries = list(reversed(read.entries))
    keys = identities(entries)
    known = _known(c, feed_id, [key for mine in keys for key in mine])
    new = 0
    for entry, mine in zip(entries, keys, strict=True):
        item_id = next((known[key] for key in mine if key in known), None)
        if item_id is None:
            item_id = _insert(c, feed_id, entry, now)
            new += 1
        else:
            _refresh(c, item_id, entry)
        fresh = [key for key in mine if key not in known]
        known.update(dict.fromkeys(fresh, item_id))
        if fresh:
            _KEYS.run(c, [{"feed_id": feed_id, "key": key, "item_id": item_id} for key in fresh])
    return new


def save_failure(c: Connection, feed_id: int, reason: str, *, now: datetime) -> int:
    """Record a read that failed; return how many failed in a row. Raises NotFound."""
    failed = {"failures": feeds.c.failures + 1, "last_error": reason, "tried_at": now}
    change = update(feeds).where(feeds.c.id == feed_id).values(failed).returning(feeds.c.failures)
    failures = c.execute(change).scalar()
    if failures is None:
        raise NotFound("feed", str(feed_id), "`ostinato feed list` shows those there are")
    return int(failures)


def join(c: Connection, template_id: str, feed_id: int, backlog: Backlog, *, now: datetime) -> None:
    """Let a template take its items from a feed. Joining again changes nothing.

    What the feed holds at that moment is marked as seen: all of it (NONE), all but the newest (LATEST), nothing (ALL).
    A feed that was never read yet is not joined: there is nothing to mark, and all of its first read would look new.
    Read it (`save_read`) and join again. A template that joins anew after a restore takes nothing, whatever *backlog*.
    """
    mine = and_(template_feeds.c.feed_id == feeds.c.id, template_feeds.c.template_id == template_id)
    stands = select(feeds.c.fetched_at, template_feeds.c.joined_at).join_from(feeds, template_feeds, mine, isouter=True)
    found = c.execute(stands.where(feeds.c.id == feed_id)).first()
    if found is None or found.fetched_at is None or found.joined_at not in {None, ANEW}:
        return
    JOIN.run(c, [{"template_id": template_id, "feed_id": feed_id, "joined_at": now}])
    backlog = backlog if found.joined_at is None else Backlog.NONE
    there = list(c.execute(_queue(feed_items.c.id).where(feed_items.c.feed_id == feed_id)).scalars())
    seen = {Backlog.NONE: there, Backlog.LATEST: there[:-1], Backlog.ALL: []}[backlog]
    if seen:
        _SEEN.run(c, [{"template_id": template_id, "item_id": item, "status": "seen", "at": now} for item in seen])


def join_anew(c: Connection, template_id: str, names: Sequence[str], *, now: datetime) -> None:
    """Let a template join these feeds or series anew, and take nothing of what they hold at that moment."""
    whose: str = c.execute(select(templates.c.owner_id).where(templates.c.id == template_id)).scalar_one()
    ids = [ensure(c, name, now=now, owner=whose) for name in names]
    JOIN.run(c, [{"template_id": template_id, "feed_id": each, "joined_at": ANEW} for each in ids])


def waiting_items(
    c: Connection, template_id: str, feed_ids: Sequence[int], limit: int, *, since: datetime | None = None
) -> list[Item]:
    """Give the items of these feeds that the template has not used, the oldest first; the rest stays for later.

    Feeds that the template has not joined give none, nor does what is older than *since*. An item is as old as its date
    of publication, or as its first sighting when it has none.
    """
    fresh = () if since is None else (feed_items.c.ordered_at >= since,)
    return _unused(c, template_id, feed_ids, limit, *fresh)


def expired_items(c: Connection, template_id: str, feed_ids: Sequence[int], since: datetime) -> list[Item]:
    """Give the items of these feeds that the template has not used and that are older than *since*, at most 1,000."""
    return _unused(c, template_id, feed_ids, EXPIRED_LIMIT, feed_items.c.ordered_at < since)


def _unused(
    c: Connection, template_id: str, feed_ids: Sequence[int], limit: int, *conditions: ColumnElement[bool]
) -> list[Item]:
    used = exists().where(item_uses.c.template_id == template_id, item_uses.c.item_id == feed_items.c.id)
    joined = and_(
        template_feeds.c.feed_id == feed_items.c.feed_id,
        template_feeds.c.template_id == template_id,
        template_feeds.c.joined_at != ANEW,
    )
    query = (
        _queue(feed_items.c.id, feeds.c.url, feeds.c.title, feed_items.c.entry)
        .join_from(feed_items, feeds, feeds.c.id == feed_items.c.feed_id)
        .join(template_feeds, joined)
        .where(feed_items.c.feed_id.in_(list(feed_ids)), ~used, *conditions)
        .limit(limit)
    )
    return [Item(item, url, title, codec.load(Entry, entry)) for item, url, title, entry in c.execute(query)]


def _queue(*columns: Any) -> Any:
    return select(*columns).order_by(feed_items.c.ordered_at, feed_items.c.id)


def _known(c: Connection, feed_id: int, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), CHUNK):
        mine = (feed_item_keys.c.feed_id == feed_id, feed_item_keys.c.key.in_(keys[start : start + CHUNK]))
        query = select(feed_item_keys.c.key, feed_item_keys.c.item_id).where(*mine)
        found.update({row.key: row.item_id for row in c.execute(query)})
    return found


def _insert(c: Connection, feed_id: int, entry: Entry, now: datetime) -> int:
    # A date in the future would put an entry behind all that come until then.
    ordered_at = min(entry.published_at or now, now)
    row = {"feed_id": feed_id, "ordered_at": ordered_at, "first_seen_at": now, "entry": codec.dump(Entry, entry)}
    whose = owner_of(feeds, literal(feed_id))
    return int(c.execute(insert(feed_items).values(**row, owner_id=whose).returning(feed_items.c.id)).scalar_one())


def _refresh(c: Connection, item_id: int, entry: Entry) -> None:
    document = codec.dump(Entry, entry)
    changed = (feed_items.c.id == item_id, feed_items.c.entry != literal(document))
    c.execute(update(feed_items).where(*changed).values(entry=document))


def _wait(failures: int, interval: timedelta) -> timedelta:
    doubled: timedelta = interval * 2 ** min(failures, 10)
    return min(doubled, max(interval, timedelta(days=1)))


def from_row(row: RowMapping) -> Feed:
    """Give the feed that stands in a row of the table."""
    return Feed(
        id=row["id"],
        url=row["url"],
        title=row["title"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        fetched_at=row["fetched_at"],
        failures=row["failures"],
        last_error=row["last_error"],
        owner_id=row["owner_id"],
    )
