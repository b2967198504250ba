"""PostgreSQL ends the transaction of a process that froze in its midst, whatever the process did last."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from storage.database import Database
from storage.statements import Prepared, one_trip, parameters
from storage.tables import beats
from tests.integration.storage_values import NOW

SOON = "SELECT set_config('idle_in_transaction_session_timeout', '100ms', true)"
_BEAT = Prepared(insert(beats).values(parameters(beats, "name", "holder", "leased_until")))


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def one_statement(c: Connection) -> None:
    c.exec_driver_sql("SELECT 1")


def several_in_one_trip(c: Connection) -> None:
    with one_trip(c):
        _BEAT.start(c, [{"name": "one", "holder": "me", "leased_until": NOW}])
        _BEAT.start(c, [{"name": "two", "holder": "me", "leased_until": NOW}])


def one_for_many_rows(c: Connection) -> None:
    assert _BEAT.run(c, [{"name": str(number), "holder": "me", "leased_until": NOW} for number in range(3)]) == 3


def a_trip_that_failed(c: Connection) -> None:
    c.begin_nested()  # without a savepoint the failure has given the transaction's locks back
    with pytest.raises(c.dialect.loaded_dbapi.ProgrammingError):
        ask_in_one_trip(c, "SELECT no_such_column")


def as_a_writing_transaction_begins(c: Connection) -> None:
    driver: Any = c.connection.driver_connection
    driver.rollback()
    ask_in_one_trip(c, f"{SOON}, pg_sleep(0.05)")


def ask_in_one_trip(c: Connection, question: str) -> None:
    driver: Any = c.connection.driver_connection
    with one_trip(c):
        driver.execute(question)


@pytest.mark.parametrize(
    "last", [one_statement, several_in_one_trip, one_for_many_rows, a_trip_that_failed, as_a_writing_transaction_begins]
)
def test_a_frozen_process_loses_its_transaction(database: Database, last: Callable[[Connection], None]) -> None:
    with database.engine.connect() as frozen, database.read() as c:
        frozen.exec_driver_sql(SOON)
        process = frozen.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        last(frozen)
        lives = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {process}"
        deadline = time.monotonic() + 10
        while c.exec_driver_sql(lives).scalar_one():
            assert time.monotonic() < deadline, "PostgreSQL waits for it"
            c.exec_driver_sql("SELECT pg_stat_clear_snapshot(), pg_sleep(0.02)")
        frozen.invalidate()
