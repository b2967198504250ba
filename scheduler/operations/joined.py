"""Operations that open their own transaction, made part of one that is open already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from storage.database import Database


class Joined(Database):
    """The database as seen from within one transaction: what is read and written here belongs to it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(str(connection.engine.url), connection.engine)
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        yield self._connection
