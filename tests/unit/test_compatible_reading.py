"""The fields of compatible requests: read alike from a form and from JSON, and refused in the vendor's words."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.media import IMAGE_LIMIT_BYTES
from domain.template import Approval, PostType, TweetStyle
from web.compatible.creating import Asked, read_post, read_quick
from web.compatible.given import Given, Upload, from_form, from_json
from web.compatible.refusal import Refusal
from web.compatible.sources import unreadable
from web.compatible.translation import document

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVERYTHING: dict[str, str] = {}  # of what this installation cannot read: nothing
KINDS = ("form", "json")
PNG = b"\x89PNG"


def given(kind: str, fields: dict[str, Any]) -> Given:
    """Give *fields* as a request of that kind brings them: JSON as they are, a form as text."""
    if kind == "json":
        return from_json(fields)
    return from_form((name, each) for name, value in fields.items() for each in _written(value))


def _written(value: Any) -> list[str | Upload]:
    if isinstance(value, Upload):
        return [value]
    if isinstance(value, list):
        return [",".join(map(str, value))]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def post(kind: str, **fields: Any) -> Asked:
    return read_post(given(kind, {"type": "tweet", "text": "words", **fields}), now=NOW, unreadable=EVERYTHING)


def refused(kind: str, **fields: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        post(kind, **fields)
    return caught.value


READ = [
    ("type", "thread", "type", PostType.THREAD),
    ("feedIds", [101, 202, 101], "feed_ids", (101, 202)),
    ("deepResearchIds", ["a", "b"], "research_ids", ("a", "b")),
    ("projectIds", ["proj-456"], "project_ids", ("proj-456",)),
    ("audioUrl", "https://example.com/audio.mp3", "audio_url", "https://example.com/audio.mp3"),
    ("promptAudioUrl", "https://example.com/p.mp3", "prompt_audio", "https://example.com/p.mp3"),
    ("url", "https://example.com/article", "url", "https://example.com/article"),
    ("text", "Here are my thoughts", "text", "Here are my thoughts"),
    ("prompt", "Make it funny", "prompt", "Make it funny"),
    ("tweetStyle", "Paragraphs", "tweet_style", TweetStyle.PARAGRAPHS),
    ("count", 3, "count", 3),
    ("deepResearch", True, "deep_research", True),
    ("deepResearch", False, "deep_research", False),
    ("imageUrl", "https://example.com/i.jpg", "image", "https://example.com/i.jpg"),
    ("callbackData", "  kept as it is ", "callback_data", "  kept as it is "),
    ("isScheduled", True, "scheduled", True),
    ("dailyCount", 100, "daily_count", 100),
    ("scheduleEndDate", "2030-12-31T23:59:59+02:00", "end", datetime(2030, 12, 31, 21, 59, 59, tzinfo=UTC)),
    ("scheduleEndDate", "2030-12-31T23:59:59", "end", datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("scheduleEndDate", "2024-12-31T23:59:59Z", "end", datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("account", "@acme", "account", "acme"),
    ("approval", "approve", "approval", Approval.APPROVE),
    ("tweetStyle", "", "tweet_style", None),
    ("count", "", "count", 1),
    ("feedIds", "", "feed_ids", ()),
    ("unknown", "whatever", "count", 1),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value", "attribute", "read"), READ, ids=lambda value: str(value)[:40])
def test_a_field_means_the_same_in_a_form_and_in_json(
    kind: str, name: str, value: Any, attribute: str, read: Any
) -> None:
    assert getattr(post(kind, **{name: value}), attribute) == read


LONG = "https://example.com/" + "x" * 2048
WRONG = [
    ("type", "", "Missing type parameter (tweet or thread)"),
    ("type", "poem", "Invalid type parameter (tweet or thread)"),
    ("feedIds", list(range(1, 12)), "feedIds has 11 entries; at most 10 are allowed"),
    ("feedIds", ["x"], "feedIds must be a list of whole numbers; 'x' is none"),
    ("deepResearchIds", list("abcdefghijk"), "deepResearchIds has 11 entries; at most 10 are allowed"),
    ("projectIds", list("abcdefghijk"), "projectIds has 11 entries; at most 10 are allowed"),
    ("url", "ftp://example.com", "url: 'ftp://example.com' is not an http or https URL"),
    ("audioUrl", "song", "audioUrl: 'song' is not an http or https URL"),
    ("imageUrl", LONG, "imageUrl: the URL is longer than 2048 characters"),
    ("text", "x" * 20_001, "text is 20001 characters long; at most 20000 are allowed"),
    ("prompt", "x" * 5_001, "prompt is 5001 characters long; at most 5000 are allowed"),
    ("tweetStyle", "Haiku", "tweetStyle must be one of OneLiner, Paragraphs, Explainer"),
    ("count", 0, "count must be between 1 and 10"),
    ("count", 11, "count must be between 1 and 10"),
    ("count", "x", "count must be a whole number between 1 and 10"),
    ("deepResearch", "perhaps", "deepResearch must be true or false"),
    ("isScheduled", "yes", "isScheduled must be true or false"),
    ("callbackData", "x" * 501, "callbackData is 501 characters long; at most 500 are allowed"),
    ("dailyCount", 0, "dailyCount must be between 1 and 100"),
    ("dailyCount", 101, "dailyCount must be between 1 and 100"),
    (
        "scheduleEndDate",
        "tomorrow",
        "scheduleEndDate must be an ISO 8601 date and time, such as 2030-12-31T23:59:59Z",
    ),
    ("account", "not a name", "account must be an X username: 1 to 15 letters, digits and underscores"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named_in_a_form_and_in_json(kind: str, name: str, value: Any, sentence: str) -> None:
    caught = refused(kind, **{name: value})

    assert (caught.sentence, caught.field, caught.status) == (sentence, name, 400)


@pytest.mark.parametrize("kind", KINDS)
def test_an_end_in_the_past_matters_only_to_what_is_scheduled(kind: str) -> None:
    past = "2024-12-31T23:59:59Z"

    assert not post(kind, isScheduled=False, scheduleEndDate=past).scheduled
    assert refused(kind, isScheduled=True, scheduleEndDate=past).field == "scheduleEndDate"


@pytest.mark.parametrize("fields", [{"count": "3"}, {"isScheduled": "false"}, {"feedIds": ["101"]}, {"text": 5}])
def test_json_is_taken_at_its_word(fields: dict[str, Any]) -> None:
    assert refused("json", **fields).field == next(iter(fields))


@pytest.mark.parametrize(
    "pairs",
    [
        [("feedIds", "101, 202,,101 ")],
        [("feedIds", "101"), ("feedIds", "202")],
        [("feedIds[]", "101"), ("feedIds[]", "202")],
        [("feedIds", "[101, 202]")],
    ],
    ids=["commas", "repeated", "brackets", "json"],
)
def test_a_list_may_be_written_in_four_ways_in_a_form(pairs: list[tuple[str, str]]) -> None:
    found = read_post(from_form([("type", " tweet "), *pairs]), now=NOW, unreadable=EVERYTHING)

    assert found.feed_ids == (101, 202)


def test_a_list_of_json_may_be_text_with_commas() -> None:
    assert post("json", feedIds="101,202").feed_ids == (101, 202)


@pytest.mark.parametrize("value", ["TRUE", "1", " true "])
def test_a_form_writes_truth_in_several_ways(value: str) -> None:
    assert read_post(
        from_form([("type", "tweet"), ("text", "w"), ("isScheduled", value)]), now=NOW, unreadable=EVERYTHING
    ).scheduled


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fields", [{}, {"prompt": "funny"}, {"projectIds": ["p"]}, {"text": " ", "feedIds": ""}])
def test_a_post_needs_a_source(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="Missing a source: send at least one of feedIds") as caught:
        read_post(given(kind, {"type": "tweet", **fields}), now=NOW, unreadable=EVERYTHING)

    assert caught.value.code == "missing_source"


def test_an_image_is_a_file_of_a_form_or_a_data_uri_of_json() -> None:
    uri = "data:image/png;base64," + base64.b64encode(PNG).decode()
    of_form, of_json = (
        post("form", imageFile=Upload("a.png", "image/png", PNG)).image,
        post("json", imageFile=uri).image,
    )

    assert isinstance(of_form, Upload)
    assert isinstance(of_json, Upload)
    assert of_form.content == of_json.content == PNG


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_may_be_given_once_and_be_ten_megabytes(kind: str) -> None:
    def image(content: bytes) -> Any:
        uri = "data:image/png;base64," + base64.b64encode(content).decode()
        return Upload("a.png", "image/png", content) if kind == "form" else uri

    assert post(kind, imageFile=image(b"x" * IMAGE_LIMIT_BYTES)).image
    assert "at most 10,485,760" in refused(kind, imageFile=image(b"x" * (IMAGE_LIMIT_BYTES + 1))).sentence
    both = refused(kind, imageFile=image(PNG), imageUrl="https://example.com/i.png")
    assert both.sentence == "imageFile cannot be used with imageUrl"


@pytest.mark.parametrize(
    "value", ["x", "data:text/plain;base64,eA==", "data:image/png;base64,!", "data:image/png;base64,"]
)
def test_an_image_of_json_that_is_no_data_uri_is_refused(value: str) -> None:
    assert refused("json", imageFile=value).field == "imageFile"


def test_what_is_spoken_is_refused_where_nothing_writes_it_down() -> None:
    for kind in KINDS:
        spoken = given(kind, {"type": "tweet", "text": "w", "audioUrl": "https://example.org/a"})
        with pytest.raises(Refusal, match="OSTINATO_TRANSCRIPTION_MODEL") as caught:
            read_post(spoken, now=NOW, unreadable=unreadable(hears=False))
        assert caught.value.code == "not_configured"
        assert read_post(spoken, now=NOW, unreadable=unreadable(hears=True)).audio_url
        nothing = given(kind, {"type": "tweet", "text": "w", "audioUrl": "", "promptAudioUrl": ""})
        assert read_post(nothing, now=NOW, unreadable=unreadable(hears=False)).text == "w"


@pytest.mark.parametrize("kind", KINDS)
def test_a_quick_post_needs_a_query(kind: str) -> None:
    found = read_quick(given(kind, {"type": "tweet", "queryText": "three facts"}), now=NOW, unreadable=EVERYTHING)

    assert (found.query, found.quick, found.verbatim) == ("three facts", True, False)
    with pytest.raises(Refusal, match="Missing queryText or queryAudioFile"):
        read_quick(given(kind, {"type": "tweet"}), now=NOW, unreadable=EVERYTHING)


@pytest.mark.parametrize(
    ("more", "verbatim"),
    [
        ({}, True),
        ({"type": "thread"}, True),
        ({"callbackData": "x", "isScheduled": True}, True),
        ({"prompt": "funny"}, False),
        ({"tweetStyle": "OneLiner"}, False),
        ({"count": 2}, False),
        ({"url": "https://example.com/a"}, False),
        ({"deepResearch": True}, False),
        ({"imageUrl": "https://example.com/i.png"}, False),
    ],
    ids=str,
)
def test_text_that_stands_alone_is_posted_as_it_is(more: dict[str, Any], verbatim: bool) -> None:
    assert post("json", **more).verbatim is verbatim


def keep(upload: Upload, field: str) -> str:
    return f"{field} of {len(upload.content)}"


def test_files_are_kept_and_named_in_the_document() -> None:
    asked = post("form", imageFile=Upload("a.png", "image/png", PNG), promptAudioUrl="https://e.org/p")

    written = document(asked, name="x-1", account="acme", feeds={}, keep=keep)

    assert (written["image"], written["prompt_audio"]) == ({"file": "imageFile of 4"}, {"url": "https://e.org/p"})


def test_a_request_becomes_a_template_document() -> None:
    asked = post("json", feedIds=[7], url="https://e.org/a", prompt="funny", count=2, isScheduled=True, dailyCount=3)

    written = document(asked, name="x-1", account="acme", feeds={7: "https://e.org/feed"}, keep=keep)

    assert written == {
        "name": "x-1",
        "charts": "auto",
        "account": "acme",
        "type": "tweet",
        "count": 2,
        "prompt": "funny",
        "text": "words",
        "url": "https://e.org/a",
        "feeds": [{"url": "https://e.org/feed", "backlog": "latest"}],
        "daily_count": 3,
    }
    with pytest.raises(Refusal, match="feedIds names feed 7, which does not exist"):
        document(asked, name="x-1", account="acme", feeds={}, keep=keep)
