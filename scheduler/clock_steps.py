"""What is done about a clock that was stepped: somebody is told, and after a step back nothing waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from domain.event import EventType, NewEvent
from scheduler.clock_watch import LARGEST_STEP
from scheduler.ids import new_id
from storage import events, waits

LONG = timedelta(days=1)  # as old as no key is repeated any more

log = structlog.get_logger(__name__)


def look_back(connection: Connection, *, now: datetime) -> None:
    """Notice a clock that was set back while no daemon looked: what happened last then lies ahead."""
    happened = [event.created_at for event in events.newest_events(connection, limit=1)]
    happened += waits.last_begun(connection)
    ahead = max(happened, default=now) - now
    if ahead > LARGEST_STEP:
        record(connection, step=-ahead, now=now, since=events.newest_before(connection, now) or now - LONG)


def settle(connection: Connection, *, step: timedelta, now: datetime) -> None:
    """Once the clock is steady again after *step*, let what was written just then wait for it no longer either."""
    if step < timedelta(0):
        waits.bring_forward_late(connection, -step, now)


def record(connection: Connection, *, step: timedelta, now: datetime, since: datetime | None = None) -> None:
    """Tell of a step of the clock; after one back nothing waits for instants that the clock has told too early.

    Of a step that nobody saw it is only known that what it has dated happened after *since*.
    """
    sooner = waits.bring_forward(connection, -step, now, since) if step < timedelta(0) else 0
    log.error("clock.stepped", seconds=step.total_seconds(), brought_forward=sooner)
    event = NewEvent(new_id(), EventType.CLOCK_STEPPED, now, {"seconds": step.total_seconds()})
    events.record(connection, [event])
