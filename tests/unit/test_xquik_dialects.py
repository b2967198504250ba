"""Reading every documented shape of the sections that Ostinato uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.draft import Check
from domain.errors import ApiUnavailable
from xquik.accounts import Account, read_account
from xquik.compose import read_guidance, read_score
from xquik.credits import read_balance
from xquik.pages import next_cursor
from xquik.styles import read_style
from xquik.tweets import Tweet, read_tweet


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        ({"hasMore": True, "nextCursor": "c"}, "c"),
        ({"hasMore": False}, None),
        ({"hasMore": True, "afterCursor": "c"}, "c"),
        ({"hasMore": False, "afterCursor": None}, None),
        ({"has_next_page": True, "next_cursor": "c"}, "c"),
        ({"has_next_page": False, "next_cursor": ""}, None),
        ({"next_cursor": ""}, None),
        ({"nextCursor": "c"}, "c"),
        ({"has_next_page": True, "next_cursor": "c", "hasMore": True, "nextCursor": "c"}, "c"),
        ({"hasMore": True}, None),
        ({}, None),
    ],
)
def test_the_four_dialects_of_paging_give_one_cursor(body: dict[str, Any], cursor: str | None) -> None:
    assert next_cursor(body) == cursor


def test_a_checklist_of_the_seed_is_counted_from_its_items() -> None:
    score = read_score(
        {
            "totalChecks": 11,
            "passedCount": 9,
            "passed": False,
            "topSuggestion": "Add a specific detail or metric to the first line.",
            "checklist": [
                {"factor": "No hashtags", "passed": True},
                {"factor": "Media attached", "passed": True},
                {"factor": "Sufficient substance", "passed": False, "suggestion": "Add a specific detail or metric"},
            ],
            "nextStep": "Revise your draft and score again",
        }
    )

    assert score.value == 66
    assert score.scored_by == "xquik"
    assert score.failed == (Check("Sufficient substance", False, "Add a specific detail or metric"),)
    assert score.top_suggestion == "Add a specific detail or metric to the first line."


@pytest.mark.parametrize(
    ("checklist", "value"),
    [
        ([{"check": "No links in body", "passed": True}, {"check": "Has media attached", "passed": False}], 50),
        ([{"factor": "Draft contains text", "passed": True}], 100),
        ([{"factor": "Draft contains text"}], 0),
        ([{"factor": "One", "passed": "true"}, {"factor": "Two", "passed": True}, "noise", {"passed": True}], 50),
    ],
)
def test_a_checklist_may_have_any_length_and_either_key(checklist: list[Any], value: int) -> None:
    assert read_score({"checklist": checklist}).value == value


@pytest.mark.parametrize("body", [{}, {"checklist": []}, {"checklist": None}, {"text": "…", "score": 80}])
def test_an_answer_without_checks_is_no_score(body: dict[str, Any]) -> None:
    with pytest.raises(ApiUnavailable, match="no checks"):
        read_score(body)


def test_guidance_of_the_seed_is_read() -> None:
    guidance = read_guidance(
        {
            "algorithmInsights": [{"name": "favCount", "polarity": "positive", "description": "Number of likes."}],
            "contentRules": [
                {"rule": "No links in tweet body", "description": "External links reduce reach by ~50%."},
                {"rule": "Keep under 280 characters"},
            ],
            "engagementMultipliers": [{"action": "reply", "multiplier": "1.5x"}],
            "engagementVelocity": "First 30 minutes are critical for algorithmic reach",
            "followUpQuestions": ["Any hashtags to include?"],
            "scorerWeights": [{"signal": "hook", "weight": 2}, {"signal": "reply", "weight": None, "context": "…"}],
            "topPenalties": ["More than 2 hashtags reduces visibility"],
            "radarRecommendations": [{"endpoint": "/radar"}],
        }
    )

    assert guidance.rules == (
        "No links in tweet body: External links reduce reach by ~50%.",
        "Keep under 280 characters",
    )


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (
            {
                "compositionGuidance": ["End with an open question."],
                "examplePatterns": [{"pattern": "Hook -> CTA", "description": "…"}],
            },
            ("End with an open question.",),
        ),
        ({"guidance": ["A."], "examplePatterns": ["Hook -> CTA"]}, ("A.",)),
        ({}, ()),
    ],
)
def test_refining_advice_is_read_from_every_generation(body: dict[str, Any], advice: tuple[str, ...]) -> None:
    assert read_guidance(body).advice == advice


@pytest.mark.parametrize(
    ("body", "account"),
    [
        (
            {"id": "1", "username": "ada", "displayName": "Ada", "isActive": True, "createdAt": "…"},
            Account("1", "ada", "Ada", True, "healthy"),
        ),
        ({"id": "1", "username": "ada", "isActive": False}, Account("1", "ada", "ada", False, "inactive")),
        (
            {"id": "1", "xUserId": "9", "xUsername": "ada", "status": "active", "health": "healthy"},
            Account("1", "ada", "ada", True, "healthy", "9"),
        ),
        (
            {"id": "1", "xUserId": "9", "xUsername": "@ada", "status": "active", "health": "needsReauth"},
            Account("1", "ada", "@ada", False, "needsReauth", "9"),
        ),
        ({"id": "1"}, None),
    ],
)
def test_both_shapes_of_an_account_are_read(body: dict[str, Any], account: Account | None) -> None:
    assert read_account(body) == account


@pytest.mark.parametrize(
    "body",
    [
        {"balance": "9007199254740993", "lifetimeUsed": "5"},
        {"balance": 9007199254740993, "lifetime_used": 5},
        {"plan": "active", "creditInfo": {"balance": "9007199254740993", "lifetimeUsed": 5}},
    ],
)
def test_balances_keep_every_digit_in_every_spelling(body: dict[str, Any]) -> None:
    assert read_balance(body) == 9_007_199_254_740_993


@pytest.mark.parametrize("body", [{}, {"balance": "many"}, {"balance": None}])
def test_no_balance_is_not_taken_for_zero(body: dict[str, Any]) -> None:
    with pytest.raises(ApiUnavailable, match="balance"):
        read_balance(body)


def test_a_style_is_read_with_its_samples() -> None:
    body = {
        "xUsername": "ada",
        "tweetCount": 2,
        "fetchedAt": "2026-02-24T10:30:00.000Z",
        "tweets": [{"id": "0", "text": "One"}, {"id": "1"}, {"text": "Two"}],
    }

    style = read_style(body, "asked")

    assert (style.username, style.samples) == ("ada", ("One", "Two"))
    assert style.fetched_at == datetime(2026, 2, 24, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("created", ["2026-02-24T10:30:00.000Z", "Tue Feb 24 10:30:00 +0000 2026"])
def test_a_tweet_is_read_with_its_links_and_its_parent(created: str) -> None:
    body = {
        "id": "20",
        "text": "See https://t.co/abc",
        "createdAt": created,
        "isReply": True,
        "inReplyToId": "19",
        "conversationId": "18",
        "entities": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://example.com/a"}, {"url": 3}]},
    }

    tweet = read_tweet(body)

    assert tweet == Tweet(
        "20",
        "See https://t.co/abc",
        datetime(2026, 2, 24, 10, 30, tzinfo=UTC),
        "19",
        True,
        "18",
        {"https://t.co/abc": "https://example.com/a"},
    )


def test_a_tweet_without_a_date_has_that_of_its_id() -> None:
    # The id of a tweet that X dates 2018-11-01T02:33:16Z, to the second.
    tweet = read_tweet({"id": "1057826938139242496", "text": "…"})

    assert tweet is not None
    assert tweet.created_at is not None
    assert tweet.created_at.year == 2018
    assert read_tweet({"id": "77", "text": "…"}) == Tweet("77", "…")


@pytest.mark.parametrize("body", [{}, {"id": "1"}, {"text": "…"}])
def test_half_a_tweet_is_none(body: dict[str, Any]) -> None:
    assert read_tweet(body) is None


def test_texts_of_every_kind_come_in_fit_to_be_stored() -> None:
    assert read_style({"tweets": [{"text": "Hi\0 \ud83d"}]}, "ada").samples == ("Hi \ufffd",)
    assert read_guidance({"compositionGuidance": ["Be brief\ud83d", "\0"]}).advice == ("Be brief\ufffd",)
    assert read_tweet({"id": "1\0", "text": "Hi \udc00"}) == Tweet("1", "Hi \ufffd")


def test_a_text_of_any_length_comes_in_whole_but_no_id_is_that_long() -> None:
    long = "word " * 2_000

    assert read_style({"tweets": [{"text": long}]}, "ada").samples == (long,)
    assert read_tweet({"id": "1" * 2_001, "text": long}) is None


def test_a_time_before_all_times_reads_as_missing() -> None:
    assert read_tweet({"id": "1", "text": "Hi", "createdAt": "0001-01-01T00:00:00+05:00"}) == Tweet("1", "Hi")
