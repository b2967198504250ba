"""Waking other processes: PostgreSQL's NOTIFY, sent when the transaction that told commits."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from time import monotonic

from sqlalchemy import Connection, text

from storage.database import Database

CHANNEL = "ostinato"
SILENCE = 30.0  # seconds after which the server is asked whether it is there: a lost connection is as silent

_TELL = text("SELECT pg_notify(:channel, '')")


def tell(c: Connection) -> None:
    """Wake every daemon on the database once this transaction is committed; on SQLite there is one, and it looks."""
    if c.dialect.name == "postgresql":
        c.execute(_TELL, {"channel": CHANNEL})


def listen(database: Database, patience: float) -> Generator[bool, None, None]:
    """Give True for each notice, and False after each *patience* seconds without one. Keeps a connection of its own.

    Raises what the driver raises when the connection is lost.
    """
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        driver = connection.connection.driver_connection
        assert driver is not None
        spoke = monotonic()
        while True:
            heard = False
            if monotonic() - spoke > SILENCE:
                driver.execute("SELECT 1")
                spoke = monotonic()
            with closing(driver.notifies(timeout=patience, stop_after=1)) as notices:
                for _ in notices:
                    heard = True
            yield heard
    finally:
        connection.invalidate()  # not back to the pool: it would go on listening
        connection.close()
