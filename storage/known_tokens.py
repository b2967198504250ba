"""Tokens that were found before: whether one still stands as it did is seen in microseconds, without a thread."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from domain.token import Token
from storage.database import Database
from storage.tables import tokens

MOST = 1000  # tokens that are remembered
SLOW = 0.05  # seconds that a look may take
AWAY = 60.0  # seconds without a look after one that failed or was slow
_ROW = f"SELECT * FROM {tokens.name} WHERE {tokens.c.digest.name} = ?"  # noqa: S608 - names of ours

Found = tuple[str, Token]  # a token with its digest as it is kept


class KnownTokens:
    """Remembers tokens beside their rows, and looks whether a row is what it was. For one thread.

    Only SQLite is looked at so: there a row is in this process, a reader waits for no writer, and where a look fails or
    takes its time all the same, none is made for a minute. A token that was revoked a moment ago is seen to be.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = database.engine.url.database if database.dialect == "sqlite" else None
        self._monotonic = monotonic
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, tuple[Any, Found]] = {}
        self._looks_from = -AWAY

    def look(self, digest: str) -> tuple[Any, Found | None]:
        """Give the row of the token of that *digest*, and the token where it was found in this very row before.

        The row is None where there is none, or where it cannot be seen at once.
        """
        row = self._row(digest)
        kept, found = self._known.get(digest, (None, None))
        return row, found if row is not None and row == kept else None

    def keep(self, digest: str, row: Any, found: Found) -> None:
        """Remember what was found after *row* was seen."""
        if row is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[digest] = row, found

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _row(self, digest: str) -> Any:
        began = self._monotonic()
        if self._path is None or began < self._looks_from:
            return None
        rows: list[Any] = []
        try:
            rows = (self._connection or self._connect(self._path)).execute(_ROW, (digest,)).fetchall()
            failed = False
        except sqlite3.Error:  # who then waits for the database in a thread is told what is wrong with it
            failed = True
        if failed or self._monotonic() - began > SLOW:
            self._looks_from = self._monotonic() + AWAY
        if failed:
            with suppress(sqlite3.Error):
                self.close()
        return rows[0] if rows else None

    def _connect(self, path: str) -> sqlite3.Connection:
        # One that does not wait, and one thread at a time, which need not be the same in the end.
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        return self._connection
