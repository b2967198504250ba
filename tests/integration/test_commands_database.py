from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.integration.command_line import FILE, CommandLine


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def test_a_new_database_gets_its_tables_by_itself(ostinato: CommandLine) -> None:
    assert ostinato.json("template", "list") == {"templates": []}
    assert ostinato.json("db", "upgrade")["schema"]


@pytest.mark.parametrize(("version", "said"), [("0000", "run `ostinato db upgrade`"), ("9999", "newer")])
def test_a_database_of_another_version_is_not_touched(ostinato: CommandLine, version: str, said: str) -> None:
    ostinato("template", "list")
    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.close()

    error = ostinato.refused("template", "list", code=7)

    assert error["code"] == "database"
    assert said in error["message"]


@pytest.mark.parametrize("words", [["daemon"], ["status"], ["template", "edit", "morning", "--set", "count=2"]])
def test_nothing_but_db_upgrade_changes_the_schema(ostinato: CommandLine, words: list[str]) -> None:
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "xq_test"
    ostinato("template", "list")
    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        connection.execute("DROP INDEX uq_runs_retry_of")
        connection.execute("UPDATE alembic_version SET version_num = '0010'")
        before = list(connection.iterdump())
    connection.close()

    assert "run `ostinato db upgrade`" in ostinato(*words, code=7).stderr

    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        assert list(connection.iterdump()) == before
    connection.close()


def test_an_upgrade_that_is_tried_says_from_what_to_what(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
    connection.close()

    tried = ostinato.json("db", "upgrade", "--dry-run")

    assert (tried["was"], tried["schema"] > "0005", tried["dry_run"]) == ("0005", True, True)
    assert "run `ostinato db upgrade`" in ostinato("status", code=7).stderr


def test_a_newer_database_is_not_upgraded(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert "newer" in ostinato("db", "upgrade", code=7).stderr


def test_a_database_of_somebody_else_is_not_touched(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    ostinato.environ["OSTINATO_DATABASE"] = f"sqlite:///{path}"

    assert "not Ostinato's" in ostinato("template", "list", code=7).stderr


def test_a_file_that_is_no_database_is_told(ostinato: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database at all, but it is long enough to look like one\n" * 20)
    ostinato.environ["OSTINATO_DATABASE"] = f"sqlite:///{tmp_path}/text.db"

    assert "cannot be used" in ostinato("template", "list", code=7).stderr


def test_a_server_that_does_not_answer_is_told(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"

    error = ostinato("template", "list", code=7).stderr

    assert "cannot be used" in error
    assert "hunter2" not in error


def test_a_key_file_that_others_can_read_is_refused(ostinato: CommandLine) -> None:
    ostinato.add('callback_url = "https://hooks.example/in"\n' + FILE)
    (ostinato.home / "secret.key").chmod(0o644)

    assert "chmod 600" in ostinato("callback", "test", "morning", code=3).stderr


def test_the_commands_work_alike_on_both_databases(ostinato: CommandLine, database_url: str) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = database_url
    ostinato.add('callback_url = "https://hooks.example/in"\n' + FILE)
    ostinato("template", "pause", "morning")
    ostinato("template", "resume", "morning")
    run_id = ostinato.json("template", "run", "morning")["run_id"]

    assert ostinato.json("run", "why", run_id)["status"] == "queued"
    standing = ostinato.json("status", code=1)  # nobody works on it
    assert (standing["runs"]["queued"], standing["failed"]) == (1, True)
    assert "no daemon runs; start `ostinato daemon`" in ostinato("status", code=1).stdout
    assert ostinato.json("callback", "list")["webhooks"][0]["template"] == "morning"
    ostinato("template", "delete", "morning")
    assert ostinato.json("run", "show", run_id)["reason"] == "cancelled"


def test_a_database_without_tables_gets_them_on_both_dialects(ostinato: CommandLine, empty_url: str) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = empty_url

    assert ostinato.json("template", "list") == {"templates": []}
