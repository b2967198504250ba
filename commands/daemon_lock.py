"""Who runs on a database: a lock on a file beside SQLite's, for one; a session's on PostgreSQL. A crash frees both."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, TextClause, make_url, text

from domain.errors import Conflict
from storage.database import DAEMON, LOCKS, Database

TRIES, PAUSE = 5, 0.1  # `is_running` holds the file's lock for an instant; a server notices a dead client a bit later
NAME = "ostinato daemon, process "  # what a session that holds the lock is called, with its process

_KEY = {"locks": LOCKS, "daemon": DAEMON}
_TAKE = text("SELECT pg_try_advisory_lock(:locks, :daemon)")
_SHARE = text("SELECT pg_try_advisory_lock_shared(:locks, :daemon)")
_HOLDER = text("""
    SELECT coalesce(activity.application_name, '')
    FROM pg_locks AS held LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
        AND held.classid = :locks AND held.objid = :daemon
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
# The server looks after a client that has gone silent (its machine was cut off) and frees its lock after a minute.
_NAME = text("""
    SELECT set_config('application_name', :name, false),
        set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
        set_config('tcp_keepalives_count', '3', false)
""")


@contextmanager
def daemon_lock(database: Database, *, shared: bool = False) -> Iterator[None]:
    """Hold the database's daemon lock. Raises Conflict when another daemon does.

    With *shared*, on PostgreSQL, any number of daemons hold it together; who wants it alone keeps all of them out.
    """
    path = _path(database)
    with _session_lock(database, _SHARE if shared else _TAKE) if path is None else _file_lock(database, path):
        yield


def is_running(database: Database) -> bool:
    """Tell whether a daemon runs on the database."""
    path = _path(database)
    if path is None:
        with database.read() as connection:
            return _holder(connection) is not None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _file_lock(database: Database, path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _patiently(lambda: _locked(descriptor)):
            owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            raise _taken(database, owner)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _session_lock(database: Database, take: TextClause) -> Iterator[None]:
    """Hold the lock with a connection of its own, outside any transaction."""
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if not _patiently(lambda: bool(connection.execute(take, _KEY).scalar())):
            raise _taken(database, (_holder(connection) or "").removeprefix(NAME))
        connection.execute(_NAME, {"name": f"{NAME}{os.getpid()} on {socket.gethostname()}"[:63]})
        yield
    finally:
        connection.invalidate()  # not back to the pool: the lock ends with the session
        connection.close()


def _holder(connection: Connection) -> str | None:
    """Give the name of the session that holds the lock, or None when nobody does."""
    name: str | None = connection.execute(_HOLDER, _KEY).scalar()
    return name


def _taken(database: Database, owner: str) -> Conflict:
    where = make_url(database.url).render_as_string(hide_password=True)
    return Conflict(f"another daemon (process {owner or 'unknown'}) runs on {where}; stop it first")


def _path(database: Database) -> Path | None:
    file = make_url(database.url).database
    return Path(f"{file}.daemon") if database.dialect == "sqlite" and file else None


def _patiently(take: Callable[[], bool]) -> bool:
    """Try to take a lock a few times."""
    for left in reversed(range(TRIES)):
        if take():
            return True
        if left:
            time.sleep(PAUSE)
    return False


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
