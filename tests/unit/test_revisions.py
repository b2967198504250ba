from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.draft import Draft, Part, Segment, SegmentKind
from domain.errors import InvalidInput
from domain.publication import Post, PostStatus
from domain.run import Facts, Run, RunStatus, Trigger
from scheduler.revisions import CALLBACK, PERSON, read_texts, revise

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RUN = Run("r", "t", "demo", NOW, NOW, Trigger.SCHEDULE, RunStatus.HELD)


def thread(name: str, *parts: str) -> Draft:
    return Draft(name, tuple(Part(text, (Segment(SegmentKind.TEMPLATE, text),)) for text in parts))


def post(name: str, group: int, part: int) -> Post:
    return Post(name, "r", "t", "demo", group, part, "x", PostStatus.AWAITING_APPROVAL, "d0", NOW)


POSTS = (post("p1", 0, 0), post("p2", 0, 1), post("p3", 1, 0))
FACTS = Facts(
    RUN,
    drafts=(thread("d0", "a", "b"), thread("d1", "c"), thread("d2", "loser")),
    chosen=(thread("d0", "a", "b"), thread("d1", "c")),
)


def test_each_changed_thread_becomes_a_draft_of_its_own_and_the_others_stay() -> None:
    revised = revise(FACTS, {(0, 1): "better", (1, 0): "best"}, engine=PERSON)
    assert [(each.id, each.text, each.refined_from) for each in revised.new] == [
        ("d3", "a\n\nbetter", "d0"),
        ("d4", "best", "d1"),
    ]
    assert revised.chosen == revised.new
    assert [bool(part.segments) for part in revised.new[0].parts] == [True, False]
    one = revise(FACTS, {(1, 0): "best"}, engine=CALLBACK)
    assert (one.chosen[0], [each.engine for each in one.new]) == ((FACTS.chosen or ())[0], ["callback"])


def test_the_same_words_are_no_revision() -> None:
    assert revise(FACTS, {(0, 0): "a", (1, 0): "c"}, engine=PERSON).new == ()


def test_posts_are_named_by_place_or_id_and_each_once() -> None:
    assert read_texts({"1": "x", "p3": " y\r\nz "}, POSTS) == {(0, 0): "x", (1, 0): "y\nz"}
    with pytest.raises(InvalidInput) as refused:
        read_texts({"1": "x", "p1": "y", "4": "z", "2": "\u0000"}, POSTS, field="post")
    assert {each.field: each.reason.split(";")[0] for each in refused.value.problems} == {
        "post p1": "is edited twice",
        "post 4": "is no post of this run",
        "post 2": "holds control characters",
    }
