"""Reading the calendars that template documents name, before they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from commands import wiring
from commands.reading import reading
from domain.calendar import CalendarRead
from domain.errors import FieldError, InvalidInput, SourceError
from scheduler.operations import calendar_copies
from settings import Settings
from storage.calendars import Kept
from storage.database import Database

if TYPE_CHECKING:
    from scheduler.calendar_reading import ReadCalendar


def fetched(settings: Settings, database: Database, documents: Iterable[Mapping[str, Any]]) -> list[CalendarRead]:
    """Read the calendars that *documents* name, those of which there is no copy or an old one.

    Raises InvalidInput naming each that cannot be read, unless there is a copy: that counts on, with a warning.
    """
    wanted = calendar_copies.stale(database, calendar_copies.urls_in(documents), wiring.now())
    return read(settings, wanted) if wanted else []


def read(settings: Settings, wanted: Mapping[str, Kept | None]) -> list[CalendarRead]:
    """Read the calendars *wanted*, each with the copy that is kept of it. Raises as `fetched` does."""
    reads: list[CalendarRead] = []
    problems: list[FieldError] = []
    for url, found in asyncio.run(_read_all(settings, wanted)).items():
        if isinstance(found, CalendarRead):
            reads.append(found)
        elif wanted[url] is None:
            problems.append(FieldError("schedule.exclude_dates", f"{url}: {found.reason}"))
        else:
            click.echo(f"Warning: {url}: {found.reason}; its last good copy counts", err=True)
    if problems:
        raise InvalidInput(problems)
    return reads


@asynccontextmanager
async def calendar_reader(settings: Settings) -> AsyncIterator[ReadCalendar]:
    """Give a reader of calendars behind the guarded client."""
    from sources.calendar import read_calendar

    async with reading(settings) as (client, pool):
        yield partial(read_calendar, client=client, offload=pool)


async def _read_all(settings: Settings, wanted: Mapping[str, Kept | None]) -> dict[str, CalendarRead | SourceError]:
    from scheduler.calendar_reading import read_again

    async with calendar_reader(settings) as reader:

        async def one(url: str, kept: Kept | None) -> CalendarRead | SourceError:
            try:
                return await read_again(reader, url, kept, wiring.now())
            except SourceError as error:
                return error

        found = await asyncio.gather(*(one(url, kept) for url, kept in wanted.items()))
    return dict(zip(wanted, found, strict=True))
