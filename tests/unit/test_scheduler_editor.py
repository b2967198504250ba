from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.draft import Check, Draft, Guidance, Measure, Part, Repeats, Score
from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable, WriterError
from domain.material import Material, MaterialKind
from domain.run import Run, RunStatus, Trigger
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template
from generators.brief import Brief
from generators.repetition import Earlier
from scheduler.editor import Gathered, WritingDesk, change, set_aside, standing_links, topic, worth_refining, write

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RUN = Run("r", "t", "demo", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)
TEMPLATE = Template("t", "morning", "demo", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(text="words"))
MATERIAL = (Material("m0", MaterialKind.TEXT, "words", title="Boats"),)
FAILED = Score(80, (Check("Emoji count", passed=False),), "xquik")
PASSED = Score(100, (Check("Emoji count", passed=True),), "xquik")


def draft(number: int = 0, score: Score | None = None, **fields: Any) -> Draft:
    return Draft(f"d{number}", (Part(f"draft {number}"),), score=score, **fields)


class Desk:
    """A writing desk whose neighbours do as they are told; `briefs` are what the writer was given."""

    def __init__(self) -> None:
        self.briefs: list[Brief] = []
        self.guidance: Guidance | ApiError = Guidance(rules=("be short",))
        self.drafts: tuple[Draft, ...] | WriterError = (draft(),)
        self.refined: Draft | None = None
        self.changed: list[str] = []
        self.earlier: tuple[Earlier, ...] = ()
        self.desk = WritingDesk(
            gather=self.gather,
            offload=self.offload,
            ask_score=self.score,
            ask_guidance=self.guide,
            ask_advice=self.advise,
            read_style=self.style,
            posted_texts=self.posted,
            said_before=self.said_before,
        )

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered:
        return Gathered(MATERIAL)

    async def offload(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if function is write:
            self.briefs.append(args[1])
            if isinstance(self.drafts, Exception):
                raise self.drafts
            return self.drafts
        if function is set_aside:
            return set_aside(*args)
        assert function is change
        self.changed.append(args[0].id)
        self.briefs.append(args[2])
        return self.refined

    async def score(self, text: str, has_link: bool, has_media: bool) -> Score:
        return PASSED

    async def guide(self, template: Template, topic: str) -> Guidance:
        if isinstance(self.guidance, Exception):
            raise self.guidance
        return self.guidance

    async def advise(self, template: Template, topic: str) -> Guidance:
        raise AssertionError("nobody reads advice where no model refines")

    async def style(self, template: Template) -> None:
        return None

    async def posted(self, account: str) -> frozenset[str]:
        return frozenset({f"what {account} said before"})

    async def said_before(self, template: Template, run: Run) -> tuple[Earlier, ...]:
        return self.earlier

    def compare(self, *drafts: Draft, template: Template = TEMPLATE) -> list[str]:
        """Give the ids of the drafts that are set aside."""
        compared = asyncio.run(self.desk.compare(template, RUN, MATERIAL, drafts))
        return [each.id for each in compared if each.repeats]

    def compose(self, template: Template = TEMPLATE) -> tuple[Draft, ...]:
        return asyncio.run(self.desk.compose(template, RUN, MATERIAL))

    def refine(self, *drafts: Draft) -> tuple[Draft, ...]:
        return asyncio.run(self.desk.refine(TEMPLATE, RUN, MATERIAL, drafts))


def test_the_writer_is_told_the_rules_and_what_was_posted_before() -> None:
    desk = Desk()
    assert desk.compose() == (draft(),)
    (brief,) = desk.briefs
    assert brief.guidance == Guidance(rules=("be short",))
    assert brief.avoid == {"what demo said before"}
    assert brief.seed == RUN.id


@pytest.mark.parametrize(
    "error",
    [ApiUnavailable("down"), ApiRefused("no such step"), ApiLimited("slow down", retry_at=NOW + timedelta(seconds=9))],
)
def test_without_guidance_it_is_written_all_the_same(error: ApiError) -> None:
    desk = Desk()
    desk.guidance = error
    assert desk.compose() == (draft(),)
    assert desk.briefs[0].guidance is None
    assert desk.refine(draft(0, FAILED)) == (draft(0, FAILED),)


def test_a_key_that_needs_its_owner_is_not_written_around() -> None:
    desk = Desk()
    desk.guidance = ApiBlocked("no credits", status=402)
    with pytest.raises(ApiBlocked):
        desk.compose()


def test_the_last_place_of_the_drafts_is_kept_for_a_refinement() -> None:
    desk = Desk()
    desk.drafts = tuple(draft(number) for number in range(8))
    assert len(desk.compose()) == TEMPLATE.maximum_drafts - 1
    assert len(desk.compose(replace(TEMPLATE, count=6))) == 6


def test_the_best_draft_is_the_one_refined() -> None:
    desk = Desk()
    desk.refined = draft(2, refined_from="d1")
    given = (draft(0, replace(FAILED, value=50)), draft(1, FAILED))
    assert desk.refine(*given) == (*given, desk.refined)
    assert desk.changed == ["d1"]


def test_a_draft_that_cannot_be_made_better_stays_as_it_is() -> None:
    assert Desk().refine(draft(0, FAILED)) == (draft(0, FAILED),)


@pytest.mark.parametrize(
    ("drafts", "maximum", "expected"),
    [
        ((draft(0, FAILED),), 6, True),
        ((draft(0, PASSED),), 6, False),
        ((draft(0, FAILED),), 1, False),
        ((draft(0, FAILED), draft(1, replace(FAILED, value=90), refined_from="d0")), 6, False),
        ((draft(0, replace(FAILED, value=90)), draft(1, FAILED, refined_from="d0")), 6, False),
    ],
)
def test_refining_is_worth_it_once_for_the_best_draft_while_there_is_room(
    drafts: tuple[Draft, ...], maximum: int, expected: bool
) -> None:
    assert worth_refining(drafts, maximum_drafts=maximum) is expected


def test_a_draft_that_repeats_is_neither_refined_nor_in_the_way_of_one_that_does_not() -> None:
    repeated = draft(0, replace(FAILED, value=95), repeats=Repeats("p1", Measure.EXACT, 1.0))
    assert not worth_refining((repeated,), maximum_drafts=6)
    assert worth_refining((repeated, draft(1, FAILED)), maximum_drafts=6)


def test_drafts_are_compared_with_what_the_account_said_unless_the_template_may_repeat() -> None:
    desk = Desk()
    desk.earlier = (Earlier("p1", ("draft 1",)),)
    assert desk.compare(draft(0), draft(1)) == ["d1"]
    assert desk.compare(draft(0), draft(1), template=replace(TEMPLATE, repeat_after=0)) == []


def test_only_the_link_of_a_feeds_entry_may_not_come_again() -> None:
    page = Material("m0", MaterialKind.PAGE, "words", url="https://example.org/page")
    own = Material("m1", MaterialKind.TEXT, "Read https://example.org/book today")
    entry = Material("m2", MaterialKind.FEED_ITEM, "words https://example.org/other", url="https://example.org/entry")
    assert standing_links((page, own, entry)) == ("https://example.org/page", "https://example.org/book")


def test_a_topic_is_the_materials_title_or_else_the_owners_words() -> None:
    assert topic(TEMPLATE, MATERIAL) == "Boats"
    untitled = (replace(MATERIAL[0], title=""),)
    assert topic(replace(TEMPLATE, prompt="about tides"), untitled) == "about tides"
    assert topic(TEMPLATE, untitled) == "morning"
