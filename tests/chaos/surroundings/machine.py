"""What goes wrong with the machine under a daemon on SQLite: its database is locked, its disk is full."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

from tests.acceptance.stage import PAUSE, Stage

FILLER = "filler"
PIECES = (1 << 20, 1 << 12, 1)  # bytes: the last ones fill what is left of a page


@contextmanager
def holding_the_lock(database: str) -> Iterator[None]:
    """Hold the write lock of a SQLite database, by its URL, for as long as the block lasts; nothing is written.

    The daemon waits 5 s for it at each attempt, and gives a batch up after six.
    """
    with closing(sqlite3.connect(make_url(database).database or "", timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def locked(stage: Stage, seconds: float) -> None:
    """Keep every daemon of the stage from writing for *seconds*; returns when the lock is let go."""
    with holding_the_lock(stage.database):
        PAUSE.wait(seconds)


@contextmanager
def small_disk(folder: Path, megabytes: int | None = 16) -> Iterator[None]:
    """Have *folder* on a disk of its own of so many megabytes, empty at first; with None on the one where it is.

    Raises PermissionError where one may not mount.
    """
    folder.mkdir(exist_ok=True)
    if megabytes is None:
        yield
        return
    asked = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "ostinato-chaos", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"a disk cannot be mounted at {folder}: {done.stderr.strip()}; run as root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[int]:
    """Fill the disk that *folder* is on, to the last byte, for as long as the block lasts; give the bytes it took.

    For a disk made with `small_disk`: it fills any other as well.
    """
    filler = folder / FILLER
    try:
        yield _fill(filler)
    finally:
        filler.unlink(missing_ok=True)


def _fill(filler: Path) -> int:
    written = 0
    with filler.open("ab", buffering=0) as file:
        for piece in PIECES:
            with suppress(_DiskFull):
                while True:
                    written += _write(file.write, bytes(piece))
    return written


class _DiskFull(OSError):
    pass


def _write(write: Callable[[bytes], int | None], piece: bytes) -> int:
    try:
        return write(piece) or 0
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _DiskFull from error
        raise


@contextmanager
def no_larger_files(pids: Iterable[int], size: int = 0) -> Iterator[None]:
    """Let these processes write nothing beyond *size* bytes of any file for as long as the block lasts.

    It stands in for a full disk where none can be mounted: a write fails with "file too large" instead.
    """
    before = {}
    for pid in pids:
        with suppress(ProcessLookupError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[pid][1]))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def may_mount() -> bool:
    """Tell whether this process may mount a disk."""
    return os.geteuid() == 0 and subprocess.run(["mountpoint", "-q", "/"], check=False).returncode == 0
