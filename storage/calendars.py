"""Calendars that templates follow: the last good copy of each, and how reading it goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update

from domain.calendar import CalendarRead, Span
from domain.errors import Unreadable
from domain.owner import LOCAL_OWNER
from domain.template import StoredTemplate, TemplateStatus
from storage import codec, templates
from storage.statements import Prepared, insert_or_replace
from storage.tables import calendars
from storage.tables import templates as template_rows

_COPY = ("spans", "year", "etag", "last_modified", "fetched_at", "tried_at", "failures", "last_error")
_SAVE = Prepared(insert_or_replace(calendars, "url", "owner_id", *_COPY, key=("url", "owner_id"), change=_COPY))
_SPANS = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The last good copy of a calendar: its events around *year*. *failures* counts the failed reads since then."""

    url: str
    spans: tuple[Span, ...]
    year: int
    etag: str | None
    last_modified: str | None
    fetched_at: datetime
    tried_at: datetime
    failures: int
    last_error: str | None
    owner_id: str = LOCAL_OWNER

    def due_at(self, interval: timedelta, retry: timedelta) -> datetime:
        """Give when it is to be read next: after *interval*, or after *retry* doubled with each failure up to it."""
        wait = interval if not self.failures else min(interval, retry * 2 ** min(self.failures - 1, 10))
        return self.tried_at + wait


def get_all(c: Connection, urls: Collection[str] | None = None, *, owner: str) -> dict[str, Kept]:
    """Give the owner's copies of *urls*, or all that it keeps, by URL."""
    query = select(calendars).where(calendars.c.owner_id == owner).order_by(calendars.c.url)
    found = c.execute(query if urls is None else query.where(calendars.c.url.in_(list(urls)))).mappings()
    return {row["url"]: _kept(row) for row in found}


def page(c: Connection, *, owner: str, after: str | None, limit: int) -> list[Kept]:
    """Give the owner's first *limit* copies whose URL comes behind *after*, by URL."""
    query = select(calendars).where(calendars.c.owner_id == owner).order_by(calendars.c.url).limit(limit)
    found = c.execute(query if after is None else query.where(calendars.c.url > after)).mappings()
    return [_kept(row) for row in found]


def of_everybody(c: Connection) -> list[Kept]:
    """Give the copies of every owner, by URL."""
    query = select(calendars).order_by(calendars.c.url, calendars.c.owner_id)
    return [_kept(row) for row in c.execute(query).mappings()]


def save(c: Connection, read: CalendarRead, *, now: datetime, owner: str) -> bool:
    """Keep what a read gave; tell whether its events are others than before. One that is not modified stays."""
    before = get_all(c, [read.url], owner=owner).get(read.url)
    if read.not_modified and before is not None:
        tried = {"fetched_at": now, "tried_at": now, "failures": 0, "last_error": None}
        c.execute(update(calendars).where(*_one(read.url, owner)).values(tried))
        return False
    row = {
        "url": read.url,
        "owner_id": owner,
        "spans": codec.dump(_SPANS, read.spans),
        "year": read.year,
        "etag": read.etag,
        "last_modified": read.last_modified,
        "fetched_at": now,
        "tried_at": now,
        "failures": 0,
        "last_error": None,
    }
    _SAVE.run(c, [row])
    return before is None or before.spans != read.spans


def save_failure(c: Connection, url: str, reason: str, *, now: datetime, owner: str) -> int:
    """Record a read that failed; return how many failed in a row, 0 when nobody keeps the calendar any more."""
    failed = {"failures": calendars.c.failures + 1, "last_error": reason, "tried_at": now}
    change = update(calendars).where(*_one(url, owner)).values(failed).returning(calendars.c.failures)
    return int(c.execute(change).scalar() or 0)


def remove(c: Connection, url: str, *, owner: str) -> None:
    """Forget a calendar that no template of the owner follows."""
    c.execute(delete(calendars).where(*_one(url, owner)))


def followers(c: Connection, url: str, *, owner: str) -> list[StoredTemplate]:
    """Give the owner's templates that follow the calendar at *url* and are not deleted, as far as they can be read."""
    mentioning = select(template_rows.c.id).where(
        template_rows.c.owner_id == owner,
        template_rows.c.status != TemplateStatus.DELETED.value,
        template_rows.c.definition.contains(codec.dump(str, url), autoescape=True),
    )
    found = []
    for template_id in c.execute(mentioning).scalars().all():
        try:
            stored = templates.get(c, template_id)
        except Unreadable:
            continue
        closures = stored.template.schedule.closures
        if closures is not None and any(each.url == url for each in closures.calendars):
            found.append(stored)
    return found


def _one(url: str, owner: str) -> tuple[ColumnElement[bool], ...]:
    return (calendars.c.url == url, calendars.c.owner_id == owner)


def _kept(row: RowMapping) -> Kept:
    return Kept(
        url=row["url"],
        spans=codec.load(_SPANS, row["spans"]),
        year=row["year"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        fetched_at=row["fetched_at"],
        tried_at=row["tried_at"],
        failures=row["failures"],
        last_error=row["last_error"],
        owner_id=row["owner_id"],
    )
