"""One daemon for each database, on both kinds."""

from __future__ import annotations

import os

import pytest

from commands.daemon_lock import daemon_lock, is_running
from domain.errors import Conflict
from storage.database import Database, open_database


@pytest.fixture
def other(database_url: str) -> Database:
    """The same database as another process opens it."""
    return open_database(database_url)


def test_a_second_daemon_on_the_same_database_is_refused(database: Database, other: Database) -> None:
    with (
        daemon_lock(database),
        pytest.raises(Conflict, match=rf"another daemon \(process {os.getpid()}.*stop it first"),
        daemon_lock(other),
    ):
        raise AssertionError("two daemons run")
    other.close()


def test_others_see_whether_a_daemon_runs(database: Database, other: Database) -> None:
    assert is_running(other) is False
    with daemon_lock(database):
        assert is_running(other) is True
    assert is_running(other) is False
    with daemon_lock(other):
        pass
    other.close()
