from collections.abc import Iterator

import pytest

from tests.integration.sandbox_door import Door, opened

GOOD = "We moved the weekly post from eight to half past nine and more readers answered. Which hour is yours?"
FACTORS = [
    "No external links in body",
    "No hashtags",
    "No excessive capitalization",
    "Conversation-driving CTA",
    "Optimal length (50-280 characters)",
    "Media attached",
    "No excessive punctuation",
    "No emojis",
    "No em dashes or double dashes",
    "Sufficient substance",
    "Link-in-reply strategy",
]


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


def test_compose_gives_every_field_of_the_contract(door: Door) -> None:
    answer = door.api.post("/compose", json={"step": "compose", "topic": "schedules", "goal": "authority"}).json()
    rules = ("contentRules", "scorerWeights", "algorithmInsights", "engagementMultipliers", "topPenalties")
    assert all(answer[name] for name in (*rules, "followUpQuestions"))
    assert answer["scorerWeights"][0] | {"context": ""} == {
        "signal": "share_via_copy_link",
        "weight": 20.0,
        "context": "",
    }
    assert {insight["polarity"] for insight in answer["algorithmInsights"]} == {"positive", "negative"}
    assert [penalty.split(":")[0] for penalty in answer["topPenalties"]] == [
        "not_interested",
        "mute_author",
        "block_author",
        "report",
    ]
    assert answer["intentUrl"] == "https://x.com/intent/tweet?text=schedules"
    assert answer["engagementVelocity"]
    assert answer["nextStep"]
    assert answer["source"]


def test_the_goal_orders_rules_and_weights(door: Door) -> None:
    def first(goal: str) -> tuple[str, str]:
        body = {"step": "compose", "topic": "x", "goal": goal}
        answer = door.api.post("/compose", json=body).json()
        return answer["contentRules"][0]["rule"], answer["scorerWeights"][0]["signal"]

    assert first("conversation") == ("End with a question or call to reply", "reply")
    assert first("followers") == ("Front-load the hook", "follow_author")


def test_compose_speaks_of_styles() -> None:
    with opened() as door:
        ask = {"step": "compose", "topic": "x"}
        assert "savedStyles" not in door.api.post("/compose", json=ask).json()
        note = door.api.post("/compose", json=ask | {"styleUsername": "sandra_writes"}).json()["styleNote"]
        assert "sandra_writes" in note
        door.api.post("/styles", json={"username": "sandra_writes"})
        saved = door.api.post("/compose", json=ask).json()["savedStyles"]
        assert saved == [{"username": "sandra_writes", "tweetCount": 50}]
        texts = door.api.post("/compose", json=ask | {"styleUsername": "@Sandra_Writes"}).json()["styleTweets"]
        assert (len(texts), texts[0]) == (50, "end where it ends.")


def test_refine_guides_by_goal_tone_and_media(door: Door) -> None:
    body = {"step": "refine", "topic": "x", "goal": "conversation", "tone": "casual", "mediaType": "photo"}
    answer = door.api.post("/compose", json=body | {"callToAction": "Tell us your hour"}).json()
    assert "Lead up to this call to action: Tell us your hour" in answer["compositionGuidance"]
    assert len(answer["examplePatterns"]) == 3
    assert set(answer["examplePatterns"][0]) == {"pattern", "description"}


def test_score_counts_eleven_checks_in_order_and_suggests_only_where_one_failed(door: Door) -> None:
    answer = door.api.post("/compose", json={"step": "score", "draft": "Short https://example.com"}).json()
    assert [check["factor"] for check in answer["checklist"]] == FACTORS
    assert all(("suggestion" in check) != check["passed"] for check in answer["checklist"])
    assert answer["totalChecks"] == 11
    assert answer["passedCount"] == sum(check["passed"] for check in answer["checklist"])
    assert answer["passed"] is False
    assert answer["topSuggestion"] == "Add a specific detail or metric."
    assert answer["nextStep"] == "Revise your draft and score again"
    assert "intentUrl" not in answer


def test_a_draft_that_passes_everything_gets_an_intent_url(door: Door) -> None:
    answer = door.api.post("/compose", json={"step": "score", "draft": GOOD, "hasMedia": True}).json()
    assert (answer["passed"], answer["passedCount"]) == (True, 11)
    assert answer["topSuggestion"] == "All Xquik editorial checks passed."
    assert answer["nextStep"].startswith("All 11 checks passed.")
    assert answer["intentUrl"].startswith("https://x.com/intent/tweet?text=We%20moved")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"step": "optimize"},
        {"step": "compose"},
        {"step": "compose", "topic": "x", "goal": "fame"},
        {"step": "refine", "topic": "x", "goal": "authority"},
        {"step": "refine", "topic": "x", "tone": "dry"},
        {"step": "refine", "topic": "x", "goal": "authority", "tone": "dry", "mediaType": "gif"},
        {"step": "score", "draft": "   "},
        {"step": "score", "draft": "a" * 25_001},
        {"step": "score", "draft": "x", "hasMedia": "yes"},
    ],
)
def test_what_a_step_needs_is_asked_for(door: Door, body: object) -> None:
    answer = door.api.post("/compose", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_input")


def test_composing_is_free(door: Door) -> None:
    assert door.balance() == 77_000
