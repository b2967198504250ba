"""Tokens that were found before: whether one still stands as it did is seen in ten microseconds, without a thread."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from domain.token import Token
from storage.database import Database
from storage.tables import tokens

MOST = 1000  # tokens that are remembered
_ROW = f"SELECT * FROM {tokens.name} WHERE {tokens.c.digest.name} = ?"  # noqa: S608 - names of ours

Found = tuple[str, Token]  # a token with its digest as it is kept


class KnownTokens:
    """Remembers tokens beside their rows, and looks whether a row is what it was. For one thread.

    Only SQLite is looked at so: there a row is in this process, a reader waits for no writer, and what would have to
    be waited for all the same is not. A token that was revoked a moment ago is seen to be.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, tuple[Any, Found]] = {}

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
        if self._database.dialect != "sqlite":
            return None
        try:
            rows = (self._connection or self._connect()).execute(_ROW, (digest,)).fetchall()
        except (sqlite3.Error, SQLAlchemyError):  # locked or failing: who waits for the database is told which
            with suppress(sqlite3.Error, SQLAlchemyError):
                self.close()
            return None
        return rows[0] if rows else None

    def _connect(self) -> sqlite3.Connection:
        opened = self._database.engine.raw_connection()
        driver = opened.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        opened.detach()  # it does not wait, which no other reader may find out
        driver.execute("PRAGMA busy_timeout = 0")
        self._connection = driver
        return driver
