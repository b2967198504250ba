"""Posts as the compatible routes show and rewrite them: sections 2.3 to 2.5 of the contract, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.picture import Picture, PictureKind
from domain.publication import PostStatus
from domain.run import RunStatus, Verdict
from domain.schedule import Grid, Schedule
from scheduler import events
from scheduler.editor import Gathered
from scheduler.operations import runs
from scheduler.shown import compatible_request
from scheduler.shown.compatible import Links
from storage import codec, tables
from storage.database import Database
from storage.posts import PICTURES
from storage.tables import posts
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import NOW as HOUSE_NOW
from tests.integration.scheduler_house import draft
from tests.integration.test_compatible_rows import ENVELOPE, LISTED_KEYS, POST_KEYS

PAGE_KEYS = {"posts", "totalCount", "page", "pageSize", "totalPages"}
ENTRY = Material(
    "m0",
    MaterialKind.FEED_ITEM,
    "The tram opens on Tuesday.",
    title="A new tram",
    url="https://example.com/tram",
    site="Example",
    published_at=HOUSE_NOW,
    item_id=7,
)


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database) as found:
        yield found


def texts(document: dict[str, Any]) -> list[str]:
    return [each["result"] for each in document["posts"]]


def test_2_4_page_and_limit_absent_gives_everything(stage: Stage) -> None:
    assert stage.door.get("/x/posts") == {"posts": []}
    stage.post("one", "two")
    stage.later(minutes=1)
    stage.post("three")

    found = stage.door.get("/x/posts")

    assert found.keys() == {"posts"}
    assert texts(found) == ["three", "one", "two"]
    assert all(each.keys() >= LISTED_KEYS for each in found["posts"])


@pytest.mark.parametrize(
    ("query", "shown", "size", "pages"),
    [
        ("page=1", ["three", "one", "two"], 50, 1),
        ("limit=2", ["three", "one"], 2, 2),
        ("page=2&limit=2", ["two"], 2, 2),
        ("page=9&limit=2", [], 2, 2),
        ("page=1&limit=100", ["three", "one", "two"], 100, 1),
    ],
)
def test_2_4_page_and_limit(stage: Stage, query: str, shown: list[str], size: int, pages: int) -> None:
    stage.post("one", "two")
    stage.later(minutes=1)
    stage.post("three")

    found = stage.door.get(f"/x/posts?{query}")

    assert found.keys() == PAGE_KEYS
    assert (texts(found), found["totalCount"], found["pageSize"], found["totalPages"]) == (shown, 3, size, pages)


@pytest.mark.parametrize("query", ["page=0", "page=x", "limit=0", "limit=101", "page=-1", "status=best", "since=soon"])
def test_2_4_a_bad_page_limit_or_filter_is_refused(stage: Stage, query: str) -> None:
    said = stage.door.refused(400, "GET", f"/x/posts?{query}")

    assert said.keys() == ENVELOPE
    assert (said["success"], said["field"]) == (False, query.partition("=")[0])


def test_2_4_no_posts_are_no_pages(stage: Stage) -> None:
    assert stage.door.get("/x/posts?page=1") == {
        "posts": [],
        "totalCount": 0,
        "page": 1,
        "pageSize": 50,
        "totalPages": 0,
    }


def test_2_4_filters(stage: Stage) -> None:
    first = stage.post("one", "two")
    stage.later(minutes=1)
    now = stage.house.clock()
    stage.house.template("recurs", next_slot_at=now, schedule=Schedule(Grid(4, now)))
    stage.house.editor.drafts = (draft("three"),)
    stage.house.plan()
    stage.house.work()

    def shown(query: str) -> list[str]:
        return texts(stage.door.get(f"/x/posts?{query}"))

    assert shown(f"requestId={first}") == ["one", "two"]
    assert shown("scheduleId=recurs") == ["three"]
    assert shown("type=thread") == ["one", "two"]
    assert shown("status=published&page=1") == ["three", "one", "two"]
    assert shown("status=failed") == []
    assert shown("since=2026-03-01T09:01:00Z") == ["three"]
    assert shown("until=2026-03-01T09:01:00Z") == ["one", "two"]
    assert shown("whatever=1") == ["three", "one", "two"]


def test_2_4_every_key_of_a_post(stage: Stage) -> None:
    stage.house.editor.gathered = Gathered((ENTRY,))
    request_id = stage.post("The tram opens on Tuesday.")

    (shown,) = stage.door.get("/x/posts")["posts"]

    assert {name: shown[name] for name in POST_KEYS - {"id"}} == {
        "requestId": request_id,
        "result": "The tram opens on Tuesday.",
        "type": "tweet",
        "order": 0,
        "createdOn": "2026-03-01T09:00:00Z",
        "tweetImageUrl": None,
        "dataTableImageUrl": None,
        "barChartImageUrl": None,
    }
    assert shown["sources"] == [
        {
            "type": "feed-item",
            "sourceId": "7",
            "reference": "https://example.com/tram",
            "description": "Example: A new tram",
            "metadata": {"publishedOn": "2026-03-01T09:00:00Z"},
        }
    ]
    published = ("published", "1000", "https://x.com/i/status/1000", "2026-03-01T09:00:00Z")
    assert (shown["status"], shown["tweetId"], shown["tweetUrl"], shown["publishedOn"]) == published
    assert (shown["scheduleId"], shown["accountId"], shown["groupIndex"]) == (None, "demo", 0)


def test_2_1_the_parts_of_a_thread_have_an_order_and_a_group(stage: Stage) -> None:
    request_id = stage.post("one", "two")

    shown = stage.door.get("/x/posts")["posts"]

    assert [(each["order"], each["type"], each["requestId"]) for each in shown] == [
        (0, "thread", request_id),
        (1, "thread", request_id),
    ]
    assert len({each["groupId"] for each in shown}) == 1


def test_2_5_one_post_and_one_that_is_not_there(stage: Stage) -> None:
    stage.post("one")
    (listed,) = stage.door.get("/x/posts")["posts"]

    assert stage.door.get(f"/x/posts/{listed['id']}") == {"post": listed}
    for name in ("nobody", "%20", "0199f3a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b"):
        said = stage.door.refused(404, "GET", f"/x/posts/{name}")
        assert said["error"] == "Post not found or unauthorized"
    assert stage.door.refused(404, "GET", f"/x/posts/{listed['id']}", token=stage.door.token(owner="other"))


def held(stage: Stage, *parts: str) -> dict[str, Any]:
    stage.post(*parts, approval="approve")
    found: dict[str, Any] = stage.door.get("/x/posts")["posts"][0]
    assert found["status"] == PostStatus.AWAITING_APPROVAL.value
    return found


@pytest.mark.parametrize(
    ("document", "sentence", "of"),
    [
        ({"prompt": "x"}, "Missing tweetId parameter", "tweetId"),
        ({"tweetId": "", "prompt": "x"}, "Missing tweetId parameter", "tweetId"),
        ({"tweetId": "t"}, "Missing prompt or promptAudioUrl: send at least one of them", "prompt"),
        ({"tweetId": "t", "prompt": "  "}, "Missing prompt or promptAudioUrl: send at least one of them", "prompt"),
        ({"tweetId": 5, "prompt": "x"}, "tweetId must be text", "tweetId"),
        ({"tweetId": "t", "prompt": "x" * 5_001}, "", "prompt"),
        ({"tweetId": "t", "promptAudioUrl": "song"}, "", "promptAudioUrl"),
        ({"tweetId": "t", "prompt": "x", "promptAudioUrl": "https://example.com/a.mp3"}, "", "promptAudioUrl"),
    ],
    ids=[
        "2.3 tweetId",
        "2.3 tweetId empty",
        "2.3 prompt",
        "2.3 prompt blank",
        "number",
        "long",
        "no URL",
        "2.3 spoken",
    ],
)
def test_2_3_a_wrong_request_is_refused(stage: Stage, document: dict[str, Any], sentence: str, of: str) -> None:
    said = stage.door.refused(400, "POST", "/x/refine", document)

    assert said.keys() == ENVELOPE
    assert sentence in ("", said["error"])
    assert said["field"] == of


def test_2_3_an_unknown_post_and_somebody_elses_are_not_found(stage: Stage) -> None:
    mine = held(stage, "Hello")

    for name, token in (("nobody", ""), (mine["id"], stage.door.token(owner="other"))):
        said = stage.door.refused(404, "POST", "/x/refine", {"tweetId": name, "prompt": "x"}, token=token)
        assert said["error"] == "Tweet not found or unauthorized"


def test_2_3_a_post_is_written_anew_under_its_id_and_its_date(stage: Stage) -> None:
    before = held(stage, "Hello there")
    stage.later(minutes=5)

    answer = stage.refine({"tweetId": before["id"], "prompt": "shorter"}, "Hello")

    said = answer.json()
    assert (answer.status_code, said.keys(), said["success"]) == (200, {"success", "post", "notes"}, True)
    assert said["notes"] == []
    assert said["post"].keys() == POST_KEYS
    assert said["post"] == {name: before[name] for name in POST_KEYS} | {"result": "Hello"}
    assert stage.door.get(f"/x/posts/{before['id']}")["post"]["result"] == "Hello"


def test_a_person_who_is_to_approve_is_told_of_new_words_and_the_deadline_stays(stage: Stage) -> None:
    before = held(stage, "Hello there", "Good day to you")
    with stage.house.database.write() as c:
        c.execute(update(tables.runs).values(decide_by=HOUSE_NOW + timedelta(hours=1), undecided="post"))
    stage.later(minutes=5)
    stage.refine({"tweetId": before["id"], "prompt": "shorter"}, "Hello")

    first, second = (each["data"] for each in stage.door.get("/api/v1/events?types=run.held")["events"])
    assert [each["text"] for each in second["posts"]] == ["Hello", "Good day to you"]
    revision = stage.door.get(f"/api/v1/runs/{before['requestId']}")["revision"]
    assert first["approval"]["revision"] != revision
    assert second["approval"] == {
        "revision": revision,
        "decideBy": events.iso(HOUSE_NOW + timedelta(hours=1)),
        "default": "post",
    }


def test_2_3_shorter_is_shorter_than_it_was_and_what_is_not_followed_is_told(stage: Stage) -> None:
    before = held(stage, "Twelve stops open today")

    answer = stage.refine(
        {"tweetId": before["id"], "prompt": "shorter"}, "Line 7 opens today with twelve stops", "Today"
    )

    assert (answer.json()["post"]["result"], answer.json()["notes"]) == ("Today", [])

    kept = replace(draft("Line 7 opens today", name="n"), unmet_hints=("in German", "of another prompt"))
    stage.house.editor.drafts = (kept,)
    said = stage.door.done("POST", "/x/refine", {"tweetId": before["id"], "prompt": "shorter, in German"})

    assert said["post"]["result"] == "Line 7 opens today"
    assert said["notes"] == ["not followed: shorter", "not followed: in German"]
    assert stage.door.get(f"/content/Status/{before['requestId']}")["notes"] == said["notes"]


def test_2_3_of_a_thread_only_the_part_changes(stage: Stage) -> None:
    held(stage, "one", "two")
    second = stage.door.get("/x/posts")["posts"][1]

    said = stage.refine({"tweetId": second["id"], "prompt": "longer"}, "two and a half").json()

    assert (said["post"]["order"], texts(stage.door.get("/x/posts"))) == (1, ["one", "two and a half"])


def test_2_3_a_published_post_is_refused(stage: Stage) -> None:
    stage.post("Hello")
    (out,) = stage.door.get("/x/posts")["posts"]

    answer = stage.refine({"tweetId": out["id"], "prompt": "x"}, "Good day")

    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (409, False, "conflict")
    assert texts(stage.door.get("/x/posts")) == ["Hello"]


def test_2_3_where_the_writer_fails_the_post_stays(stage: Stage) -> None:
    before = held(stage, "Hello")
    stage.house.editor.drafts = WriterError("no words")

    answer = stage.door.ask("POST", "/x/refine", json={"tweetId": before["id"], "prompt": "x"})

    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (500, False, "not_rewritten")
    assert stage.door.get("/x/posts")["posts"] == [before]


def test_what_was_refined_is_what_is_published(stage: Stage) -> None:
    before = held(stage, "Hello there")
    stage.refine({"tweetId": before["id"], "prompt": "shorter"}, "Hello")

    request_id = before["requestId"]
    runs.decide(stage.house.database, request_id, Verdict.APPROVED, note=None, now=stage.house.clock())
    stage.house.work()

    assert stage.house.texts_sent() == ["Hello"]
    assert runs.details(stage.house.database, request_id).facts.run.status is RunStatus.POSTED


CHARTS = (Picture(PictureKind.BAR_CHART, blob="b1"), Picture(PictureKind.DATA_TABLE, blob="b2"))


@pytest.mark.parametrize(
    ("pictures", "urls"),
    [
        ((), (None, None, None)),
        ((Picture(PictureKind.IMAGE, blob="b0"),), ("http://door/files/b0", None, None)),
        ((Picture(PictureKind.IMAGE, url="https://example.com/i.png"),), ("https://example.com/i.png", None, None)),
        (CHARTS, (None, "http://door/files/b2", "http://door/files/b1")),
        ((Picture(PictureKind.IMAGE, blob="b0"), *CHARTS), ("http://door/files/b0", None, None)),
    ],
    ids=["none", "2.9 a file", "2.9 a URL", "2.9 charts", "2.9 never both"],
)
def test_2_9_pictures_are_shown_by_their_urls(
    stage: Stage, pictures: tuple[Picture, ...], urls: tuple[str | None, ...]
) -> None:
    request_id = stage.post("Hello")
    with stage.house.database.write() as c:
        c.execute(update(posts).values(pictures=codec.dump(PICTURES, pictures)))

    (shown,) = stage.door.get("/x/posts")["posts"]

    assert (shown["tweetImageUrl"], shown["dataTableImageUrl"], shown["barChartImageUrl"]) == urls
    links = Links("http://door", stage.door.parts.cipher.seal)
    with stage.house.database.read() as c:
        told = compatible_request.of_run(c, request_id, owner_id="local", links=links)
    assert told["posts"] == [shown]
