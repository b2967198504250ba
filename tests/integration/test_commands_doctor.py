from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from commands.daemon_lock import daemon_lock
from sandbox.serve import SandboxServer
from tests.integration.callback_receiver import receiving
from tests.integration.command_line import FILE, CommandLine
from tests.integration.test_commands_outside import RSS, serving

NOBODY = "http://127.0.0.1:1/in"


@pytest.fixture
def ostinato(tmp_path: Path, sandbox: SandboxServer) -> CommandLine:
    environ = {
        "OSTINATO_XQUIK_URL": sandbox.base_url,
        "OSTINATO_XQUIK_KEY": "xq_test",
        "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    return CommandLine(tmp_path / "home", environ)


def examined(ostinato: CommandLine, *words: str, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    """The checks by their name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for check in ostinato.json("doctor", *words, code=code)["checks"]:
        assert check["level"] == "ok" or check["remedy"]
        found.setdefault(check["name"], []).append(check)
    return found


def levels(checks: list[dict[str, Any]]) -> set[str]:
    return {check["level"] for check in checks}


def template(url: str, account: str = "ostinato_lab") -> str:
    return FILE.replace("https://example.com/news", url).replace("acme", account)


def test_everything_in_order_is_told_and_nobody_is_told_anything(ostinato: CommandLine) -> None:
    with serving({"/feed.xml": ("application/rss+xml", RSS)}) as site, receiving() as receiver:
        ostinato.add(f'callback_url = "{receiver.address}/in"\n' + template(f"{site}/feed.xml"))
        with ostinato.database() as database, daemon_lock(database, shared=True):
            found = examined(ostinato)

    assert {name for name, checks in found.items() if levels(checks) != {"ok"}} <= {"disk", "time zones"}
    assert {"settings", "database", "key", "clock", "credits", "account", "source", "callback", "daemon"} <= set(found)
    assert receiver.received == []


def test_the_table_of_a_template_is_read_as_its_pages_and_feeds_are(ostinato: CommandLine) -> None:
    with serving({}) as site:
        text = template("").replace('url = ""', f'csv = "{site}/gone.csv"')
        ostinato.add(text)
        (found,) = examined(ostinato, code=1)["source"]

    assert (found["level"], "/gone.csv: " in found["message"]) == ("failed", True)


def test_each_thing_that_is_wrong_is_a_failure_of_its_own(ostinato: CommandLine) -> None:
    ostinato.environ |= {"OSTINATO_NOTIFY_COMMAND": "/nonexistent/notify", "OSTINATO_HOOK": "nowhere:hook"}
    with serving({}) as site:
        ostinato.add(f'callback_url = "{NOBODY}"\n' + template(f"{site}/gone", "stranger"))
        (ostinato.home / "secret.key").chmod(0o644)
        found = examined(ostinato, code=1)

    wrong = {name for name, checks in found.items() if "failed" in levels(checks)}
    assert wrong == {"file modes", "account", "source", "callback", "notify command", "hook"}
    assert "404" in found["source"][0]["message"]
    assert "morning" in found["source"][0]["remedy"]
    assert found["daemon"][0]["level"] == "warning"


def test_a_key_that_is_refused_is_told_with_the_apis_words(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "wrong"
    ostinato("template", "list")

    assert levels(examined(ostinato, code=1)["key"]) == {"failed"}


def test_offline_nothing_outside_is_reached(ostinato: CommandLine) -> None:
    ostinato.add()

    assert not {"key", "API", "clock", "source", "callback"} & set(examined(ostinato, "--offline"))


def test_looking_at_nothing_makes_no_database(ostinato: CommandLine) -> None:
    ostinato.new = True
    found = examined(ostinato)

    assert found["database"][0]["level"] == "warning"
    assert not ostinato.home.exists()


def test_wrong_settings_are_checks_that_failed(ostinato: CommandLine) -> None:
    ostinato.environ |= {"OSTINATO_WORKERS": "many", "OSTINATO_LEASE": "soon"}

    assert len(examined(ostinato, code=1)["settings"]) == 2


def test_a_database_of_another_version_names_the_upgrade(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    with sqlite3.connect(ostinato.home / "ostinato.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()

    assert "db upgrade" in examined(ostinato, code=1)["database"][0]["remedy"]


def test_a_file_that_is_no_database_is_a_failure(ostinato: CommandLine) -> None:
    ostinato.home.mkdir(mode=0o700)
    (ostinato.home / "ostinato.db").write_text("this is no database at all, but it is long enough for one\n" * 20)

    assert levels(examined(ostinato, code=1)["database"]) == {"failed"}


def test_the_doctor_looks_at_both_databases(ostinato: CommandLine, database_url: str) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = database_url

    assert levels(examined(ostinato)["database"]) == {"ok"}


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({}, "ok"),
        ({"OSTINATO_MODEL": "small"}, "warning"),
        ({"OPENAI_API_KEY": "sk-1"}, "warning"),
        ({"OSTINATO_MODEL": "small", "OPENAI_API_KEY": "sk-1"}, "ok"),
        ({"OSTINATO_MODEL": "small", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "ok"),
    ],
)
def test_a_model_that_is_set_in_part_is_told(ostinato: CommandLine, environ: dict[str, str], level: str) -> None:
    ostinato.environ |= environ

    assert levels(examined(ostinato, "--offline")["model"]) == {level}


def test_a_secret_that_others_can_read_is_told(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    (ostinato.home / "xquik.key").write_text("xq_1")
    (ostinato.home / "xquik.key").chmod(0o640)

    (wrong,) = [each for each in examined(ostinato, "--offline", code=1)["file modes"] if each["level"] == "failed"]
    assert wrong["remedy"] == f"chmod 600 {ostinato.home / 'xquik.key'}"


def test_a_person_reads_a_line_for_each_check_and_its_remedy(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "wrong"
    ostinato("template", "list")
    output = ostinato("doctor", code=1).output

    assert "failed   key: " in output
    assert "→ check OSTINATO_XQUIK_KEY" in output


def test_a_feed_that_no_template_uses_is_named_as_unused(ostinato: CommandLine) -> None:
    ostinato("feed", "add", "--unread", "https://example.com/used.xml")
    ostinato.add(FILE.replace('url = "https://example.com/news"', 'feeds = ["https://example.com/used.xml"]'))
    ostinato("feed", "add", "--unread", "https://example.com/left.xml")

    used, left = ostinato.json("feed", "list")["feeds"]
    (told,) = examined(ostinato, "--offline")["feed"]

    assert (used["templates"], left["templates"]) == (["morning"], [])
    assert "unused" in ostinato("feed", "list").stdout
    assert told["level"] == "warning"
    assert told["remedy"].startswith(f"`ostinato feed remove {left['id']}`")
