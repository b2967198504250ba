from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.draft import Check, Draft, Part, Score
from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable
from domain.material import Material, MaterialKind
from domain.template import Goal, TweetStyle
from generators.brief import Brief
from generators.choose import choose
from generators.embedded.writer import compose
from generators.refine import refine
from generators.rules import checks
from generators.score import local_score, score

GOOD = "The council approved the new tram line to the harbour on Tuesday. What do you think?"
PAGE = Material(
    id="m0",
    kind=MaterialKind.PAGE,
    text=(
        "The city council approved the new tram line on Tuesday evening. The line — built by a local office —"
        " opens in 2029. Residents protested against the noise near the old park."
        " A rose garden moves to the museum of the town."
    ),
    title="City council approves tram line",
    url="https://example.org/tram",
    site="Gazette",
    tags=("Tram",),
)


def draft(name: str, *texts: str, rank: float = 0.0, value: int | None = None, **more: object) -> Draft:
    made = Draft(id=name, parts=tuple(Part(text) for text in texts or (GOOD,)), rank=rank, material_ids=("m0",))
    if value is not None:
        passed = round(value * 11 / 100)
        found = tuple(Check(f"check {at}", at < passed) for at in range(11))
        made = replace(made, score=Score(value, found, "local"))
    return replace(made, **more)  # type: ignore[arg-type]


class Server:
    """Scores what it is asked, and remembers it. It may be told to fail."""

    def __init__(self, error: ApiError | None = None) -> None:
        self.asked: list[tuple[str, bool, bool]] = []
        self.error = error

    async def __call__(self, text: str, has_link: bool, has_media: bool) -> Score:
        self.asked.append((text, has_link, has_media))
        if self.error:
            raise self.error
        return Score(100, (Check("Draft contains text", True),), "xquik")


def scored(drafts: list[Draft], ask: Callable[[str, bool, bool], Awaitable[Score]]) -> tuple[Draft, ...]:
    return asyncio.run(score(drafts, ask=ask))


def test_only_the_best_two_are_asked_about() -> None:
    server = Server()
    drafts = [draft("d0", "SHORT!!"), draft("d1"), draft("d2", GOOD + " #tram"), draft("d3", GOOD + " 🚊 #tram")]
    done = scored(drafts, server)
    assert [found.score.scored_by for found in done if found.score] == ["local", "xquik", "xquik", "local"]
    assert [text for text, _, _ in server.asked] == [GOOD, GOOD + " #tram"]


def test_a_thread_is_asked_about_by_its_weakest_part() -> None:
    server = Server()
    (done,) = scored([draft("d0", GOOD, "Too short https://example.org/a", GOOD)], server)
    assert server.asked == [("Too short https://example.org/a", True, False)]
    assert done.score
    assert done.score.part == 1


def test_a_draft_that_follows_more_hints_is_asked_about_too() -> None:
    server = Server()
    drafts = [
        draft("d0", unmet_hints=("emoji",)),
        draft("d1", GOOD + "?", unmet_hints=("emoji",)),
        draft("d2", GOOD + " 🚊 #a"),
    ]
    scored(drafts, server)
    assert GOOD + " 🚊 #a" in [text for text, _, _ in server.asked]


@pytest.mark.parametrize("error", [ApiUnavailable("down"), ApiRefused("no")])
def test_without_the_server_our_own_score_stays(error: ApiError) -> None:
    (done,) = scored([draft("d0")], Server(error))
    assert done.score == local_score(draft("d0"))
    assert done.score.scored_by == "local"


@pytest.mark.parametrize("error", [ApiBlocked("pay"), ApiLimited("slow", retry_at=datetime(2026, 1, 1, tzinfo=UTC))])
def test_what_the_run_must_wait_for_or_its_owner_must_mend_is_raised(error: ApiError) -> None:
    with pytest.raises(type(error)):
        scored([draft("d0")], Server(error))


def test_the_local_score_is_the_share_of_checks_passed() -> None:
    found = local_score(draft("d0"))
    assert (found.value, len(found.failed), found.top_suggestion) == (90, 1, "Attach a photo or video")


def test_the_best_score_wins_and_the_reason_says_by_how_much() -> None:
    choice = choose([draft("d0", value=81), draft("d1", "other", value=90)], count=1, minimum_score=60)
    assert [found.id for found in choice.drafts] == ["d1"]
    assert choice.reason == "d1 won: 10 of 11 checks passed against 9 of 11 checks of d0"


