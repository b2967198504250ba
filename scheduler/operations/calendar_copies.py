"""Keeping copies of calendars: one that has changed counts at once for every template that follows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection

from domain.calendar import CalendarRead, touched
from domain.errors import NotFound
from domain.owner import LOCAL_OWNER
from domain.schedule import CalendarDates
from domain.template import StoredTemplate
from domain.template_document import calendar_url
from domain.template_document.schedule import ReadCalendar
from scheduler.operations.reclosing import reclose
from storage import calendars
from storage.calendars import Kept
from storage.database import Database

READ_EVERY = timedelta(hours=6)
RETRY = timedelta(minutes=15)  # after a failure; doubled with each, up to READ_EVERY


@dataclass(frozen=True, slots=True)
class Followed:
    """A calendar and the names of the templates that follow it."""

    kept: Kept
    templates: tuple[str, ...]


def urls_in(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give the URLs of the calendars that template documents exclude, each once."""
    found: dict[str, None] = {}
    for document in documents:
        schedule = document.get("schedule")
        table = schedule if isinstance(schedule, Mapping) else {}
        for name in ("exclude_dates", "excludeDates"):
            entries = table.get(name)
            texts = [each for each in entries if isinstance(each, str)] if isinstance(entries, list) else []
            found.update(dict.fromkeys(url for text in texts if (url := calendar_url(text))))
    return list(found)


def stale(
    database: Database, urls: Collection[str], now: datetime, *, owner: str = LOCAL_OWNER
) -> dict[str, Kept | None]:
    """Give those of *urls* that are to be read now, each with the copy that the owner has of it."""
    if not urls:
        return {}
    with database.read() as connection:
        kept = calendars.get_all(connection, urls, owner=owner)
    return {url: kept.get(url) for url in urls if url not in kept or is_due(kept[url], now)}


def is_due(kept: Kept, now: datetime) -> bool:
    """Tell whether a calendar is to be read again: its time has come, or its copy is around another year."""
    ahead = kept.tried_at > now  # by a clock that ran ahead
    return ahead or kept.due_at(READ_EVERY, RETRY) <= now or (kept.year != now.year and not kept.failures)


def keep(
    connection: Connection, reads: Iterable[CalendarRead], *, now: datetime, owner: str = LOCAL_OWNER
) -> list[str]:
    """Keep what reads gave, and let the owner's templates follow; give the names of those whose dates have changed."""
    changed: list[str] = []
    for read in reads:
        if calendars.save(connection, read, now=now, owner=owner):
            changed += _follow(connection, read, now, owner)
    return changed


def stored_dates(connection: Connection, *, owner: str) -> ReadCalendar:
    """Give a function that finds a calendar's dates in the owner's stored copy, for `parse`."""

    @cache  # a thousand files may name one calendar
    def read(url: str, zone: str) -> Collection[date]:
        kept = calendars.get_all(connection, [url], owner=owner).get(url)
        if kept is None:
            raise ValueError("it was not read yet; use `ostinato template add` or `apply` where it can be reached")
        return touched(kept.spans, zone)

    return read


def list_all(database: Database, *, owner: str = LOCAL_OWNER) -> list[Followed]:
    """Give the calendars that the owner keeps, by URL."""
    with database.read() as connection:
        return [_followed(connection, kept) for kept in calendars.get_all(connection, owner=owner).values()]


def page(database: Database, *, owner: str, after: str | None, limit: int) -> list[Followed]:
    """Give the owner's first *limit* calendars whose URL comes behind *after*."""
    with database.read() as connection:
        found = calendars.page(connection, owner=owner, after=after, limit=limit)
        return [_followed(connection, kept) for kept in found]


def wanted(database: Database, url: str | None, *, owner: str = LOCAL_OWNER) -> dict[str, Kept]:
    """Give the owner's copies by URL: all, or that of the calendar at *url*. Raises NotFound."""
    with database.read() as connection:
        found = calendars.get_all(connection, None if url is None else [url], owner=owner)
    if url is not None and not found:
        raise NotFound("calendar", url, "`ostinato calendar list` shows those there are")
    return found


def _followed(connection: Connection, kept: Kept) -> Followed:
    return Followed(kept, tuple(sorted(each.template.name for each in _followers(connection, kept))))


def _followers(connection: Connection, kept: Kept) -> list[StoredTemplate]:
    return calendars.followers(connection, kept.url, owner=kept.owner_id)


def _follow(connection: Connection, read: CalendarRead, now: datetime, owner: str) -> Sequence[str]:
    names = []
    for stored in calendars.followers(connection, read.url, owner=owner):
        schedule = stored.template.schedule
        assert schedule.closures is not None
        theirs = CalendarDates(read.url, touched(read.spans, schedule.closures.timezone))
        followed = tuple(theirs if each.url == read.url else each for each in schedule.closures.calendars)
        if followed == schedule.closures.calendars:
            continue
        closures = replace(schedule.closures, calendars=followed)
        template = replace(stored.template, schedule=replace(schedule, closures=closures))
        reclose(connection, stored, template, now=now)
        names.append(template.name)
    return names
