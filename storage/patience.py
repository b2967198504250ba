"""Connections to PostgreSQL that do not wait for ever: a network that swallows what is sent gives no error."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

INTERVAL = 0.1  # seconds, the driver's own: how soon Ctrl-C is heard


def impatient(seconds: float) -> Callable[..., Connection[TupleRow]]:
    """Give what connects as `psycopg.connect` does, and closes a connection that gives no answer for *seconds*."""

    class Impatient(Connection[TupleRow]):
        def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
            if timeout is not None:
                return super().wait(gen, interval, timeout)
            since = monotonic()
            try:
                return super().wait(gen, interval, seconds)
            except OperationalError as error:
                if monotonic() - since < seconds:
                    raise
                self.close()
                raise OperationalError(f"PostgreSQL gave no answer within {seconds:g} s") from error

    def connect(*arguments: Any, **options: Any) -> Connection[TupleRow]:
        return Impatient.connect(*arguments, **options)

    return connect


def impatient_in_loop(seconds: float) -> type[AsyncConnection[TupleRow]]:
    """Give the class of connections in an event loop that close themselves in the same way."""

    class Impatient(AsyncConnection[TupleRow]):
        async def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
            if timeout is not None:
                return await super().wait(gen, interval, timeout)
            since = monotonic()
            try:
                return await super().wait(gen, interval, seconds)
            except OperationalError as error:
                if monotonic() - since < seconds:
                    raise
                await self.close()
                raise OperationalError(f"PostgreSQL gave no answer within {seconds:g} s") from error

    return Impatient
