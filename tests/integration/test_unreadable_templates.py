"""A template whose row cannot be read hinders nobody else, and is mended or deleted by command."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from domain.reasons import Reason
from domain.run import RunStatus
from storage.tables import templates
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import listed

FILE = 'name = "{name}"\naccount = "acme"\ntype = "tweet"\ntext = "words"\ndailyCount = 2\n'
BROKEN = ["{not json", '{"name": "a"}']


@pytest.fixture(params=BROKEN)
def ostinato(request: pytest.FixtureRequest, tmp_path: Path) -> CommandLine:
    """Two templates, of which `a` cannot be read any more."""
    made = CommandLine(tmp_path / "home")
    for name in ("a", "b"):
        made.add(FILE.format(name=name), f"{name}.toml")
    with made.database() as database, database.write() as c:
        c.execute(update(templates).where(templates.c.name == "a").values(definition=request.param))
    return made


def file(ostinato: CommandLine, name: str = "a") -> str:
    return str(ostinato.home.parent / f"{name}.toml")


def test_the_others_are_listed_planned_exported_and_applied_and_it_is_named(ostinato: CommandLine) -> None:
    listed = ostinato.json("template", "list")
    assert [each["name"] for each in listed["templates"]] == ["b"]
    assert [each["name"] for each in listed["unreadable"]] == ["a"]
    assert "active, cannot be read" in ostinato("template", "list").stdout
    assert [each["name"] for each in ostinato.json("template", "plan", "--days", "1")["templates"]] == ["b"]
    exported = ostinato.json("template", "export", str(ostinato.home / "out"))["files"]
    assert [each["name"] for each in exported] == ["b"]
    assert ostinato.json("status")["templates"]["active"] == 2
    checks = ostinato.json("doctor", "--offline", code=1)["checks"]
    (found,) = (each for each in checks if each["name"] == "template")
    assert found["level"] == "failed"
    assert "template delete a" in found["remedy"]


@pytest.mark.parametrize("words", [("show", "a"), ("pause", "a"), ("resume", "a"), ("preview", "a"), ("run", "a")])
def test_what_needs_its_definition_is_refused_with_the_remedy(ostinato: CommandLine, words: tuple[str, ...]) -> None:
    said = ostinato.refused("template", *words, code=5)["message"]

    assert "template a cannot be read" in said
    assert "--replace" in said


def test_its_file_takes_its_place_and_it_waits_to_be_resumed(ostinato: CommandLine) -> None:
    before = ostinato.json("template", "list")["unreadable"][0]["id"]

    mended = ostinato.json("template", "add", file(ostinato), "--replace")

    assert (mended["id"], mended["status"], mended["pause_reason"]) == (before, "paused", "invalid_template")
    assert ostinato.json("template", "resume", "a")["status"] == "active"
    with ostinato.database() as database, database.read() as c:
        first = listed(c, template_id=before)[-1]
    assert (first.status, first.reason) == (RunStatus.SKIPPED, Reason.INVALID_TEMPLATE)
    assert "unreadable" not in ostinato.json("template", "list")


def test_a_folder_that_names_it_mends_it(ostinato: CommandLine) -> None:
    folder = ostinato.home.parent
    changed = ostinato.json("template", "apply", str(folder))["templates"]

    assert {each["name"]: each["action"] for each in changed} == {"a": "changed", "b": "adopted"}
    assert ostinato.json("template", "show", "a")["status"] == "paused"


def test_it_can_be_deleted_and_its_name_is_free_again(ostinato: CommandLine) -> None:
    assert ostinato.json("template", "delete", "a")["status"] == "deleted"
    assert "unreadable" not in ostinato.json("template", "list")
    assert ostinato.json("template", "add", file(ostinato))["status"] == "active"


def test_the_kill_switch_takes_it_too_and_its_runs_are_listed(ostinato: CommandLine) -> None:
    ostinato("template", "pause", "--all")
    ostinato("template", "delete", "a", "--dry-run")
    with ostinato.database() as database, database.read() as c:
        assert c.execute(templates.select().where(templates.c.status == "active")).all() == []
    assert ostinato.json("run", "list")["runs"] != []
