"""One daemon for each database, on both kinds."""

from __future__ import annotations

import os

import pytest

from commands.daemon_lock import daemon_lock, is_running, roles
from commands.session_lock import patiently
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
        daemon_lock(other, shared=True),
    ):
        raise AssertionError("two daemons run")
    other.close()


def test_others_see_whether_a_daemon_runs(database: Database, other: Database) -> None:
    assert is_running(other) is False
    with daemon_lock(database, shared=True):
        assert is_running(other) is True
    assert patiently(lambda: not is_running(other))  # PostgreSQL ends a session a moment after its client has gone
    with daemon_lock(database):  # a restore is none
        assert is_running(other) is False
    with daemon_lock(other):
        pass
    other.close()


def test_a_command_that_needs_the_database_alone_is_told_of_a_daemon_and_not_of_another(
    database: Database, other: Database
) -> None:
    with (
        daemon_lock(database, shared=True),
        pytest.raises(Conflict, match=rf"^a daemon \(process {os.getpid()}.*stop it first"),
        daemon_lock(other),
    ):
        raise AssertionError("both had it")
    other.close()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_others_see_what_each_daemon_of_a_fleet_does(database: Database, other: Database) -> None:
    with daemon_lock(database, shared=True, role="scheduler"), daemon_lock(other, shared=True, role="worker"):
        assert sorted(roles(database)) == ["scheduler", "worker"]
        third = open_database(database.url)
        with (
            pytest.raises(Conflict, match=r"^daemons \(processes .*, .*\) run on .*; stop all of them first"),
            daemon_lock(third),
        ):
            raise AssertionError("all had it")
        third.close()
    with daemon_lock(database, shared=True):
        assert roles(other) == ["all"]
    other.close()
