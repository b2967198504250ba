"""What the log is told of feeds and calendars: no address, for a private one is itself the secret."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from domain.calendar import CalendarRead
from domain.owner import LOCAL_OWNER
from domain.schedule import CalendarDates, ClockTimes, Closures, Schedule
from domain.template import FeedSource, Sources
from scheduler.calendar_reading import CalendarReading, ReadCalendar
from scheduler.feed_reading import FeedReading
from scheduler.operations import calendar_copies
from storage import feeds
from storage.database import Database
from tests.integration.scheduler_house import NOW, House
from tests.integration.storage_values import running

PRIVATE = "https://reader:word@private.example/s3cret/basic?key=s3cret"
HOST = "private.example"
TODAY = ((NOW.date().isoformat(), (NOW.date() + timedelta(days=1)).isoformat()),)


async def broken(url: str, **_: object) -> NoReturn:
    raise ValueError("it stumbled")


async def changed(url: str, *, now: datetime, **_: object) -> CalendarRead:
    return CalendarRead(url, TODAY, now.year, "v2")


@pytest.mark.parametrize(("read", "event"), [(broken, "calendar.error"), (changed, "calendar.changed")])
def test_a_calendar_is_logged_by_its_host(database: Database, read: ReadCalendar, event: str) -> None:
    house = House(database)
    closures = Closures("UTC", calendars=(CalendarDates(PRIVATE, frozenset()),))
    house.template(schedule=Schedule(ClockTimes((NOW.time(),), "UTC"), closures=closures))
    with database.write() as c:
        calendar_copies.keep(c, [CalendarRead(PRIVATE, (), NOW.year, "v1")], now=NOW, owner=LOCAL_OWNER)
    house.clock.advance(hours=6)

    async def refresh() -> None:
        with running(database) as writer:
            await CalendarReading(writer=writer, read_calendar=read, clock=house.clock).refresh_due(house.clock())

    with capture_logs() as told:
        asyncio.run(refresh())

    assert [(each["event"], each["host"]) for each in told] == [(event, HOST)]
    assert "s3cret" not in str(told)


def test_a_feed_that_trips_the_program_up_is_logged_by_its_number_and_host(database: Database) -> None:
    house = House(database)
    house.template(sources=Sources(feeds=(FeedSource(PRIVATE),)))
    with database.write() as c:
        feed_id = feeds.ensure(c, PRIVATE, now=NOW, owner=LOCAL_OWNER)

    async def refresh() -> None:
        with running(database) as writer:
            await FeedReading(writer=writer, read_feed=broken, clock=house.clock).refresh_due(timedelta(hours=1))

    with capture_logs() as told:
        asyncio.run(refresh())

    assert [(each["event"], each["feed"], each["host"]) for each in told] == [("feed.error", feed_id, HOST)]
    assert "s3cret" not in str(told)
