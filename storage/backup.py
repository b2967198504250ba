"""Copies of an SQLite database: made while others write to it, checked, and put in its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from domain.errors import Conflict

_SIDES = ("-wal", "-shm")  # what SQLite keeps beside a file; they belong to it and to no other


@contextmanager
def new_copy(source: Path, target: Path) -> Iterator[Path]:
    """Copy the database *source* beside *target* for the time of the context, mode 600, and give the copy's path.

    The copy is one moment of the source, whoever writes to it meanwhile, and it is on disk. Whoever wants to keep it
    renames it. Raises Conflict when *source* is not a database, or is damaged.
    """
    copy = target.with_name(f"{target.name}.{os.getpid()}.part")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copy(source, copy)
        yield copy
    finally:
        for path in (copy, *_beside(copy)):
            path.unlink(missing_ok=True)


def put(copy: Path, target: Path) -> None:
    """Rename *copy* to *target* with all that was written to it since, and make sure that this is on disk."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # brings a log of its own into the file
    _sync(copy)
    copy.replace(target)
    _sync(target.parent)


def set_aside(path: Path, name: str) -> Path | None:
    """Rename the database at *path* to *name*, with what belongs to it; None when there is none.

    What stands beside it goes first: a write-ahead log that is left alone would be taken for the next database's.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    aside = path.with_name(name)
    for old, new in zip(_beside(path), _beside(aside), strict=True):
        if old.exists():
            old.replace(new)
    path.replace(aside)
    _sync(path.parent)
    return aside


def _copy(source: Path, copy: Path) -> None:
    try:
        with closing(_open(source)) as there, closing(sqlite3.connect(copy)) as here:
            # All pages in one step: in several, every write of another process would make it begin anew.
            there.backup(here, pages=-1)
            said = here.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise Conflict(f"{source} is damaged: {said}; use another backup")
            here.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise Conflict(f"{source} cannot be copied: {error}") from error
    _sync(copy)


def _open(source: Path) -> sqlite3.Connection:
    if not source.is_file():
        raise Conflict(f"{source} is not a file")
    return sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + side) for side in _SIDES]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
