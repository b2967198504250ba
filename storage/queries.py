"""Questions of the hot path: compiled once for each dialect, and asked of the driver itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select


class Query:
    """A question without parameters, for texts and whole numbers, which every driver gives as they are.

    SQLAlchemy takes ten times as long for one that finds nothing, as this one mostly does.
    """

    def __init__(self, sql: Select[Any]) -> None:
        self._sql = sql
        self._texts: dict[str, str] = {}

    def rows(self, c: Connection) -> Sequence[Any]:
        """Give the rows as plain tuples. Raises what SQLAlchemy raises."""
        text = self._texts.get(c.dialect.name) or self._compile(c)
        driver: Any = c.connection.driver_connection
        try:
            found: Sequence[Any] = driver.execute(text).fetchall()
        except c.dialect.loaded_dbapi.Error:
            return c.execute(self._sql).all()  # fails as well, and sees whether the connection is lost
        return found

    def _compile(self, c: Connection) -> str:
        return self._texts.setdefault(c.dialect.name, str(self._sql.compile(dialect=c.dialect)))
