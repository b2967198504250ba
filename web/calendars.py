"""Reading the calendars that a template document names, before it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from domain.calendar import CalendarRead
from domain.errors import FieldError, InvalidInput, SourceError
from scheduler.calendar_reading import ReadCalendar, read_again
from scheduler.operations import calendar_copies
from scheduler.operations.joined import Joined
from storage.calendars import Kept
from web.call import Call

log = structlog.get_logger(__name__)

MOST = 100  # calendars that are read for one call
AT_ONCE = 8  # of them at the same time


async def fetched(call: Call, *documents: Mapping[str, Any]) -> list[CalendarRead]:
    """Read the calendars that *documents* name, those of which there is no copy or an old one.

    Raises InvalidInput naming each that cannot be read, unless there is a copy: that counts on. Nothing is read where
    there are too many.
    """
    urls = calendar_copies.urls_in(documents)
    reader = call.parts.read_calendar
    if not urls or reader is None:
        return []
    if len(urls) > MOST:  # before a template document is looked at for how many it may name
        reason = f"names {len(urls)} calendars; at most {MOST} may be named in one call"
        raise InvalidInput([FieldError("schedule.exclude_dates", reason)])
    wanted = await call.read(lambda c: calendar_copies.stale(Joined(c), urls, call.now, owner=call.owner))
    found = await read_some(reader, wanted, call)
    problems = [
        FieldError("schedule.exclude_dates", f"{url}: {each.reason}")
        for (url, kept), each in zip(wanted.items(), found, strict=True)
        if isinstance(each, SourceError) and kept is None
    ]
    if problems:
        raise InvalidInput(problems)
    return [each for each in found if isinstance(each, CalendarRead)]


async def read_some(
    reader: ReadCalendar, wanted: Mapping[str, Kept | None], call: Call
) -> list[CalendarRead | SourceError]:
    """Read those calendars again, a few at a time; give in their order what was read, or why it cannot be."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(url: str, kept: Kept | None) -> CalendarRead | SourceError:
        async with room:
            return await read_one(reader, url, kept, call)

    return await asyncio.gather(*(one(url, kept) for url, kept in wanted.items()))


async def read_one(reader: ReadCalendar, url: str, kept: Kept | None, call: Call) -> CalendarRead | SourceError:
    """Read the calendar at *url* again; give why it cannot be read, where it cannot."""
    try:
        return await read_again(reader, url, kept, call.now)
    except SourceError as error:
        log.warning("calendar.unread", error=str(error))
        return error
