"""What goes wrong below the daemons of a campaign: with its database, its disk and its connections."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.plan import Form
from tests.chaos.surroundings import machine
from tests.chaos.surroundings.postgresql import CommitWire, Server, own_server, restarted
from tests.postgresql_server import address, create_database

SPARE = 64  # megabytes of a small disk beside what the posts need
POSTS_IN_A_MEGABYTE = 40
NAME = "campaign"
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random()"
)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database of a campaign is: its URL, and the one that leads over the wire, if there is one."""

    url: str
    home: Path
    server: Server | None = None
    wire: CommitWire | None = None

    def of_daemon(self, number: int) -> str:
        """Give the URL for a daemon: the last of a fleet has its connections over the wire."""
        if self.wire is None or number != 2:
            return self.url
        return f"postgresql://postgres@127.0.0.1:{self.wire.port}/{NAME}"


@contextmanager
def database_of(form: Form, folder: Path, seed: int) -> Iterator[Database]:
    """Give an empty database: a file on a small disk, where one may mount, or one on a server of its own."""
    home = folder / "home"
    if form.database == "sqlite":
        with _disk(home, SPARE + form.publications // POSTS_IN_A_MEGABYTE):
            yield Database(f"sqlite:///{home}/ostinato.db", home)
        return
    home.mkdir()
    with own_server() as server:
        create_database(server.url, NAME)
        with CommitWire(server.folder, seed) as wire:
            yield Database(address(server.url, NAME), home, server, wire)


@contextmanager
def _disk(home: Path, megabytes: int) -> Iterator[None]:
    """Have *home* on a disk of its own while the block lasts; its files are kept then."""
    if not machine.may_mount():
        home.mkdir()
        yield
        return
    kept = home.with_name("kept")
    with machine.small_disk(home, megabytes):
        yield
        shutil.copytree(home, kept, ignore=shutil.ignore_patterns(machine.FILLER))
    home.rmdir()
    kept.rename(home)


class Below:
    """The faults of one database; `calm` takes back what is in force."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._locked = ExitStack()
        self._full = ExitStack()

    def lock(self, *, on: bool) -> None:
        """Hold SQLite's write lock, or let it go; nothing happens where a frozen daemon holds it."""
        self._locked.close()
        if on:
            with suppress(sqlite3.Error):
                self._locked.enter_context(machine.holding_the_lock(self._database.url))

    def fill_disk(self, *, on: bool) -> None:
        """Fill the disk of the home, or make room again; where it has no disk of its own nothing happens."""
        self._full.close()
        if on and self._database.home.is_mount():
            self._full.enter_context(machine.full(self._database.home))

    def postgresql(self, fields: Mapping[str, Any]) -> None:
        """Stop the server and start it again, kill one of its processes, cut connections, or cut a share of commits."""
        server, wire = self._database.server, self._database.wire
        if server is None or wire is None:
            return
        if "restart" in fields:
            restarted(server, fields["restart"])
        elif "commits" in fields:
            wire.cut_commits(after=fields["commits"], before=fields["commits"])
        elif "cut" in fields:
            self._cut(every=fields["cut"] == "all")
        else:
            with suppress(psycopg.Error):
                server.kill_backend()

    def _cut(self, *, every: bool) -> None:
        """End one connection to PostgreSQL, one that is at work if there is one, or every one."""
        with suppress(psycopg.Error), psycopg.connect(self._database.url, autocommit=True) as connection:
            connection.execute(CUT + ("" if every else " LIMIT 1"))

    def calm(self) -> None:
        self._locked.close()
        self._full.close()
        if self._database.wire is not None:
            self._database.wire.cut_commits()
