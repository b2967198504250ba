from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from commands import logs
from domain.event import EventType, NewEvent
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from storage import events
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import NOW

ROOT = Path(__file__).parents[2]
PLAIN = 'name = "a"\naccount = "{account}"\ntype = "tweet"\ntext = "x"\n'


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def unreachable(ostinato: CommandLine) -> Iterator[CommandLine]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v1"
        ostinato.environ |= {"OSTINATO_XQUIK_URL": url, "OSTINATO_XQUIK_KEY": "xq_1"}
        yield ostinato


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [("template", "list"), ("template", "list", "--json"), ("--help",)])
def test_an_output_that_cannot_be_written_is_one_line_and_no_traceback(
    ostinato: CommandLine, words: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "cli.py", *words],
            cwd=ROOT,
            env={**os.environ, "OSTINATO_HOME": str(ostinato.home)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )

    assert done.returncode == 8
    assert done.stderr.startswith("Error: cannot write")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_closed_output_is_no_error(ostinato: CommandLine) -> None:
    ostinato.add()
    shell = f"{sys.executable} cli.py template list >&-"
    environ = {**os.environ, "OSTINATO_HOME": str(ostinato.home)}
    done = subprocess.run(
        ["/bin/sh", "-c", shell], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True, check=False, timeout=30
    )

    assert "Traceback" not in done.stderr


def test_a_template_is_not_read_from_a_pipe(ostinato: CommandLine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")

    error = ostinato.refused("template", "add", str(tmp_path / "pipe.toml"), code=2)

    assert "is not a regular file" in error["message"]


def test_a_feed_number_that_no_database_holds_is_not_found(ostinato: CommandLine) -> None:
    assert ostinato.refused("feed", "remove", "9" * 23, code=4)["code"] == "not_found"


@pytest.mark.parametrize("words", [("account", "list"), ("score", "Hello"), ("template", "preview", "a", "--sample")])
def test_an_api_that_is_not_there_is_named_with_the_remedy_and_once(
    unreachable: CommandLine, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    unreachable.add(PLAIN.format(account="acme"))

    error = unreachable(*words, code=6).stderr

    assert f"cannot reach {unreachable.environ['OSTINATO_XQUIK_URL']}: is it running? set OSTINATO_XQUIK_URL" in error
    assert "stamina" not in error + capfd.readouterr().err
    assert error.count("\n") == 1


def test_a_template_of_an_account_that_the_key_has_not_is_added_with_a_warning(
    ostinato: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "a.toml"
    with SandboxServer(SandboxOptions(limits=False)) as server:
        ostinato.environ |= {"OSTINATO_XQUIK_URL": server.base_url, "OSTINATO_XQUIK_KEY": "xq_test"}
        path.write_text(PLAIN.format(account="nobody_here"))
        assert "the API key has no account nobody_here" in ostinato("template", "add", str(path)).stderr
        path.write_text(PLAIN.format(account="Ostinato_Demo"))
        assert ostinato("template", "add", "--replace", str(path)).stderr == ""


def test_a_template_is_added_without_a_warning_when_nobody_answers(unreachable: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(PLAIN.format(account="acme"))

    assert unreachable("template", "add", str(path)).stderr == ""


def test_replacing_a_template_that_is_not_there_adds_it(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(PLAIN.format(account="acme"))

    assert ostinato("template", "add", "--replace", str(path)).output.startswith("added a ")
    assert ostinato("template", "add", "--replace", str(path)).output.startswith("replaced a ")


def test_a_preview_tells_that_the_template_is_paused_and_the_clock_of_its_zone(ostinato: CommandLine) -> None:
    ostinato.add(FILE.replace('times = ["09:00"]', 'times = ["09:00"]\nweekdays = ["mon", "fri"]'))
    ostinato("template", "pause", "morning")

    said = ostinato("template", "preview", "morning", "--count", "2").output

    assert "on Mondays, Fridays at 09:00 (Europe/Berlin)" in said
    assert "it is paused: none of these slots runs; `ostinato template resume morning`" in said
    assert "Monday 09:00 Europe/Berlin" in said
    assert "Friday 09:00 Europe/Berlin" in said


def test_a_webhook_that_nobody_answers_at_is_named(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_ALLOW_NETWORKS"] = "127.0.0.0/8"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/hook"
        ostinato.add(f'callback_url = "{url}"\n' + FILE)
        (hook,) = ostinato.json("callback", "list")["webhooks"]

        error = ostinato.refused("callback", "test", hook["id"][:8], code=8)

    assert error["message"].startswith(f"{url}: ")


def test_a_delivery_that_waits_behind_another_says_so(ostinato: CommandLine) -> None:
    ostinato.add('callback_url = "https://hooks.example/in"\n' + FILE)
    template = ostinato.json("template", "show", "morning")
    with ostinato.database() as database, database.write() as connection:
        events.record(
            connection,
            [NewEvent(name, EventType.RUN_FAILED, NOW, {}, template_id=template["id"]) for name in ("e1", "e2")],
        )

    second, first = ostinato.json("callback", "list")["deliveries"]

    assert (first["event_id"], first["waits_for_an_earlier_one"]) == ("e1", False)
    assert (second["event_id"], second["waits_for_an_earlier_one"]) == ("e2", True)
    assert ostinato("callback", "list").output.count("after an earlier one") == 1


def test_a_notify_command_that_is_not_there_is_told_at_start(ostinato: CommandLine) -> None:
    ostinato.environ |= {"OSTINATO_NOTIFY_COMMAND": "no-such-program --now", "OSTINATO_XQUIK_KEY": "xq_1"}

    error = ostinato("daemon", code=3).stderr

    assert "OSTINATO_NOTIFY_COMMAND" in error
    assert "no-such-program, which is not found" in error


def test_the_known_fields_are_listed_once(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(PLAIN.format(account="acme") + "qqqqq = 1\nzzzzz = 2\n")

    error = ostinato("template", "add", str(path), code=2).stderr

    assert error.count("known are") == 1
    assert error.count("unknown field") == 2


def test_the_log_has_instants_as_iso_8601() -> None:
    said = io.StringIO()
    with redirect_stderr(said):
        try:
            logs.configure("info", "json")
            structlog.get_logger("test").info("limited", until=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
        finally:
            structlog.reset_defaults()

    assert json.loads(said.getvalue())["until"] == "2026-03-01T09:30:00+00:00"


@pytest.mark.parametrize(
    ("kind", "type_"), [("feed", EventType.FEED_FAILING), ("calendar", EventType.CALENDAR_FAILING)]
)
def test_a_source_that_keeps_failing_is_named_with_where_to_look(
    ostinato: CommandLine, kind: str, type_: EventType
) -> None:
    ostinato("template", "list")
    source = {"url": "https://example.com/source", "failures": 3, "error": "there is no such page (404)"}
    with ostinato.database() as database, database.write() as c:
        events.record(c, [NewEvent("e1", type_, NOW, {kind: source})])

    told, listed = ostinato("status", code=1).stdout, ostinato("events").stdout

    assert f"{type_}  https://example.com/source; there is no such page (404); see `ostinato {kind} list`" in told
    assert "https://example.com/source, there is no such page (404)" in listed
