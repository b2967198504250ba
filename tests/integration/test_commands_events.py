from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import logs
from domain.errors import SettingsError
from domain.event import EventType
from storage import events
from storage.database import Database
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import event, with_templates

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def shown(ostinato: CommandLine, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in ostinato(*words, "--json").stdout.splitlines()]


@contextmanager
def process(ostinato: CommandLine, *words: str) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "OSTINATO_HOME": str(ostinato.home), **ostinato.environ}
    started = subprocess.Popen(
        [sys.executable, "cli.py", *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


def next_line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    ready, _, _ = select.select([started.stdout], [], [], PATIENCE)
    assert ready, "nothing was printed"
    return started.stdout.readline()


def ended(started: subprocess.Popen[str]) -> int:
    started.send_signal(signal.SIGINT)
    return started.wait(PATIENCE)


def test_events_are_a_line_each_and_can_be_chosen(ostinato: CommandLine) -> None:
    for name in ("one", "two"):
        ostinato.add(FILE.replace("morning", name))
        ostinato("template", "pause", name, "--reason", "a test")
        ostinato("template", "resume", name)

    everything = shown(ostinato, "events")

    assert [each["type"] for each in everything] == ["template.paused", "template.resumed"] * 2
    assert [each["type"] for each in shown(ostinato, "events", "--type", "template.paused")] == ["template.paused"] * 2
    assert shown(ostinato, "events", "--template", "one") == everything[:2]
    assert shown(ostinato, "events", "--limit", "1") == everything[-1:]
    assert shown(ostinato, "events", "--after", str(everything[1]["id"])) == everything[2:]
    assert shown(ostinato, "events", "--after", str(everything[3]["id"])) == []
    assert "template.paused   one, by_owner, a test" in ostinato("events").output


def test_an_event_that_is_not_kept_and_a_template_that_is_not_there_are_told(ostinato: CommandLine) -> None:
    ostinato.refused("events", "--after", "gone", code=4)
    ostinato.refused("events", "--template", "nobody", code=4)


def test_the_newest_events_are_given_in_their_order_on_both_databases(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as connection:
        events.record(connection, [event(EventType.RUN_FAILED, number=number) for number in range(5)])

    with database.read() as connection:
        found = events.newest_events(connection, template_id="t1", limit=3)
        assert [each.data["number"] for each in found] == [2, 3, 4]
        assert events.newest_events(connection, types={EventType.RUN_SUCCEEDED}) == []


def test_following_shows_what_happens_from_now_on_until_it_is_interrupted(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato("template", "pause", "morning")
    with process(ostinato, "events", "--follow", "--json", "--limit", "1") as started:
        assert json.loads(next_line(started))["type"] == "template.paused"
        ostinato("template", "resume", "morning")
        assert json.loads(next_line(started))["type"] == "template.resumed"
        assert ended(started) == 130


def test_following_begins_with_nothing(ostinato: CommandLine) -> None:
    ostinato.add()
    with process(ostinato, "events", "--follow") as started:
        ostinato("template", "pause", "morning")
        assert "template.paused" in next_line(started)


def test_the_log_file_is_read_and_followed(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "ostinato.log"
    ostinato.environ["OSTINATO_LOG_FILE"] = str(path)
    path.write_text(
        '{"event": "daemon.ready", "level": "info"}\n{"event": "run.lost", "level": "warning", "run": "r"}\n'
    )

    assert [each["event"] for each in shown(ostinato, "logs")] == ["daemon.ready", "run.lost"]
    assert [each["event"] for each in shown(ostinato, "logs", "--level", "warning")] == ["run.lost"]
    assert [each["event"] for each in shown(ostinato, "logs", "--run", "r")] == ["run.lost"]
    assert "warning run.lost  run=r" in ostinato("logs").output
    with process(ostinato, "logs", "--follow", "--limit", "1") as started:
        assert "run.lost" in next_line(started)
        with path.open("a") as file:
            file.write('{"event": "daemon.stopped", "level": "info"}\n')
        assert "daemon.stopped" in next_line(started)
        assert ended(started) == 130


def test_without_a_log_file_the_setting_is_named(ostinato: CommandLine) -> None:
    assert "OSTINATO_LOG_FILE" in ostinato.refused("logs", code=3)["fields"]


def test_a_log_file_that_is_not_there_yet_is_told(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.environ["OSTINATO_LOG_FILE"] = str(tmp_path / "ostinato.log")

    result = ostinato("logs")

    assert result.stdout == ""
    assert f"there is no log at {tmp_path / 'ostinato.log'} yet" in result.stderr


def test_a_log_file_that_cannot_be_written_stops_the_daemon_at_its_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="OSTINATO_LOG_FILE"):
        logs.configure("info", "json", tmp_path / "nowhere" / "ostinato.log")


def test_the_daemon_logs_to_its_file_and_to_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "ostinato.log"
    script = (
        "import pathlib, logging, structlog; from commands import logs;"
        f"logs.configure('info', 'console', pathlib.Path({str(path)!r}));"
        "structlog.get_logger('x').info('daemon.ready', owner='me');"
        "structlog.get_logger('x').debug('no');"
        "logging.getLogger('other').warning('hm')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("daemon.ready", "info"), ("hm", "warning")]
    assert lines[0]["owner"] == "me"
    assert "daemon.ready" in done.stderr
    assert "hm" in done.stderr
