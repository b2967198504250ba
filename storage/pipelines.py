"""Statements sent to PostgreSQL in one trip, after which it goes on to count how long the transaction is idle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, Pipeline
from psycopg.abc import PQGen
from psycopg.generators import send


class _Counted(Pipeline):
    """A pipeline whose last word is its synchronization.

    The driver's own sends a flush behind it, and PostgreSQL takes every message for a sign of life: it stops
    `idle_in_transaction_session_timeout`, which only the end of a further statement starts again. A process that froze
    just then would keep its transaction, and the lock of those who write, for as long as it is frozen.
    """

    def _exit_gen(self) -> PQGen[None]:
        try:
            self._enqueue_sync()
            yield from self._communicate_gen()
        finally:
            if self.result_queue:  # what the socket did not take at once has to leave, or both sides wait for ever
                yield from send(self.pgconn)
            yield from self._fetch_gen(flush=False)  # the synchronization brings all answers


@contextmanager
def pipeline(driver: Connection[Any]) -> Iterator[None]:
    """Send what is executed within without waiting for each answer; they are there when it ends.

    Raises the driver's error of the first statement that failed. Within another it is part of that.
    """
    if driver._pipeline is not None:  # noqa: SLF001 - the driver has no other way to be given one
        yield
        return
    driver._pipeline = _Counted(driver)  # noqa: SLF001
    with driver.pipeline():
        yield
