"""Copies of an SQLite database: made while others write to it, checked, and put in its place."""

from __future__ import annotations

import glob
import itertools
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
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
    _finish(copy)
    copy.replace(target)
    _sync(target.parent)


def clear(target: Path) -> None:
    """Remove the copies that restores left beside *target* when they were killed. Nobody else may be restoring it."""
    for left in target.parent.glob(f"{glob.escape(target.name)}.*.part*"):
        left.unlink(missing_ok=True)


def exchange(copy: Path, target: Path, name: str) -> Path | None:
    """Put *copy* in the place of the database *target*, and keep that as *name* beside it, with what belongs to it.

    Gives the path of what is kept, None when there was nothing. Whoever is killed within leaves a database at *target*
    in every moment: the old one, whole in its file as far as it could be, or the new one.
    """
    _finish(copy)
    aside = _free(target.with_name(name)) if target.exists() and target.stat().st_size else None
    if aside is not None:
        _gather(target)
        _keep(target, aside)
        # A write-ahead log that is left alone would be taken for the next database's.
        for old, new in zip(_beside(target), _beside(aside), strict=True):
            if old.exists():
                old.replace(new)
    copy.replace(target)
    _sync(target.parent)
    return aside


def _finish(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # brings a log of its own into the file
    _sync(copy)


def _gather(target: Path) -> None:
    """Bring what stands in the write-ahead log into the file; a damaged database stays as it is."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(target, timeout=5.0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep(target: Path, aside: Path) -> None:
    """Give the file at *target* a second name; where the file system knows no such thing, the only one."""
    try:
        aside.hardlink_to(target)
    except OSError:
        target.replace(aside)


def _free(path: Path) -> Path:
    """Give *path*, or the first of `path-2`, `path-3` … that nothing stands at."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{number}") for number in itertools.count(2)))
    return next(each for each in names if not each.exists())


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
