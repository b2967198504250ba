"""What a daemon leaves alone when the database was made for a newer version: new work, or only what it may not know."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from sqlalchemy import Connection

from scheduler.heartbeat import Beat
from scheduler.pulse import Pulse
from storage import schema
from storage.database import Database

log = structlog.get_logger(__name__)


def notice(c: Connection, pulse: Pulse) -> None:
    """Find out whether this program may still work on the database; tell of a change, once."""
    reason = schema.outdated(c)
    if reason == pulse.outdated:
        return
    pulse.outdated = reason
    if reason is None:
        log.info("daemon.current")
    else:
        log.error("daemon.outdated", reason=reason)


def unless_outdated(pulse: Pulse, beat: Beat) -> Beat:
    """Give *beat* so that it rests while this program may not work on the database."""

    async def rests(now: datetime) -> datetime | None:
        return None if pulse.outdated else await beat(now)

    return rests


def by_the_newest(database: Database, beat: Beat) -> Beat:
    """Give *beat*, which writes definitions of templates, so that it is left to the newest version of the program."""

    def newer() -> bool:
        with database.read() as connection:
            return schema.is_newer(connection)

    async def rests(now: datetime) -> datetime | None:
        return None if await asyncio.to_thread(newer) else await beat(now)

    return rests
