"""Runs over HTTP: listed, shown and decided about as `ostinato run` does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.publication import PostStatus
from domain.run import RunStatus
from domain.template import Approval
from domain.token import Scope
from scheduler.operations import runs as operations
from storage.database import Database
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import NOW, POOR, UNCLEAR, House, draft
from tests.json_schema import misfits
from web.own.examples import DOCUMENT
from web.own.runs import DETAILS
from web.paging import cursor
from web.schemas import of

RUNS = "/api/v1/runs"


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database) as opened:
        yield opened


def worked(house: House, **fields: Any) -> str:
    """Have the run of a template worked on once; give its id."""
    house.template(**fields)
    house.plan()
    house.work()
    return house.run().id


def held(house: House, *parts: str) -> str:
    house.editor.drafts = (draft(*parts),)
    return worked(house, approval=Approval.APPROVE)


def skipped(house: House) -> str:
    house.editor.scores = POOR
    return worked(house, minimum_score=80)


def ids(page: Any) -> list[str]:
    return [each["id"] for each in page["runs"]]


def test_runs_are_listed_page_by_page_the_newest_first(stage: Stage) -> None:
    for name in ("t1", "t2", "t3"):  # three runs due at one instant, then one later
        stage.house.template(name)
    stage.house.plan()
    stage.later(hours=6)
    stage.house.plan()
    every = ids(stage.door.get(RUNS))

    first = stage.door.get(f"{RUNS}?limit=4")
    second = stage.door.get(f"{RUNS}?limit=4&after={first['next']}")

    assert len(every) == len(set(every)) >= 6
    assert ids(first) + ids(second) == every[:8]
    due = [each["due_at"] for each in stage.door.get(RUNS)["runs"]]
    assert due == sorted(due, reverse=True)
    assert stage.door.get(f"{RUNS}?limit=200&after={cursor(0, 'x')}")["runs"] == []


def test_runs_are_chosen_by_template_account_state_reason_and_time(stage: Stage) -> None:
    house, door = stage.house, stage.door
    poor = skipped(house)
    house.template("t2", account="Other", next_slot_at=NOW)
    house.plan()
    (waiting,) = (run.id for run in house.runs("t2"))

    assert ids(door.get(RUNS, params={"template": "name-of-t1"})) == [poor]
    assert ids(door.get(RUNS, params={"account": "other"})) == [waiting]
    assert ids(door.get(RUNS, params={"status": "skipped"})) == [poor]
    assert ids(door.get(RUNS, params={"reason": house.run().reason, "status": "skipped"})) == [poor]
    assert ids(door.get(RUNS, params={"reason": "overlap"})) == []
    assert ids(door.get(RUNS, params={"since": NOW.isoformat()})) == ids(door.get(RUNS))
    assert ids(door.get(RUNS, params={"until": NOW.isoformat()})) == []
    assert "no template" in door.refused(404, "GET", f"{RUNS}?template=nothing")["detail"]


def test_unknown_are_also_those_that_are_asked_about_still(stage: Stage) -> None:
    stage.house.publisher.answers["Hello"] = [UNCLEAR]
    doubted = worked(stage.house)

    (shown,) = stage.door.get(f"{RUNS}?status=unknown")["runs"]

    assert stage.house.run().status is RunStatus.QUEUED
    assert (shown["id"], shown["status"], shown["unknown_outcome"]) == (doubted, "queued", True)


def test_an_owner_has_its_own_runs_and_the_command_line_everybodys(stage: Stage) -> None:
    ours, theirs = worked(stage.house), {"token": stage.door.token(owner="other")}
    stage.door.done("POST", "/api/v1/templates", DOCUMENT, **theirs)
    asked = stage.door.done("POST", "/api/v1/templates/morning/runs", **theirs)["id"]

    assert ids(stage.door.get(RUNS)) == [ours]
    assert ids(stage.door.get(RUNS, **theirs)) == [asked]
    assert {each.run.id for each in operations.list_runs(stage.house.database)} == {ours, asked}
    assert stage.door.get(f"{RUNS}/{asked}", **theirs)["template"] == "morning"
    assert stage.door.get(f"{RUNS}/{asked}/why", **theirs)["id"] == asked
    assert stage.door.done("POST", f"{RUNS}/{asked}/cancel", **theirs)["answer"] == "cancelled"
    again = stage.door.done("POST", f"{RUNS}/{asked}/retry", **theirs)
    assert (again["template"], again["retry_of"]) == ("morning", asked)
    assert ids(stage.door.get(RUNS)) == [ours]


@pytest.mark.parametrize(
    "given", ["?status=nothing", "?after=xyz", f"?after={cursor(1 << 62, 'x')}", "?since=yesterday"]
)
def test_what_no_filter_is_is_refused(stage: Stage, given: str) -> None:
    assert stage.door.refused(422, "GET", RUNS + given)["code"] == "invalid_input"


def test_a_run_is_shown_with_its_posts_and_explained(stage: Stage) -> None:
    run_id = worked(stage.house)

    shown, why = stage.door.get(f"{RUNS}/{run_id}"), stage.door.get(f"{RUNS}/{run_id}/why")

    assert misfits(shown, DETAILS) == []
    assert (shown["status"], [each["text"] for each in shown["posts"]]) == ("posted", ["Hello"])
    assert misfits(why, of("why_run")) == []
    assert [each["outcome"] for each in why["publications"]] == ["confirmed"]


def test_a_held_run_is_approved_as_it_is_and_posted(stage: Stage) -> None:
    run_id = held(stage.house, "Hello")
    revision = stage.door.get(f"{RUNS}/{run_id}")["revision"]

    approved = stage.door.done("POST", f"{RUNS}/{run_id}/approve", {"revision": revision, "note": "read"})
    stage.house.work()

    assert misfits(approved, DETAILS) == []
    assert (approved["verdict"], approved["approved_revision"], approved["detail"]) == ("approved", revision, "read")
    assert [each.text for each in stage.house.publisher.sent] == ["Hello"]


@pytest.mark.parametrize(
    ("texts", "sent"),
    [
        (["One", "Two"], ["One", "Two"]),
        ([None, "Two"], ["First", "Two"]),
        (["One"], ["One", "Second"]),
        ([{"post": 2, "text": "Two"}], ["First", "Two"]),
        ([{"post": "2", "text": "Two"}, {"post": "ID", "text": "One"}], ["One", "Two"]),
        (None, ["First", "Second"]),
        ([], ["First", "Second"]),
    ],
)
def test_a_held_run_is_approved_in_other_words_at_once(stage: Stage, texts: Any, sent: list[str]) -> None:
    run_id = held(stage.house, "First", "Second")
    first = stage.door.get(f"{RUNS}/{run_id}")["posts"][0]["id"]
    for each in texts or ():
        if isinstance(each, dict) and each["post"] == "ID":
            each["post"] = first

    stage.door.done("POST", f"{RUNS}/{run_id}/approve", {"texts": texts})
    stage.house.work()

    assert [each.text for each in stage.house.publisher.sent] == sent


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("One", "must be a list"),
        ([5], "must be a text, null, or an object"),
        ([{"post": 1}], "must be a text, null, or an object"),
        ([{"post": True, "text": "x"}], "must be a text, null, or an object"),
        ([{"post": 1, "text": "x", "more": 1}], "may hold post and text only"),
        (["One", {"post": 1, "text": "x"}], "has a text already"),
        ([None, None, "Three"], "is no post of this run"),
        (["x" * 300], "300 weighted characters"),
        (["x" * 5000], "is 5000 characters long"),
        ([" "], "is empty; to post nothing, reject the run"),
    ],
)
def test_words_that_cannot_be_posted_approve_nothing(stage: Stage, texts: Any, said: str) -> None:
    run_id = held(stage.house, "First", "Second")

    told = stage.door.refused(422, "POST", f"{RUNS}/{run_id}/approve", {"texts": texts})

    assert said in told["detail"]
    assert told["errors"][0]["field"].startswith("texts")
    assert stage.house.run().status is RunStatus.HELD


def test_what_stands_at_another_revision_is_not_approved(stage: Stage) -> None:
    run_id = held(stage.house, "Hello")

    told = stage.door.refused(409, "POST", f"{RUNS}/{run_id}/approve", {"revision": "0" * 16})

    assert "stands at revision" in told["detail"]
    assert stage.house.run().status is RunStatus.HELD


def test_a_held_run_is_rejected_once(stage: Stage) -> None:
    run_id = held(stage.house, "Hello")

    rejected = stage.door.done("POST", f"{RUNS}/{run_id}/reject", {"note": "too dry"})
    again = stage.door.refused(409, "POST", f"{RUNS}/{run_id}/reject")
    stage.house.work()

    assert (rejected["verdict"], rejected["detail"]) == ("rejected", "too dry")
    assert "was rejected; only a held run" in again["detail"]
    assert (stage.house.run().status, stage.house.publisher.sent) == (RunStatus.SKIPPED, [])


def test_a_run_is_cancelled_while_nothing_is_out_and_else_it_is_too_late(stage: Stage) -> None:
    waiting = held(stage.house, "Hello")
    stage.house.editor.drafts = (draft("Good morning"),)
    stage.house.template("t2")
    stage.house.plan()
    stage.house.work()
    (out,) = (run.id for run in stage.house.runs("t2"))

    cancelled = stage.door.done("POST", f"{RUNS}/{waiting}/cancel", {"note": "old news"})
    told = stage.door.refused(409, "POST", f"{RUNS}/{out}/cancel")

    assert (cancelled["answer"], cancelled["reason"], cancelled["detail"]) == ("cancelled", "cancelled", "old news")
    assert [each.status for each in stage.house.posts("t1")] == [PostStatus.DISCARDED]
    assert "too late; group 1, part 1 was handed over at 2026-03-01 09:00:00 UTC, outcome confirmed" in told["detail"]


def test_a_run_that_posted_nothing_is_tried_again_once_for_one_key(stage: Stage) -> None:
    old, key = skipped(stage.house), {"Idempotency-Key": "k1"}

    answer = stage.door.ask("POST", f"{RUNS}/{old}/retry", headers=key)
    again = stage.door.ask("POST", f"{RUNS}/{old}/retry", headers=key)
    without = stage.door.refused(409, "POST", f"{RUNS}/{old}/retry")

    assert (answer.status_code, answer.json()["retry_of"], answer.json()["status"]) == (201, old, "queued")
    assert again.json() == answer.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert stage.door.get(answer.headers["location"])["id"] == answer.json()["id"]
    assert "was tried again already" in without["detail"]


def test_what_is_out_is_not_tried_again(stage: Stage) -> None:
    out = worked(stage.house)

    assert "is not sent again" in stage.door.refused(409, "POST", f"{RUNS}/{out}/retry")["detail"]


@pytest.mark.parametrize(
    ("call", "scope"),
    [("approve", Scope.PUBLISH), ("retry", Scope.PUBLISH), ("reject", Scope.WRITE), ("cancel", Scope.WRITE)],
)
def test_deciding_takes_the_scope_of_what_it_does(stage: Stage, call: str, scope: Scope) -> None:
    run_id = skipped(stage.house) if call == "retry" else held(stage.house, "Hello")
    others = [each for each in Scope if each not in (scope, Scope.ADMIN)]

    stage.door.refused(403, "POST", f"{RUNS}/{run_id}/{call}", token=stage.door.token(*others))
    assert stage.door.ask("POST", f"{RUNS}/{run_id}/{call}", token=stage.door.token(scope)).is_success
