"""Keeping calendars fresh: a conditional read every few hours, and the last good copy where one fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from domain.calendar import CalendarRead
from domain.errors import SourceError
from domain.event import EventType, NewEvent
from scheduler.ids import new_id
from scheduler.operations import calendar_copies
from storage import calendars, events
from storage.calendars import Kept
from storage.writer import Writer

log = structlog.get_logger(__name__)

FAILING_AFTER = 3  # consecutive failed reads before somebody is told


class ReadCalendar(Protocol):
    """Reads a calendar; conditionally, when its validators are given. Raises SourceError."""

    def __call__(
        self, url: str, *, now: datetime, etag: str | None, last_modified: str | None
    ) -> Awaitable[CalendarRead]: ...


async def read_again(read_calendar: ReadCalendar, url: str, kept: Kept | None, now: datetime) -> CalendarRead:
    """Read a calendar of which *kept* is the copy: in full when that is around another year. Raises SourceError."""
    current = kept if kept is not None and kept.year == now.year else None
    etag, last_modified = (current.etag, current.last_modified) if current else (None, None)
    return await read_calendar(url, now=now, etag=etag, last_modified=last_modified)


class CalendarReading:
    """Reads the calendars that templates follow. The log names their hosts alone: a private address is a secret."""

    def __init__(self, *, writer: Writer, read_calendar: ReadCalendar, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._read_calendar = read_calendar
        self._clock = clock

    async def refresh_due(self, now: datetime) -> None:
        """Read the calendars that are due, and forget those that no template follows any more."""
        for kept in await self._writer.call(lambda c: _due(c, now)):
            await self._refresh(kept)

    async def _refresh(self, kept: Kept) -> None:
        """Read one; nobody waits for it, and one that trips us up does not stop the others."""
        try:
            read = await read_again(self._read_calendar, kept.url, kept, self._clock())
            changed = await self._writer.call(
                lambda c: calendar_copies.keep(c, [read], now=self._clock(), owner=kept.owner_id)
            )
        except SourceError as error:
            reason = error.reason
        except Exception as error:
            log.exception("calendar.error", host=_host(kept))
            reason = f"{type(error).__name__}: {error}"
        else:
            if changed:
                log.info("calendar.changed", host=_host(kept), templates=changed)
            return
        await self._writer.call(partial(_record_failure, kept=kept, reason=reason, now=self._clock()))


def _host(kept: Kept) -> str | None:
    return urlsplit(kept.url).hostname


def _due(connection: Connection, now: datetime) -> list[Kept]:
    due = []
    for kept in calendars.of_everybody(connection):
        if not calendar_copies.is_due(kept, now):
            continue
        if calendars.followers(connection, kept.url, owner=kept.owner_id):
            due.append(kept)
        else:
            calendars.remove(connection, kept.url, owner=kept.owner_id)
    return due


def _record_failure(connection: Connection, *, kept: Kept, reason: str, now: datetime) -> None:
    if calendars.save_failure(connection, kept.url, reason, now=now, owner=kept.owner_id) == FAILING_AFTER:
        told = {"url": kept.url, "failures": FAILING_AFTER, "error": reason, "copyOf": kept.fetched_at.isoformat()}
        data = {"calendar": told}
        event = NewEvent(new_id(), EventType.CALENDAR_FAILING, now, data, owner_id=kept.owner_id)
        events.record(connection, [event])
