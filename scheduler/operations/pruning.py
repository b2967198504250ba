"""Removing at once what the daemon removes by and by: what is older than it is to be kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage import pruning
from storage.database import Database
from storage.pruning import Keep, Pruned

ROWS = 500  # runs, and events, in one transaction: others get in between


def prune_all(database: Database, *, keep: Keep, now: datetime, at_once: bool, rows: int = ROWS) -> Pruned:
    """Remove everything that may go, *rows* at a time, each in a transaction of its own or all in one; give what went.

    *at_once* is for a trial, which is taken back.
    """
    total = Pruned()
    if at_once:
        with database.write() as connection:
            while more := _some(connection, keep, now, rows):
                total += more
        return total
    while True:
        with database.write() as connection:
            gone = _some(connection, keep, now, rows)
        if gone is None:
            return total
        total += gone


def _some(connection: Connection, keep: Keep, now: datetime, rows: int) -> Pruned | None:
    """Remove some, None when there is nothing any more."""
    gone = pruning.prune(connection, now, keep, rows)
    return gone if gone.runs or gone.events or gone.files else None