def test_between_equal_scores_the_writers_rank_decides() -> None:
    choice = choose([draft("d0", value=90, rank=1), draft("d1", "other", value=90, rank=2)], count=1, minimum_score=60)
    assert [found.id for found in choice.drafts] == ["d1"]
    assert "as of d0; the writer ranks it 2.00 against 1.00" in choice.reason


def test_hints_followed_count_more_than_checks_once_the_minimum_is_reached() -> None:
    plain, hinted = draft("d0", value=90, unmet_hints=("emoji",)), draft("d1", "other", value=63)
    assert [found.id for found in choose([plain, hinted], count=1, minimum_score=60).drafts] == ["d1"]
    assert [found.id for found in choose([plain, hinted], count=1, minimum_score=70).drafts] == ["d0"]


def test_below_the_minimum_nothing_wins_and_the_failed_checks_are_named() -> None:
    choice = choose([draft("d0", value=81)], count=1, minimum_score=90)
    assert choice.drafts == ()
    assert choice.reason == "the best draft scored 81, the template asks for 90: check 9, check 10"


def test_several_winners_come_from_different_materials_first() -> None:
    drafts = [
        draft("d0", "a", value=90),
        draft("d1", "b", value=90),
        draft("d2", "c", value=81, material_ids=("m1",)),
    ]
    assert [found.id for found in choose(drafts, count=2, minimum_score=60).drafts] == ["d0", "d2"]
    assert [found.id for found in choose(drafts, count=3, minimum_score=60).drafts] == ["d0", "d2", "d1"]


def test_a_draft_and_its_refinement_are_never_both_posted() -> None:
    drafts = [draft("d0", "a", value=81), draft("d1", "b", value=90, refined_from="d0", refinements=("shortened",))]
    choice = choose(drafts, count=2, minimum_score=60)
    assert [found.id for found in choice.drafts] == ["d1"]
    assert "(d0 refined: shortened)" in choice.reason
    assert "1 of 2 posts" in choice.reason


def test_without_drafts_the_reason_says_so() -> None:
    assert choose([], count=1, minimum_score=0).reason == "no draft was written"


def refined(brief: Brief, start: int = 0) -> tuple[Draft, Draft | None]:
    found = compose((PAGE,), brief)[start]
    found = replace(found, score=local_score(found))
    return found, refine(found, (PAGE,), brief, new_id="d9")


def test_refining_adds_the_question_for_conversation_before_the_link() -> None:
    before, after = refined(Brief(goal=Goal.CONVERSATION, tweet_style=TweetStyle.ONE_LINER))
    assert after
    assert after.text.endswith("\n\nWhat do you think?\n\nhttps://example.org/tram")
    assert (after.id, after.refined_from, after.refinements, after.score) == (
        "d9",
        before.id,
        ("question added",),
        None,
    )


def test_refining_adds_no_question_for_other_goals() -> None:
    assert refined(Brief(goal=Goal.ENGAGEMENT, tweet_style=TweetStyle.ONE_LINER))[1] is None


def test_refining_never_loses_a_check_that_passed() -> None:
    for style in TweetStyle:
        for start in range(2):
            drafts = compose((PAGE,), Brief(goal=Goal.CONVERSATION, tweet_style=style))
            if start < len(drafts):
                before, after = refined(Brief(goal=Goal.CONVERSATION, tweet_style=style), start)
                passed = {check.factor for check in checks(before.text, has_link=True) if check.passed}
                kept = (
                    {check.factor for check in checks(after.text, has_link=True) if check.passed} if after else passed
                )
                assert passed <= kept


def test_refining_keeps_the_hashtags_that_the_owner_asked_for() -> None:
    brief = Brief(prompt="with hashtags", tweet_style=TweetStyle.ONE_LINER)
    before, after = refined(brief)
    assert "#Tram" in before.text
    assert after is None


def test_refining_drops_hashtags_that_nobody_asked_for() -> None:
    before = compose((PAGE,), Brief(prompt="with hashtags", tweet_style=TweetStyle.ONE_LINER))[0]
    before = replace(before, score=local_score(before))
    after = refine(before, (PAGE,), Brief(), new_id="d9")
    assert after
    assert "#" not in after.text
    assert after.refinements == ("hashtags left out",)


def test_unknown_factors_change_nothing() -> None:
    found = compose((PAGE,), Brief())[0]
    found = replace(found, score=Score(0, (Check("Vibes aligned", False),), "xquik"))
    assert refine(found, (PAGE,), Brief(), new_id="d9") is None
