"""What the disk allows: a durable commit cannot be faster than the machine makes bytes stay."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

BLOCK = b"\0" * 4096
BATCH = 512  # slots that the planner plans in one transaction


def syncs_per_second(folder: Path, seconds: float) -> float:
    """Append 4 kB and `fdatasync`, one after the other."""
    descriptor = os.open(folder / "appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append() -> None:
        os.write(descriptor, BLOCK)
        os.fdatasync(descriptor)

    try:
        return _rate(append, seconds)
    finally:
        os.close(descriptor)


def commits_per_second(folder: Path, seconds: float) -> float:
    """Commit one small row at a time to SQLite, WAL and `synchronous=FULL`, with nothing of ours in between."""
    with closing(sqlite3.connect(folder / "commits.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE kept (said TEXT)")
        return _rate(lambda: connection.execute("INSERT INTO kept VALUES ('a step')"), seconds)


def postgresql_commits_per_second(url: str, seconds: float) -> float:
    """Commit one small row at a time to PostgreSQL over one connection."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (said TEXT)")
        return _rate(lambda: connection.execute("INSERT INTO kept VALUES ('a step')"), seconds)


def rows_per_second(folder: Path, seconds: float) -> float:
    """Write small rows to SQLite, as durable as above, `BATCH` of them in each commit."""
    with closing(sqlite3.connect(folder / "rows.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE kept (said TEXT)")

        def commit() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO kept VALUES (?)", [("a step",)] * BATCH)
            connection.execute("COMMIT")

        return BATCH * _rate(commit, seconds)


def postgresql_rows_per_second(url: str, seconds: float) -> float:
    """Write small rows to PostgreSQL over one connection, `BATCH` of them in each statement and commit."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (said TEXT)")
        rows = ["a step"] * BATCH
        insert = "INSERT INTO rows SELECT unnest(%s::text[])"
        return BATCH * _rate(lambda: connection.execute(insert, (rows,)), seconds)


def _rate(act: Callable[[], object], seconds: float) -> float:
    started = time.perf_counter()
    done = 0
    while time.perf_counter() - started < seconds:
        act()
        done += 1
    return done / (time.perf_counter() - started)
