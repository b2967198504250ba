"""Telling the summary of the day once, however often the daemon is restarted, and pinging when it balances."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, func, select

from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, RunStatus, Trigger
from domain.template import TemplateStatus
from scheduler.digest import UNPLANNED, Summary, Tally, as_data, bounds, day_to_tell, summarise, told_at
from storage import events, installation
from storage.database import Database
from storage.tables import constant, runs, slot_gaps, templates
from storage.tables import events as recorded
from storage.writer import Writer

log = structlog.get_logger(__name__)

PLANNER_WITHIN = timedelta(minutes=10)  # how long the summary waits for slots that are not planned yet
LOOK_AGAIN = timedelta(seconds=5)
PING_AGAIN = timedelta(minutes=5)
BALANCED_YET = timedelta(minutes=15)  # between looks whether a day that was told as open has come to its end


class Digest:
    """Tells the newest day whose time has come. *ping* says whether it was answered."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        at: time,
        zone: ZoneInfo,
        ping: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._database = database
        self._writer = writer
        self._at = at
        self._zone = zone
        self._ping = ping
        self._waiting: tuple[date, datetime] | None = None  # for the planner: about which day, and since when
        self._done: date | None = None

    async def beat(self, now: datetime) -> datetime:
        """Tell what is due at *now*; give when to be asked again."""
        day = day_to_tell(now, self._at, self._zone)
        if day != self._done:
            told = await self._tell(day, now)
            if told is None:
                return now + LOOK_AGAIN
            if self._ping is not None:
                if not told["balanced"] and not await asyncio.to_thread(self._balances, day):
                    return min(now + BALANCED_YET, told_at(day + timedelta(days=1), self._at, self._zone))
                if not await self._ping():
                    return now + PING_AGAIN
            self._done = day
        return told_at(day + timedelta(days=1), self._at, self._zone)

    async def _tell(self, day: date, now: datetime) -> dict[str, Any] | None:
        """Give what was told about *day*, now or earlier; None while it waits for the planner."""
        event_id = await self._event_id(day)
        found = await asyncio.to_thread(self._read, event_id, day)
        if not isinstance(found, Summary):
            return found
        if found.open.get(UNPLANNED) and self._may_wait(day, now):
            return None
        event = NewEvent(event_id, EventType.DAY_SUMMARY, now, as_data(found, day, self._zone))
        told = await self._writer.call(lambda c: _record_once(c, event))
        log.info("day.summary", day=day.isoformat(), text=told["text"], balanced=told["balanced"])
        return told

    def _may_wait(self, day: date, now: datetime) -> bool:
        if self._waiting is None or self._waiting[0] != day:
            self._waiting = (day, now)
        return now - self._waiting[1] < PLANNER_WITHIN

    async def _event_id(self, day: date) -> str:
        """Give the id that this installation's summary of *day* has, whoever makes it: the key refuses a second."""
        install = await self._writer.call(installation.install_id)
        return str(uuid5(NAMESPACE_OID, f"ostinato {install} day.summary {day.isoformat()}"))

    def _balances(self, day: date) -> bool:
        """Say whether what was open when *day* was told has ended by now."""
        with self._database.read() as connection:
            return read_summary(connection, *bounds(day, self._zone)).balanced

    def _read(self, event_id: str, day: date) -> dict[str, Any] | Summary:
        """Give what was told about *day* already, or what there is to tell."""
        with self._database.read() as connection:
            return _known(connection, event_id) or read_summary(connection, *bounds(day, self._zone))


def read_summary(c: Connection, start: datetime, end: datetime) -> Summary:
    """Sum up what SQL holds about the slots from *start* until before *end*. Reads all runs: for once a day."""
    planned = (runs.c.slot_at >= start, runs.c.slot_at < end, runs.c.trigger == Trigger.SCHEDULE.value)
    by_end = select(runs.c.status, runs.c.reason, func.count()).where(*planned).group_by(runs.c.status, runs.c.reason)
    tallies = [Tally(RunStatus(s), Reason(reason) if reason else None, n) for s, reason, n in c.execute(by_end)]
    touching = select(slot_gaps).where(slot_gaps.c.start_at < end, slot_gaps.c.end_at >= start)
    gaps = [
        Gap(row["template_id"], row["start_at"], row["end_at"], row["slots"], Reason(row["reason"]))
        for row in c.execute(touching).mappings()
    ]
    overdue = select(func.count()).where(
        templates.c.status == constant(TemplateStatus.ACTIVE), templates.c.next_slot_at < end
    )
    return summarise(start, end, tallies, gaps, int(c.execute(overdue).scalar_one()))


def _record_once(c: Connection, event: NewEvent) -> dict[str, Any]:
    """Record *event* unless it is there; give what is told."""
    known = _known(c, event.id)
    if known is None:
        events.record(c, [event])
    return event.data if known is None else known


def _known(c: Connection, event_id: str) -> dict[str, Any] | None:
    text = c.execute(select(recorded.c.data).where(recorded.c.id == event_id)).scalar()
    return None if text is None else dict(json.loads(text))
