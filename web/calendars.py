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


async def fetched(call: Call, *documents: Mapping[str, Any]) -> list[CalendarRead]:
    """Read the calendars that *documents* name, those of which there is no copy or an old one.

    Raises InvalidInput naming each that cannot be read, unless there is a copy: that counts on.
    """
    urls = calendar_copies.urls_in(documents)
    reader = call.parts.read_calendar
    if not urls or reader is None:
        return []
    wanted = await call.read(lambda c: calendar_copies.stale(Joined(c), urls, call.now, owner=call.owner))
    found = await asyncio.gather(*(read_one(reader, url, kept, call) for url, kept in wanted.items()))
    problems = [
        FieldError("schedule.exclude_dates", f"{url}: {each.reason}")
        for (url, kept), each in zip(wanted.items(), found, strict=True)
        if isinstance(each, SourceError) and kept is None
    ]
    if problems:
        raise InvalidInput(problems)
    return [each for each in found if isinstance(each, CalendarRead)]


async def read_one(reader: ReadCalendar, url: str, kept: Kept | None, call: Call) -> CalendarRead | SourceError:
    """Read the calendar at *url* again; give why it cannot be read, where it cannot."""
    try:
        return await read_again(reader, url, kept, call.now)
    except SourceError as error:
        log.warning("calendar.unread", error=str(error))
        return error
