"""One daemon for each SQLite database: a lock on a file beside it, which a crash releases."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from domain.errors import Conflict
from storage.database import Database

TRIES, PAUSE = 5, 0.1  # `is_running` holds the lock for an instant


@contextmanager
def daemon_lock(database: Database) -> Iterator[None]:
    """Hold the database's daemon lock. Raises Conflict when another daemon does. PostgreSQL needs none."""
    path = _path(database)
    if path is None:
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor):
            owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise Conflict(f"another daemon (process {owner}) runs on {database.url}; stop it first")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_running(database: Database) -> bool | None:
    """Tell whether a daemon runs on the database; None where that cannot be known (PostgreSQL)."""
    path = _path(database)
    if path is None:
        return None
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


def _path(database: Database) -> Path | None:
    file = make_url(database.url).database
    return Path(f"{file}.daemon") if database.dialect == "sqlite" and file else None


def _locked(descriptor: int) -> bool:
    for left in reversed(range(TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(PAUSE)
        else:
            return True
    return False
