"""The sandbox's own SQLite file: one connection, used only from the event loop's thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")


def connect(path: Path) -> sqlite3.Connection:
    """Open the file at *path*, making its tables when missing.

    WAL with synchronous=NORMAL: a committed tweet survives the death of the process; only the loss of the machine's
    power could take it back.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA busy_timeout = 5000")
    db.executescript(SCHEMA.read_text(encoding="utf-8"))
    if "made_with_ai" not in {row["name"] for row in db.execute("PRAGMA table_info(tweets)")}:  # a file of version 0.1
        db.execute("ALTER TABLE tweets ADD COLUMN made_with_ai INTEGER NOT NULL DEFAULT 0")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or nothing of it if the block raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def get_meta(db: sqlite3.Connection, name: str, default: str = "") -> str:
    """Return the value kept under *name*, or *default*."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else default


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep *value* under *name*."""
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))
