"""Reading the scheduler's database while a campaign runs: whether all has ended, and which runs could be cancelled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

Row = Sequence[Any]
SOON = timedelta(seconds=60)


class Ledger:
    """A database of the scheduler's, by its URL. Each question has a connection of its own: servers come and go."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, sql: str) -> list[Row]:
        """Give all rows. Raises sqlite3.Error or psycopg.Error while the database cannot be read."""
        if self._url.startswith("sqlite"):
            file = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
                return list(connection.execute(sql))
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            return list(connection.execute(sql.encode()))

    def count(self, sql: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {sql}")[0][0])

    def open_runs(self, now: datetime) -> int:
        """Count what is to be run soon after *now*: slots that have come due, and runs that wait for no later time."""
        waiting = self.count(f"runs WHERE status = 'queued' AND not_before > '{written(now + SOON)}'")
        left = self.unfinished(now)
        return left.get("runs", 0) + left.get("slots due", 0) - waiting

    def unfinished(self, now: datetime) -> dict[str, int]:
        """Count what has not come to its end at *now*: empty when everything has."""
        due = f"next_slot_at <= '{written(now)}'"
        counts = {
            "slots due": self.count(f"templates WHERE status = 'active' AND {due}"),
            "runs": self.count("runs WHERE status IN ('queued', 'working', 'held')"),
            "callbacks": self.count("deliveries WHERE status = 'pending'"),
        }
        return {name: count for name, count in counts.items() if count}

    def doable(self, now: datetime) -> int:
        """Count the runs that wait for no time that is to come at *now*."""
        past = f"<= '{written(now)}'"
        return self.count(f"runs WHERE status = 'working' OR status = 'queued' AND COALESCE(not_before {past}, 1 = 1)")

    def next_after(self, now: datetime) -> datetime | None:
        """Give the first instant after *now* for which a run or a callback waits, None when none waits for one."""
        later = f"> '{written(now)}'"
        rows = self.ask(
            f"SELECT min(not_before) FROM runs WHERE status = 'queued' AND not_before {later} UNION ALL"
            f" SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending' AND next_attempt_at {later}"
        )
        return min((moment(row[0]) for row in rows if row[0] is not None), default=None)

    def waiting_runs(self) -> list[str]:
        """Give the runs that nobody works on yet, in the order of their ids."""
        return [str(row[0]) for row in self.ask("SELECT id FROM runs WHERE status = 'queued' ORDER BY id")]


def written(at: datetime) -> str:
    """Give an instant as SQLite holds it, which PostgreSQL reads too."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")


def moment(value: datetime | str) -> datetime:
    """Give an instant as either database does."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
