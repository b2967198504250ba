"""What goes wrong below the daemons of a campaign: its database is locked, its disk full, its connections cut."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from tests.chaos.plan import Form
from tests.chaos.surroundings import machine

SPARE = 64  # megabytes of a small disk beside what the posts need
POSTS_IN_A_MEGABYTE = 40
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random()"
)


class Below:
    """The database of one campaign, by its URL, and the home that it lies in; `calm` takes back what is in force."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self._locked = ExitStack()
        self._full = ExitStack()

    def lock(self, *, on: bool) -> None:
        """Hold SQLite's write lock, or let it go; nothing happens where a frozen daemon holds it."""
        self._locked.close()
        if on:
            with suppress(sqlite3.Error):
                self._locked.enter_context(machine.holding_the_lock(self._url))

    def fill_disk(self, *, on: bool) -> None:
        """Fill the disk of the home, or make room again; where it has no disk of its own nothing happens."""
        self._full.close()
        if on and self._home.is_mount():
            self._full.enter_context(machine.full(self._home))

    def cut(self, which: str) -> None:
        """End *one* connection to PostgreSQL, one that is at work if there is one, or *all* of them."""
        with suppress(psycopg.Error), psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(CUT + (" LIMIT 1" if which == "one" else ""))

    def calm(self) -> None:
        self._locked.close()
        self._full.close()


@contextmanager
def disk_of(form: Form, folder: Path) -> Iterator[None]:
    """Have the home on a small disk of its own while the block lasts, where one may mount; its files are kept then."""
    home = folder / "home"
    if form.database != "sqlite" or not machine.may_mount():
        home.mkdir()
        yield
        return
    with machine.small_disk(home, SPARE + form.publications // POSTS_IN_A_MEGABYTE):
        yield
        shutil.copytree(home, folder / "kept", ignore=shutil.ignore_patterns(machine.FILLER))
    home.rmdir()
    (folder / "kept").rename(home)
