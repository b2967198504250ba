"""Approving, rejecting and cancelling from the command line, for real and on trial."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from domain.material import Material, MaterialKind
from domain.question import Decision, Question, revision_of
from domain.run import Hold, RunStatus
from domain.template import Approval, ApproveDefault
from storage import runs, templates
from storage.database import Database
from storage.statements import Write
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW, draft, held_run, post, template, written

FAR = timedelta(days=366)


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    made = CommandLine(tmp_path / "home")
    made("template", "list")  # makes the database
    return made


def write(database: Database, *writes: Write) -> None:
    asyncio.run(written(database, *writes))


def chosen(database: Database, run_id: str = "r1") -> Hold:
    hold = held_run(database, run_id)
    gathered = runs.record_gather(
        hold, [Material("m0", MaterialKind.TEXT, "words")], [], item_ids=[], template_id="t1", now=NOW
    )
    made = runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW)
    write(database, gathered, runs.record_drafts(hold, [draft()], now=NOW), made)
    return hold


def waiting(ostinato: CommandLine, **fields: object) -> str:
    """Have a run of template t1 wait for a person; give its id."""
    with ostinato.database() as database:
        return held(database, **fields)


def held(database: Database, **fields: object) -> str:
    hold = chosen(database)
    asks = template("t1", approval=Approval.APPROVE, **fields)
    within, undecided = asks.approve_within, asks.approve_default
    write(database, runs.record_held(hold, [], within=within, undecided=undecided, now=NOW))
    with database.write() as c:
        templates.replace(c, asks, now=NOW)
    return hold.run_id


def status(ostinato: CommandLine, run_id: str) -> RunStatus:
    with ostinato.database() as database, database.read() as c:
        return runs.get(c, run_id).status


def test_what_waits_shows_its_revision_and_its_deadline(ostinato: CommandLine) -> None:
    run_id = waiting(ostinato, approve_within=FAR, approve_default=ApproveDefault.POST)

    shown = ostinato.json("run", "show", run_id)
    assert shown["revision"] == revision_of([draft()])
    assert shown["decide_by"] == "2027-03-30T01:00:00.123456Z"
    said = ostinato("run", "show", run_id).output
    assert f"revision {shown['revision']}" in said
    assert "it waits until 2027-03-30 01:00:00 UTC; then it is posted" in said
    assert [each["decide_by"] for each in ostinato.json("run", "list")["runs"]] == [shown["decide_by"]]
    assert "held until 2027-03-30 01:00:00 UTC" in ostinato("run", "list").output


def test_only_what_was_read_is_approved(ostinato: CommandLine) -> None:
    run_id = waiting(ostinato)
    refused = ostinato.refused("run", "approve", run_id, "--revision", "0" * 16, code=5)
    assert "not 0000000000000000" in refused["message"]
    assert status(ostinato, run_id) is RunStatus.HELD

    revision = ostinato.json("run", "show", run_id)["revision"]
    approved = ostinato.json("run", "approve", run_id, "--revision", revision)
    assert (approved["verdict"], approved["approved_revision"], approved["decide_by"]) == ("approved", revision, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve",), "the daemon publishes 1 post to @"),
        (("approve", "--edit", "1", "Mine."), "Mine."),
        (("reject",), "nothing of it is posted"),
        (("cancel",), "cancelled; 1 post of it discarded"),
    ],
    ids=["approve", "edit", "reject", "cancel"],
)
def test_a_verdict_on_trial_says_what_would_be_done_and_does_nothing(
    ostinato: CommandLine, words: tuple[str, ...], said: str
) -> None:
    run_id = waiting(ostinato)
    verb, *rest = words
    before = ostinato.json("run", "show", run_id)

    output = ostinato("run", verb, run_id, *rest, "--dry-run").output
    assert output.startswith("dry run, nothing is kept:")
    assert said in output
    tried = ostinato.json("run", verb, run_id, *rest, "--dry-run")
    assert tried["dry_run"] is True
    assert ostinato.json("run", "show", run_id) == before


def test_on_trial_an_edit_is_checked_and_named(ostinato: CommandLine) -> None:
    run_id = waiting(ostinato)
    too_long = ostinato.refused("run", "approve", run_id, "--edit", "1", "x" * 281, "--dry-run", code=2)
    assert "281 weighted characters" in str(too_long)
    tried = ostinato.json("run", "approve", run_id, "--edit", "1", "Mine.", "--dry-run")
    assert [each["text"] for each in tried["posts"]] == ["Mine."]
    assert tried["revision"] == tried["approved_revision"] != ostinato.json("run", "show", run_id)["revision"]


def test_a_persons_own_words_are_not_said_to_have_won(ostinato: CommandLine) -> None:
    run_id = waiting(ostinato)
    assert "\nwhy: best\n" in ostinato("run", "why", run_id).stdout

    ostinato("run", "approve", run_id, "--edit", "1", "Mine.")

    assert "\nwhy: a person wrote it; before that best\n" in ostinato("run", "why", run_id).stdout


@pytest.mark.parametrize("verb", ["approve", "reject", "cancel"])
def test_the_beginning_of_an_id_will_do(ostinato: CommandLine, verb: str) -> None:
    with ostinato.database() as database:
        hold = chosen(database, "0d9a3f6f-2b11-4d6c")
        write(database, runs.record_held(hold, [], now=NOW))
    words = ("--edit", "1", "Mine.") if verb == "approve" else ()
    assert ostinato.json("run", verb, "0d9a3f6f", *words)["id"] == hold.run_id


def test_what_the_callback_was_asked_is_shown(ostinato: CommandLine) -> None:
    question = Question("q1", "1f0e5a7c93d2b846", NOW, NOW + timedelta(seconds=30), 2, "answered 500")
    with ostinato.database() as database:
        hold = chosen(database)
        write(database, runs.record_question(hold, question))

    shown = ostinato.json("run", "show", hold.run_id)["question"]
    assert (shown["attempts"], shown["last_error"], shown["decision"]) == (2, "answered 500", None)
    assert "no decision yet, and until 2026-03-29 01:00:30 UTC" in ostinato("run", "show", hold.run_id).output

    with ostinato.database() as database:
        decided = Question("q1", "r", NOW, NOW, 1, None, Decision.APPROVE, "fine", NOW)
        write(database, runs.record_question(hold, decided))
    assert "pre_publish: approve: fine" in ostinato("run", "show", hold.run_id).output
