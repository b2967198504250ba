"""What the command line says of a fleet, and of its database before there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from commands.daemon_lock import daemon_lock
from storage.database import open_database
from tests.integration.command_line import CommandLine

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.parametrize("dialect", ["postgresql"])


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.mark.parametrize(("there", "missing"), [("scheduler", "worker"), ("worker", "scheduler")])
def test_status_and_doctor_name_the_role_that_is_missing(
    ostinato: CommandLine, database_url: str, there: str, missing: str
) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = database_url
    database = open_database(database_url)
    with daemon_lock(database, shared=True, role=there):
        shown, said = ostinato.json("status"), ostinato("status").output
        (check,) = [each for each in ostinato.json("doctor", "--offline")["checks"] if each["name"] == "daemon"]
    database.close()

    assert (shown["daemon"], shown["daemons"], shown["missing_role"]) == ("running", {there: 1}, missing)
    assert f"daemons: 1 {there}" in said
    assert f"start `ostinato daemon --role {missing}`" in said
    assert (check["level"], check["remedy"]) == ("warning", f"start `ostinato daemon --role {missing}`")


def test_runs_that_wait_where_no_worker_runs_are_a_failure(ostinato: CommandLine, database_url: str) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = database_url
    ostinato.add()
    ostinato("template", "run", "morning")
    database = open_database(database_url)
    with daemon_lock(database, shared=True, role="scheduler"):
        assert ostinato.json("status", code=1)["failed"] is True
        worker = open_database(database_url)
        with daemon_lock(worker, shared=True, role="worker"):
            assert ostinato.json("status")["failed"] is False
        worker.close()
    database.close()


def test_an_empty_database_is_told_as_such_and_filled_by_the_first_command(
    ostinato: CommandLine, empty_url: str
) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = empty_url
    found = {each["name"]: each for each in ostinato.json("doctor", "--offline")["checks"]}

    assert found["database"]["level"] == "warning"
    assert "`ostinato db upgrade` makes them" in found["database"]["remedy"]
    assert "--sandbox" in found["key"]["remedy"]
    assert ostinato.json("template", "list") == {"templates": []}
    assert {each["level"] for each in ostinato.json("doctor", "--offline")["checks"]} <= {"ok", "warning"}


def test_programs_that_start_at_once_on_an_empty_database_make_its_tables_once(
    ostinato: CommandLine, empty_url: str
) -> None:
    words = [sys.executable, str(ROOT / "cli.py"), "status"]
    environ = {**os.environ, "OSTINATO_HOME": str(ostinato.home), "OSTINATO_DATABASE": empty_url}
    started = [subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    ended = [(process.communicate(timeout=60)[0].decode(), process.returncode) for process in started]

    assert [code for _, code in ended] == [0, 0, 0], ended


def test_a_database_of_somebody_else_is_no_empty_one(ostinato: CommandLine, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE songs (title text)")
    ostinato.environ["OSTINATO_DATABASE"] = empty_url

    assert "not Ostinato's" in ostinato("doctor", "--offline", code=1).output
    assert "not Ostinato's" in ostinato("db", "upgrade", "--dry-run", code=7).stderr
    assert "not Ostinato's" in ostinato("status", code=7).stderr


def test_a_server_that_is_too_old_is_told(ostinato: CommandLine, empty_url: str) -> None:
    says = (
        "CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS $$SELECT 'PostgreSQL 13.9 on x'$$"
    )
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(says)
    ostinato.environ["OSTINATO_DATABASE"] = empty_url

    assert "the server is PostgreSQL 13.9" in ostinato("doctor", "--offline", code=1).output
    assert "upgrade it to 14" in ostinato("template", "list", code=7).stderr


def test_a_user_who_may_make_no_tables_is_told_whose_the_database_must_be(
    ostinato: CommandLine, empty_url: str
) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_here LOGIN")
    try:
        ostinato.environ["OSTINATO_DATABASE"] = empty_url.replace("postgresql://postgres", "postgresql://nobody_here")

        assert "its user may not make any" in ostinato("doctor", "--offline", code=1).output
        assert "the owner of the database" in ostinato("db", "upgrade", code=7).stderr
    finally:
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute("DROP ROLE nobody_here")
