"""Connections to PostgreSQL that are lost or give no answer, and the lock of daemons that goes with one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from commands.daemon_lock import daemon_lock, is_running
from commands.session_lock import NAME
from storage.database import Database, open_database
from tests.wire import Wire

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"])
WITHIN = 20.0
PAUSE = threading.Event()  # never set: a moment between two looks
_KILL = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE :name")


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """The same database as another process opens it."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    with Wire(str(make_url(database_url).query["host"])) as made:
        yield made


@contextmanager
def over(wire: Wire, database_url: str, *, impatient: bool = True) -> Iterator[Database]:
    name = make_url(database_url).database
    url = f"postgresql://postgres@127.0.0.1:{wire.port}/{name}?tcp_user_timeout=1000&connect_timeout=2"
    opened = open_database(url, impatient=impatient)
    yield opened
    opened.close()


def asked(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT 42")).scalar_one())


def kill_lock(other: Database) -> None:
    with other.read() as connection:
        assert connection.execute(_KILL, {"name": f"{NAME}{os.getpid()}%"}).all() != []


def test_a_daemon_gives_up_a_connection_that_gives_no_answer_and_takes_a_new_one(wire: Wire, database_url: str) -> None:
    with over(wire, database_url) as database:
        assert asked(database) == 42
        wire.swallow()
        with pytest.raises(OperationalError, match=r"gave no answer within 1 s|timeout"):
            asked(database)
        wire.mend()
        assert asked(database) == 42


def test_a_connection_that_is_refused_is_told_at_once_and_made_again_when_that_is_over(
    wire: Wire, database_url: str
) -> None:
    with over(wire, database_url) as database:
        assert asked(database) == 42
        wire.cut()
        with pytest.raises(OperationalError, match="refused"):
            asked(database)
        wire.mend()
        assert asked(database) == 42


def test_a_statement_that_takes_long_is_waited_for_where_nobody_asked_for_impatience(
    wire: Wire, database_url: str
) -> None:
    with over(wire, database_url, impatient=False) as database, database.read() as connection:
        connection.execute(text("SELECT pg_sleep(1.5)"))


def test_a_daemon_whose_lock_was_lost_with_its_connection_takes_it_anew(database: Database, other: Database) -> None:
    with daemon_lock(database, shared=True):
        kill_lock(other)
        assert not is_running(other)
        await_running(other, True)
    await_running(other, False)


def await_running(other: Database, expected: bool) -> None:
    """Wait until the server has noticed a session that has come or gone."""
    for _ in range(int(WITHIN / 0.1)):
        if is_running(other) is expected:
            return
        PAUSE.wait(0.1)
    raise AssertionError(f"a daemon {'does not run' if expected else 'runs'} still")


def test_a_daemon_whose_lock_another_has_taken_alone_meanwhile_is_told_to_stop(
    database: Database, other: Database
) -> None:
    told = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        with daemon_lock(database, shared=True):
            kill_lock(other)
            with daemon_lock(other):
                assert told.wait(WITHIN)
    finally:
        signal.signal(signal.SIGTERM, before)
