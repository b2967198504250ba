"""Editing and approving: a person's words are checked, scored, kept beside what was written, and published."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.draft import Draft
from domain.errors import Conflict, InvalidInput
from domain.publication import PostStatus
from domain.run import RunStatus, Verdict
from domain.template import Approval, PostType
from scheduler.operations import revising, why
from scheduler.operations.runs import RunDetails, details
from storage.database import Database
from tests.integration.scheduler_house import House, draft

BETTER = "The tram opens on Tuesday."


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def held(house: House, *drafts: Draft, count: int = 1) -> House:
    house.template(approval=Approval.APPROVE, type=PostType.THREAD, count=count)
    house.editor.drafts = drafts
    house.plan()
    house.work()
    assert house.run().status is RunStatus.HELD
    return house


def approved(house: House, edits: Mapping[str, str]) -> RunDetails:
    return revising.approve_edited(house.database, house.run().id, edits, note="shorter", now=house.clock())


def problems(house: House, edits: Mapping[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        approved(house, edits)
    assert house.run().status is RunStatus.HELD
    return {each.field: each.reason for each in refused.value.problems}


def test_an_edited_post_is_kept_as_a_revision_and_published(house: House) -> None:
    held(house, draft("Hello"))

    done = approved(house, {"1": f"  {BETTER}\r\n"})

    assert (done.facts.run.verdict, [each.text for each in done.posts]) == (Verdict.APPROVED, [BETTER])
    assert [each.draft_id for each in done.posts] == ["d1"]
    found = why.of_run(house.database, house.run().id)
    assert found.chosen == ("d1",)
    written, revision = found.drafts
    assert (written.text, revision.text) == ("Hello", BETTER)
    assert (revision.engine, revision.refined_from, revision.parts[0].segments) == ("person", "d0", ())
    assert revision.score is not None
    assert revision.score.scored_by == "local"

    house.work()
    assert house.texts_sent() == [BETTER]
    assert [each.status for each in house.posts()] == [PostStatus.PUBLISHED]


def test_one_part_of_one_thread_is_edited_by_its_id_and_the_rest_stays(house: House) -> None:
    held(house, draft("one", "two"), draft("three", "four", name="d1"), count=2)
    before = details(house.database, house.run().id).posts
    wanted = before[3]

    done = approved(house, {wanted.id: BETTER})

    texts = [each.text for each in before]
    assert [each.text for each in done.posts] == [*texts[:3], BETTER]
    assert [each.draft_id for each in done.posts] == [before[0].draft_id] * 2 + ["d2"] * 2
    house.work()
    assert sorted(house.texts_sent()) == sorted([*texts[:3], BETTER])


def test_an_edit_that_changes_nothing_approves_what_was_written(house: House) -> None:
    held(house, draft("Hello"))
    done = approved(house, {"1": "Hello"})
    assert [each.draft_id for each in done.posts] == ["d0"]
    assert len(done.facts.drafts or ()) == 1


def test_all_that_is_wrong_with_edits_is_said_together_and_nothing_is_kept(house: House) -> None:
    held(house, draft("one", "two"))
    wrong = problems(house, {"1": "x" * 281, "2": " ", "3": BETTER})
    assert "281 weighted characters" in wrong["edit 1"]
    assert "is empty" in wrong["edit 2"]
    assert "no post of this run" in wrong["edit 3"]
    assert "control characters" in problems(house, {"1": "bell \x07"})["edit 1"]
    first = house.posts()[0].id
    assert "twice" in problems(house, {"1": BETTER, first: "other"})[f"edit {first}"]
    assert [each.text for each in house.posts()] == ["one", "two"]


def test_a_link_counts_as_x_counts_it(house: House) -> None:
    held(house, draft("Hello"))
    long_link = "https://example.org/" + "a" * 400
    assert approved(house, {"1": f"Read {long_link}"}).facts.run.verdict is Verdict.APPROVED


def test_what_does_not_wait_for_a_person_cannot_be_edited(house: House) -> None:
    held(house, draft("Hello"))
    approved(house, {"1": BETTER})
    with pytest.raises(Conflict, match="only a held run"):
        approved(house, {"1": "again"})
