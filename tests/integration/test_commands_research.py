from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.shown import output_schemas
from storage import research
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW
from tests.integration.test_researched import REPORT
from tests.json_schema import misfits


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def finish(ostinato: CommandLine) -> None:
    with ostinato.database() as database, database.write() as c:
        claimed = research.claim(c, owner="w", now=NOW, lease=NOW - NOW)
        assert claimed is not None
        research.finish(c, claimed[1], text="trams\n\n[1] Tram", report=REPORT, rejected=(), failure=None, now=NOW)


def test_research_is_started_listed_and_shown(ostinato: CommandLine) -> None:
    made = ostinato.json("research", "start", "harbour trams", "--url", "https://e.org/a", "--feed", "https://e.org/f")
    finish(ostinato)

    shown = ostinato.json("research", "show", made["id"])
    assert (made["status"], made["urls"], made["feeds"]) == ("queued", ["https://e.org/a"], ["https://e.org/f"])
    assert (shown["status"], shown["report"]["citations"][0]["url"]) == ("done", "https://e.org/tram")
    assert [each["id"] for each in ostinato.json("research", "list")["research"]] == [made["id"]]
    assert "[1] Tram" in ostinato("research", "show", made["id"]).output
    assert "harbour trams" in ostinato("research", "list").output


def test_research_that_recurs_is_started_edited_paused_and_resumed(ostinato: CommandLine) -> None:
    words = ("trams", "--daily-count", "2", "--until", "2199-01-01", "--callback-data", " mine")
    made = ostinato.json("research", "start", *words)

    assert made["callback_data"] == " mine"
    assert ostinato.json("research", "recurring", "edit", made["id"], "--topic", "ferries")["topic"] == "ferries"
    assert ostinato.json("research", "recurring", "pause", made["id"])["status"] == "paused"
    assert ostinato.json("research", "recurring", "resume", made["id"])["status"] == "active"
    assert ostinato.json("research", "recurring", "edit", made["id"], "--no-end")["until"] is None
    assert ostinato.json("research", "recurring", "show", made["id"])["research"] == []
    assert [each["id"] for each in ostinato.json("research", "recurring", "list")["recurring"]] == [made["id"]]
    assert "ferries, 2 a day" in ostinato("research", "recurring", "show", made["id"]).output


def test_a_project_is_added_changed_and_removed(ostinato: CommandLine) -> None:
    made = ostinato.json("project", "add", "Acme", "--description", "Dry.", "--colour", "#0a7cff")

    assert ostinato.json("project", "edit", made["id"], "--description", "Kind.")["colours"] == ["#0a7cff"]
    assert ostinato.json("project", "show", made["id"])["description"] == "Kind."
    assert "Acme" in ostinato("project", "list").output
    assert ostinato.json("project", "remove", made["id"])["deleted_at"] is not None
    assert ostinato.json("project", "list")["projects"] == []
    assert len(ostinato.json("project", "list", "--deleted")["projects"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["research", "start", "trams"],
        ["research", "start", "trams", "--daily-count", "1"],
        ["project", "add", "Acme", "--description", "Dry."],
    ],
)
def test_what_is_tried_is_not_kept(ostinato: CommandLine, words: list[str]) -> None:
    assert ostinato.json(*words, "--dry-run")["dry_run"] is True

    kept = ostinato.json("research", "list"), ostinato.json("research", "recurring", "list")
    assert (*kept, ostinato.json("project", "list")) == ({"research": []}, {"recurring": []}, {"projects": []})


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["research", "start", " "], 2, "topic: is empty"),
        (["research", "start", "t", "--feed", "7"], 2, "there is no feed 7"),
        (["research", "start", "t", "--until", "2199-01-01"], 2, "--daily-count"),
        (["research", "start", "t", "--daily-count", "25"], 2, "25"),
        (["research", "start", "t", "--daily-count", "1", "--until", "2001-01-01"], 2, "in the past"),
        (["research", "start", "t", "--callback-data", "x" * 501], 2, "at most 500"),
        (["research", "show", "gone"], 4, "research list"),
        (["research", "recurring", "pause", "gone"], 4, "recurring list"),
        (["project", "add", "Acme"], 2, "give a description or a url"),
        (["project", "show", "gone"], 4, "project list"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(ostinato: CommandLine, words: list[str], code: int, said: str) -> None:
    assert said in ostinato(*words, code=code).output


def test_what_the_commands_print_fits_its_schema(ostinato: CommandLine) -> None:
    again = ostinato.json("research", "start", "trams", "--daily-count", "1")
    made = ostinato.json("research", "start", "trams")
    about = ostinato.json("project", "add", "Acme", "--description", "Dry.")

    for name, printed in (("research", made), ("recurring_research", again), ("project", about)):
        schema = output_schemas.output()
        assert misfits(printed, {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}) == []
