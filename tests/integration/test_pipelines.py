"""Statements sent in one trip, on a real PostgreSQL: however large they are, they arrive whole."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database import open_database
from storage.statements import one_trip

MORE_THAN_A_SOCKET_TAKES = 32 * 1024 * 1024
PATIENCE = 10_000  # milliseconds: the test fails then, and does not hang


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def test_a_statement_that_the_socket_does_not_take_at_once_is_sent_to_its_end(database_url: str) -> None:
    database = open_database(f"{database_url}&tcp_user_timeout={PATIENCE}", impatient=True)
    with database.engine.connect() as c:
        driver: Any = c.connection.driver_connection
        with one_trip(c):
            answer = driver.execute("SELECT length(%s)", ["x" * MORE_THAN_A_SOCKET_TAKES])
        assert answer.fetchone() == (MORE_THAN_A_SOCKET_TAKES,)
    database.close()
