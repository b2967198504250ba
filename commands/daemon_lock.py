"""Who runs on a database: a lock on a file beside SQLite's, for one; a session's on PostgreSQL. A crash frees both."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import make_url

from commands.session_lock import ALONE, API, SessionLock, holders, patiently
from domain.errors import Conflict
from storage.database import Database


@contextmanager
def daemon_lock(
    database: Database, *, shared: bool = False, role: str = "all", standby: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the database's daemon lock. Raises Conflict when a daemon does.

    With *shared*, as a daemon of a *role*: on PostgreSQL any number of those hold it together, and who wants it alone
    keeps all of them out. With *standby* as well, a daemon waits for such a one to end, and *standby* is told every
    second who it is.
    """
    path = _path(database)
    lock = _session_lock(database, shared, role, standby) if path is None else _file_lock(database, path, shared)
    with lock, _nobody_serves(database) if path is not None and not shared else nullcontext():
        yield


@contextmanager
def serving_lock(database: Database) -> Iterator[None]:
    """Hold what keeps away commands that have the database to themselves, as `ostinato serve`.

    Any number hold it beside a daemon. Raises Conflict while such a command runs.
    """
    if _path(database) is None:
        with daemon_lock(database, shared=True, role=API):
            yield
        return
    with _serve_file(database, fcntl.LOCK_SH, "a command has this database to itself; start this when it has ended"):
        yield


@contextmanager
def _nobody_serves(database: Database) -> Iterator[None]:
    with _serve_file(database, fcntl.LOCK_EX, "`ostinato serve` runs on this database; stop it first"):
        yield


@contextmanager
def _serve_file(database: Database, kind: int, refusal: str) -> Iterator[None]:
    descriptor = os.open(f"{make_url(database.url).database}.serve", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not patiently(lambda: _locked(descriptor, kind)):
            raise Conflict(refusal)
        yield
    finally:
        os.close(descriptor)


def roles(database: Database) -> list[str]:
    """Give the role of each daemon that runs on the database.

    A command that has it to itself is none, nor is an `ostinato serve`.
    """
    path = _path(database)
    if path is not None:
        return ["all"] if _has_daemon(path) else []
    with database.read() as connection:
        return [role for role, _ in holders(connection) if role not in (ALONE, API)]


def is_running(database: Database) -> bool:
    """Tell whether a daemon runs on the database."""
    return bool(roles(database))


def _has_daemon(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return not _owner(descriptor).endswith(ALONE)
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _file_lock(database: Database, path: Path, shared: bool) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not patiently(lambda: _locked(descriptor)):  # `roles` holds it for an instant
            raise _taken(database, _owner(descriptor).removesuffix(f" {ALONE}"), shared)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}{'' if shared else f' {ALONE}'}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _session_lock(database: Database, shared: bool, role: str, standby: Callable[[str], None] | None) -> Iterator[None]:
    lock = SessionLock(database, shared=shared, role=role)
    try:
        if standby is not None:
            lock.wait(standby)
        elif name := lock.take():
            raise _taken(database, name, shared)
        if shared:
            lock.keep()
        yield
    finally:
        lock.free()


def _owner(descriptor: int) -> str:
    """Give the process that has the lock, and whether it is alone."""
    return os.pread(descriptor, 40, 0).decode(errors="replace").strip()


def _taken(database: Database, owner: str, shared: bool) -> Conflict:
    where = make_url(database.url).render_as_string(hide_password=True)
    if ", " in owner:
        return Conflict(f"daemons (processes {owner}) run on {where}; stop all of them first")
    daemon = "another daemon" if shared else "a daemon"  # which asks: one that is about to run, or a command
    return Conflict(f"{daemon} (process {owner or 'unknown'}) runs on {where}; stop it first")


def _path(database: Database) -> Path | None:
    file = make_url(database.url).database
    return Path(f"{file}.daemon") if database.dialect == "sqlite" and file else None


def _locked(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
