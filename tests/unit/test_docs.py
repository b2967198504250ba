from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from commands import reference
from commands.errors import EXIT_CODES
from domain.draft import Draft, Part, Score, Segment, SegmentKind
from domain.event import Event, EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome, Post, PostStatus, Publication
from domain.reasons import SENTENCES, Reason
from domain.run import Run, RunStatus, Trigger
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document.names import FIELDS, SCHEDULE_FIELDS, UNBUILT
from scheduler.shown import views
from scheduler.shown.provenance import Traced, traced_view
from tests.integration.storage_values import NOW, state, template

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def whole() -> str:
    return "\n".join(path.read_text() for path in DOCS.rglob("*.md"))


def test_every_command_is_documented() -> None:
    names = [context.command_path for context in reference.contexts()]

    assert [name for name in names if f"`{name}" not in page("cli.md")] == []
    assert "ostinato run why" in names


def test_every_reason_is_documented_with_its_sentence_and_what_to_do() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \| .+ \|$", page("reasons.md"), re.MULTILINE))

    assert rows == {reason.value: SENTENCES[reason] for reason in Reason}


def test_every_exit_code_is_documented() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE)}

    assert codes == set(EXIT_CODES)


@pytest.mark.parametrize("words", [EventType, RunStatus, PostStatus, TemplateStatus, Outcome, SegmentKind])
def test_every_word_of_a_state_or_an_event_is_documented(words: type[EventType]) -> None:
    text = whole()

    assert [each.value for each in words if f"`{each.value}`" not in text] == []


def test_every_field_of_a_template_is_documented() -> None:
    text = page("templates.md")
    named = {*FIELDS, *(f"schedule.{name}" for name in SCHEDULE_FIELDS)} - {
        "schedule",
        "is_scheduled",
    }
    contract = {re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in UNBUILT}

    assert sorted(name for name in named | contract if f"`{name}`" not in text) == []


def test_every_key_of_the_json_is_documented() -> None:
    shown = [
        views.template(StoredTemplate(template(), state())),
        views.run(Run("r", "t", "a", NOW, NOW, Trigger.REQUEST, RunStatus.QUEUED), "n", "s"),
        views.event(Event("e", EventType.RUN_FAILED, NOW, {}, None, None, 1)),
        views.post(Post("p", "r", "t", "a", 0, 0, "x", PostStatus.GENERATED, "d", NOW)),
        views.publication(Publication("p", "r", "t", "a", 0, 0, 0, "k", "x", None, NOW)),
        views.material(Material("m0", MaterialKind.TEXT, "x")),
        views.draft(Draft("d0", (Part("x"),)), chosen=True),
        views.score(Score(0, (), "local")),
        traced_view(Traced(Segment(SegmentKind.TEMPLATE, "x"))),
    ]
    text = page("json.md")

    assert [key for each in shown for key in each if f"`{key}`" not in text] == []


def test_the_reference_of_commands_is_what_make_docs_writes() -> None:
    assert reference.PAGE.read_text() == reference.page(), "docs/cli.md is stale: run `make docs`"


def test_every_option_of_every_command_says_what_it_is_for() -> None:
    silent = [
        f"{context.command_path} {option.name}"
        for context in reference.contexts()
        for option in context.command.params
        if isinstance(option, click.Option) and not (option.help or option.hidden)
    ]
    assert silent == []


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{path.name}: {target}"
        for path in DOCS.rglob("*.md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_path_of_this_repository_that_a_page_names_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    gone = [
        f"{path.name}: {named}"
        for path in pages
        for named in re.findall(r"`([\w.*-]+/[\w./*-]*)(?:::\w+)?`", path.read_text())
        if ((ROOT / named.partition("/")[0]).is_dir() or named.endswith((".py", ".md"))) and not [*ROOT.glob(named)]
    ]
    assert gone == []
