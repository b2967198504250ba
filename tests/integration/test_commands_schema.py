from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callbacks.envelope import envelope
from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.event import Event, EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome, Publication
from domain.template_document import to_document
from domain.template_document.names import FIELDS
from scheduler.operations.template_files import read_file
from scheduler.shown import event_schemas, output_schemas, schemas, views
from scheduler.shown.provenance import Traced, traced_view
from storage import events
from storage.database import Database
from tests.integration.command_line import CommandLine
from tests.integration.scheduler_house import UNCLEAR, House, draft
from tests.integration.storage_values import NOW, template
from tests.json_schema import misfits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def shape(name: str) -> dict[str, Any]:
    """The schema of one kind of output."""
    whole = output_schemas.output()
    return {"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]}


def plain(value: Any) -> Any:
    """A view as JSON has it."""
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.[tyj][oas][mo]*")), ids=lambda path: path.name)
def test_every_example_fits_the_schema(path: Path) -> None:
    assert misfits(plain(read_file(path)), schemas.template()) == []


def test_what_a_template_is_written_back_as_fits() -> None:
    assert misfits(to_document(template(name="morning")), schemas.template()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "With Blanks"}, ".name"),
        ({"type": "poem"}, ".type"),
        ({"count": 11}, ".count"),
        ({"count": True}, ".count"),
        ({"minimumScore": 101}, ".minimumScore"),
        ({"dailyCount": 0}, ".dailyCount"),
        ({"colour": "red"}, "colour is not known"),
        ({"schedule": {"times": ["nine"]}}, ".schedule.times[0]"),
        ({"schedule": {"months": ["jan-"]}}, ".schedule.months"),
        ({"schedule": {"weekdays": "monday"}}, ".schedule.weekdays"),
        ({"schedule": {"overlap": "both"}}, ".schedule.overlap"),
        ({"schedule": {"time": ["09:00"]}}, "time is not known"),
        ({"schedule": {"times": ["9:00"]}}, ".schedule.times[0]"),
        ({"url": "ftp://example.com"}, ".url"),
        ({"feeds": [{"url": "https://example.com/feed", "backlog": "some"}]}, ".feeds[0]"),
        ({"text": "x" * 20_001}, ".text"),
        ({"projectIds": ["p q"]}, ".projectIds"),
        ({"is_scheduled": False}, ".is_scheduled"),
    ],
)
def test_what_would_be_refused_does_not_fit(change: dict[str, Any], named: str) -> None:
    good: dict[str, Any] = {
        "name": "morning",
        "account": "@acme",
        "type": "tweet",
        "text": "words",
        "projectIds": [],
        "prompt": None,
        "schedule": {"times": ["09:00"]},
    }

    assert misfits(good, schemas.template()) == []
    assert [each for each in misfits(good | change, schemas.template()) if named in each]
    assert misfits({"name": "morning"}, schemas.template()) == [": account is missing", ": type is missing"]


def test_every_field_may_be_written_in_both_spellings() -> None:
    properties = schemas.template()["properties"]

    assert set(FIELDS) <= set(properties)
    assert properties["dailyCount"] == properties["daily_count"]


def test_every_event_that_a_run_makes_fits(database: Database) -> None:
    house = House(database)
    house.template()
    house.template("t2")
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.plan()
    house.work()
    house.clock.advance(days=3)
    house.plan()
    house.work()

    with database.read() as connection:
        recorded = events.list_events(connection)
    assert len({each.type for each in recorded}) >= 4
    assert [misfits(plain(envelope(each)), event_schemas.event()) for each in recorded] == [[]] * len(recorded)
    wrong = plain(envelope(replace(recorded[0], data={"run": {"id": "r", "status": "lost"}})))
    assert misfits(wrong, event_schemas.event())


def test_what_commands_print_fits(ostinato: CommandLine) -> None:
    added = ostinato.add()
    run_id = ostinato.json("template", "run", "morning")["run_id"]
    ostinato("feed", "add", "https://example.com/feed.xml", "--unread")
    error = ostinato.refused("run", "show", "nothing", code=4)

    assert misfits(added, shape("template")) == []
    for kind in ("template", "run", "post", "feed", "style"):
        assert misfits(ostinato.json(kind, "list"), shape(f"{kind}s")) == []
    assert misfits(ostinato.json("run", "show", run_id), shape("run")) == []
    assert misfits({"error": error}, shape("error")) == []
    assert misfits({"runs": [{"id": 3}]}, shape("runs"))


def test_the_parts_of_an_explanation_fit() -> None:
    scored = replace(draft(), score=Score(80, (Check("No hashtags", passed=True),), "local"))
    sent = Publication("p", "r", "t", "a", 0, 0, 0, "k", "x", None, NOW, outcome=Outcome.CONFIRMED, tweet_id="1")
    shown = {
        "draft": views.draft(scored, chosen=True),
        "material": views.material(Material("m0", MaterialKind.TEXT, "x")),
        "publication": views.publication(sent),
        "event": views.event(Event("e", EventType.RUN_FAILED, NOW, {}, None, None, 1)),
        "segment": traced_view(Traced(Segment(SegmentKind.TEMPLATE, "x"))),
    }

    assert {name: misfits(plain(value), shape(name)) for name, value in shown.items()} == {name: [] for name in shown}
    assert misfits(plain(views.draft(Draft("d", (Part("x"),)), chosen=False)), shape("draft")) == []


@pytest.mark.parametrize("kind", ["template", "event", "output"])
def test_a_schema_is_printed_as_json(ostinato: CommandLine, kind: str) -> None:
    assert json.loads(ostinato("schema", kind).stdout) == schemas.SCHEMAS[kind]()


def test_the_schema_of_templates_is_the_one_when_none_is_named(ostinato: CommandLine) -> None:
    assert ostinato.json("schema")["title"] == "A template of Ostinato"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(ostinato: CommandLine, shell: str) -> None:
    assert f"_OSTINATO_COMPLETE={shell}_complete" in ostinato("completion", shell).output


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("ostinato temp", {"template"}), ("ostinato template pa", {"pause"}), ("ostinato events --fol", {"--follow"})],
)
def test_words_are_completed_as_the_script_asks_for_them(words: str, wanted: set[str]) -> None:
    environ = {
        **os.environ,
        "_OSTINATO_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    code = "import sys, cli; sys.argv = ['ostinato']; cli.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True)

    assert {line.split(",")[1] for line in done.stdout.splitlines()} == wanted
