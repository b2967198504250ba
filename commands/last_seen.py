"""How far a daemon has seen its database come, in a file outside it: so a database that was put back is noticed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, make_url

from commands.daemon_lock import daemon_lock
from domain.errors import Conflict
from domain.event import EventType, NewEvent
from scheduler.events import iso
from scheduler.operations import restoring
from settings import Settings
from storage import events, installation, restored, templates
from storage.database import Database

log = structlog.get_logger(__name__)

EVERY = {"sqlite": timedelta(seconds=1), "postgresql": timedelta(seconds=5)}


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest event that was recorded in the database of an installation, and when that was looked at."""

    install: str
    position: int
    at: datetime


class LastSeen:
    """The file beside an SQLite database, or in OSTINATO_HOME for PostgreSQL. It is a guard, and may be removed."""

    def __init__(self, settings: Settings, database: Database, stop: asyncio.Event | None = None) -> None:
        """*stop* is set when the database goes back while a daemon runs on it."""
        self._stop = stop
        file = make_url(database.url).database if database.dialect == "sqlite" else None
        self._path = Path(f"{file}.seen") if file else settings.home / "postgresql.seen"
        self._database = database
        self._noted: Seen | None = None

    def is_older(self) -> bool:
        """Tell whether the database is the one that was seen last, and has forgotten what was recorded in it.

        Not when it was treated as restored since, by another daemon or a command on another machine.
        """
        before = self._read()
        if before is None:
            return False
        with self._database.read() as connection:
            install = installation.known_id(connection)
            furthest = events.furthest_position(connection)
            known = restored.last_restored(connection)
            oldest = templates.oldest(connection)
        if install is None:  # a daemon was here, and none has worked on this one: it is new, or from before the first
            return oldest is not None and oldest <= before.at
        if before.install != install or (known is not None and known >= before.at):
            return False
        return furthest < before.position

    def note(self, now: datetime) -> None:
        """Write down how far the database is. Where the file cannot be written, that is logged, and all goes on."""
        with self._database.read() as connection:
            self._note(connection, now)

    def _note(self, connection: Connection, now: datetime) -> None:
        install = installation.known_id(connection)
        position = events.last_position(connection)
        if install is None or (self._noted is not None and self._noted.position >= position):
            return
        current = Seen(install, position, now)
        line = json.dumps({"install": current.install, "position": current.position, "at": iso(current.at)})
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(line)
            part.replace(self._path)
        except OSError as error:
            log.warning("database.not_noted", file=str(self._path), error=str(error))
        self._noted = current

    async def beat(self, now: datetime) -> datetime:
        """Write it down, and again soon; stop where the database has gone back since."""
        if await asyncio.to_thread(self._follow, now):
            log.error("database.went_back", why="it is older than a moment ago; the next start treats it as restored")
            if self._stop is not None:
                self._stop.set()
        return now + EVERY[self._database.dialect]

    def _follow(self, now: datetime) -> bool:
        """Tell whether the database has forgotten what was noted; where it has not, note how far it is now."""
        with self._database.read() as connection:
            gone_back = self._has_gone_back(connection)
            if not gone_back:
                self._note(connection, now)
        return gone_back

    def _has_gone_back(self, connection: Connection) -> bool:
        if self._noted is None:
            return False
        same = installation.known_id(connection) == self._noted.install
        return same and events.furthest_position(connection) < self._noted.position

    def _read(self) -> Seen | None:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            return Seen(str(known["install"]), int(known["position"]), datetime.fromisoformat(known["at"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # there is none, or what there is says nothing


def notice_restore(settings: Settings, database: Database, *, now: datetime, new_id: Callable[[], str]) -> None:
    """Treat the database as restored, and tell it, when it is older than a daemon has left it.

    Raises Conflict where another daemon runs on it.
    """
    seen = LastSeen(settings, database)
    if not seen.is_older():
        return
    try:
        with daemon_lock(database):
            found = restoring.mark(database, now=now, new_id=new_id)
            told = {"since": found.since and iso(found.since), "restoredAt": iso(now)}
            event = NewEvent(new_id(), EventType.DATABASE_RESTORED, now, {"database": told})
            with database.write() as connection:
                events.record(connection, [event])
            seen.note(now)
    except Conflict as error:
        why = "the database is older than a daemon has left it, and must be treated as restored"
        raise Conflict(f"{why}; {error}") from error
    log.warning("database.restored", since=str(found.since), why="it is older than a daemon has left it")
