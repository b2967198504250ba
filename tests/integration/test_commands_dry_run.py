from __future__ import annotations

from pathlib import Path

import pytest

from domain.reasons import Reason
from domain.template import TemplateStatus
from storage import templates
from storage.database import Database, Rehearsal
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import NOW, state, template


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def statuses(ostinato: CommandLine) -> dict[str, str]:
    return {each["name"]: each["status"] for each in ostinato.json("template", "list", "--deleted")["templates"]}


def events(ostinato: CommandLine) -> int:
    with ostinato.database() as database, database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one())


def test_what_is_tried_is_shown_and_not_kept(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text(FILE)

    tried = ostinato.json("template", "add", str(path), "--dry-run")

    assert (tried["name"], tried["status"], tried["dry_run"]) == ("morning", "active", True)
    assert statuses(ostinato) == {}
    assert "dry_run" not in ostinato.json("template", "add", str(path))


@pytest.mark.parametrize(
    "words",
    [
        ["template", "pause", "morning"],
        ["template", "pause", "--all"],
        ["template", "delete", "morning"],
        ["template", "run", "morning"],
        ["feed", "add", "https://example.com/other.xml", "--unread"],
        ["feed", "remove", "1"],
    ],
)
def test_trying_changes_nothing_and_tells_nobody(ostinato: CommandLine, words: list[str]) -> None:
    ostinato.add()
    ostinato.json("feed", "add", "https://example.com/feed.xml", "--unread")
    before = statuses(ostinato), events(ostinato), ostinato.json("feed", "list"), ostinato.json("run", "list")

    assert ostinato.json(*words, "--dry-run")["dry_run"] is True
    assert ostinato(*words, "--dry-run").output.startswith("dry run, nothing is kept:\n")

    assert (statuses(ostinato), events(ostinato), ostinato.json("feed", "list"), ostinato.json("run", "list")) == before


def test_trying_is_refused_as_doing_is(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.add()
    (tmp_path / "bad.toml").write_text('name = "x"\n')

    ostinato.refused("template", "add", str(tmp_path / "morning.toml"), "--dry-run", code=5)
    ostinato.refused("template", "add", str(tmp_path / "bad.toml"), "--dry-run", code=2)
    ostinato.refused("template", "pause", "nobody", "--dry-run", code=4)
    ostinato.refused("callback", "redeliver", "none", "--dry-run", code=4)
    ostinato.refused("post", "settle", "none", "--not-posted", "--dry-run", code=4)


def test_a_rehearsal_keeps_nothing_on_either_database(database: Database) -> None:
    rehearsal = Rehearsal(database.url, database.engine)
    with rehearsal.write() as connection:
        templates.insert(connection, template(), state())
        assert templates.get(connection, "t1").template == template()

    with database.read() as connection:
        assert templates.list_all(connection) == []


def test_the_kill_switch_pauses_all_and_ends_what_waits(ostinato: CommandLine) -> None:
    for name in ("one", "two", "three"):
        ostinato.add(FILE.replace("morning", name))
    ostinato("template", "pause", "three")
    run_id = ostinato.json("template", "run", "one")["run_id"]

    paused = ostinato.json("template", "pause", "--all", "--reason", "moving")

    assert [each["name"] for each in paused["templates"]] == ["one", "two"]
    assert [each["cancelled_runs"] for each in paused["templates"]] == [1, 0]
    assert set(statuses(ostinato).values()) == {"paused"}
    assert ostinato.json("run", "show", run_id)["reason"] == "paused"
    assert ostinato.json("template", "show", "one")["pause_note"] == "moving"
    assert ostinato.json("template", "show", "three")["pause_note"] is None
    assert "no template is active" in ostinato("template", "pause", "--all").output


def test_the_kill_switch_stops_a_template_that_cannot_be_read(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato.add(FILE.replace("morning", "broken"), "broken.toml")
    with ostinato.database() as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE templates SET definition = '{}' WHERE name = 'broken'")

    ostinato("template", "pause", "--all")

    with ostinato.database() as database, database.read() as connection:
        found = connection.exec_driver_sql("SELECT status, next_slot_at FROM templates").all()
    assert [tuple(row) for row in found] == [("paused", None)] * 2


def test_resuming_all_leaves_what_ostinato_paused_itself(ostinato: CommandLine) -> None:
    for name in ("one", "two"):
        ostinato.add(FILE.replace("morning", name))
    with ostinato.database() as database, database.write() as connection:
        two = templates.get(connection, "two").template.id
        templates.set_status(connection, two, TemplateStatus.PAUSED, now=NOW, reason=Reason.API_BLOCKED)
    ostinato("template", "pause", "--all")

    resumed = ostinato.json("template", "resume", "--all")

    assert [each["name"] for each in resumed["templates"]] == ["one"]
    assert resumed["refused"] == []
    assert statuses(ostinato) == {"one": "active", "two": "paused"}


def test_one_that_cannot_be_resumed_does_not_stop_the_others(ostinato: CommandLine) -> None:
    for name in ("one", "two"):
        ostinato.add(FILE.replace("morning", name))
    ostinato("template", "pause", "--all")
    with ostinato.database() as database, database.write() as connection:
        connection.exec_driver_sql(
            """UPDATE templates SET definition = json_set(definition, '$.schedule.end', '2020-01-01T00:00:00Z')
            WHERE name = 'one'"""
        )

    resumed = ostinato.json("template", "resume", "--all")

    assert [each["name"] for each in resumed["templates"]] == ["two"]
    assert resumed["refused"][0]["template"] == "one"


def test_one_name_or_all_of_them(ostinato: CommandLine) -> None:
    for words in (["pause"], ["resume"], ["pause", "x", "--all"], ["resume", "x", "--all"]):
        assert ostinato.refused("template", *words, code=2)["code"] == "usage"
