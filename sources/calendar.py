"""Calendars at URLs: fetched here, taken apart in a process of their own."""

from __future__ import annotations

from datetime import datetime

import httpx

from domain.calendar import CalendarRead
from domain.errors import SourceError
from domain.protocols import Offload
from sources.fetch import fetch
from sources.offloaded import NotACalendar, parse_calendar

SIZE_LIMIT = 1024 * 1024  # bytes
BEFORE, AFTER = 1, 5  # years around the present one whose events are kept: a plan looks three years ahead


async def read_calendar(
    url: str,
    *,
    client: httpx.AsyncClient,
    offload: Offload,
    now: datetime,
    etag: str | None = None,
    last_modified: str | None = None,
) -> CalendarRead:
    """Read the calendar at *url*; with the last read's *etag* and *last_modified* an unchanged one is `not_modified`.

    Raises SourceError when it cannot be had, is larger than 1 MiB or is no calendar.
    """
    fetched = await fetch(
        client,
        url,
        etag=etag,
        last_modified=last_modified,
        limit_bytes=SIZE_LIMIT,
        accept="text/calendar, */*;q=0.5",
    )
    if fetched.not_modified:
        return CalendarRead(
            url, (), now.year, fetched.etag or etag, fetched.last_modified or last_modified, not_modified=True
        )
    try:
        spans = await offload(parse_calendar, fetched.body, (now.year - BEFORE, now.year + AFTER))
    except NotACalendar as error:
        raise SourceError(url, str(error)) from error
    except TimeoutError as error:
        raise SourceError(url, "the calendar took too long to take apart") from error
    except MemoryError as error:
        raise SourceError(url, "the calendar needed too much memory to take apart") from error
    return CalendarRead(url, spans, now.year, fetched.etag, fetched.last_modified)
