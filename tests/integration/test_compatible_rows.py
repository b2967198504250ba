"""The compatible X operations row by row: each row of the contract's sections 2.1 to 2.7 is a case of its name."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

import pytest
import sqlalchemy as sa
from PIL import Image

from domain.media import IMAGE_LIMIT_BYTES
from domain.owner import LOCAL_OWNER
from domain.run import Trigger
from domain.template import StoredTemplate, TemplateStatus
from scheduler.planner import plan_due
from storage import feeds as feed_storage
from storage import runs, templates
from storage.database import Database
from storage.tables import feeds as feeds_table
from storage.tables import templates as templates_table
from tests.integration.web_door import WebDoor, web_door

P = ParamSpec("P")
T = TypeVar("T")
REQUEST = {"request_id"}
SCHEDULE = {"schedule_id", "message", "dailyCount", "endDate"}
ENVELOPE = {"success", "error", "code", "field", "requestId"}
FUTURE, PAST = "2030-12-31T23:59:59Z", "2024-12-31T23:59:59Z"
ARTICLE = "https://example.com/article"
AUDIO, IMAGE = "https://example.com/a.mp3", "https://example.com/i.jpg"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
MP3 = b"ID3" + b"0" * 40
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
KINDS = ("form", "json")


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The rows are about what is read and answered; what the database does with it is tested on both kinds."""
    return str(request.param)


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme", hears=True) as found:
        with database.write() as c:
            for url in ("https://example.com/1.xml", "https://example.com/2.xml"):
                feed_storage.ensure(c, url, now=found.now, owner=LOCAL_OWNER)
        yield found


@dataclass(frozen=True)
class File:
    content: bytes
    name: str = "a.bin"


@dataclass(frozen=True)
class Row:
    """One case of a row: what is sent beside the least that is needed, and what comes of it.

    Without *error*, the answer has the keys of *form*, and the template that was made has what *made* says.
    """

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    of: str | None = None  # the field that the error names
    code: str = "invalid_input"
    only: str | None = None  # the content type that the row is about
    without: tuple[str, ...] = ()  # of what is needed at least
    form: frozenset[str] = frozenset(REQUEST)

    def __str__(self) -> str:
        return self.name


S = frozenset(SCHEDULE)
ON = {"isScheduled": True}
CREATE = [
    Row("2.1 type: a tweet", {"type": "tweet"}, {"type": "tweet"}),
    Row("2.1 type: a thread", {"type": "thread"}, {"type": "thread"}),
    Row("2.1 type: missing", without=("type",), error="Missing type parameter (tweet or thread)", of="type"),
    Row("2.1 type: another", {"type": "poem"}, error="Invalid type parameter (tweet or thread)", of="type"),
    Row("2.1 feedIds: taken", {"feedIds": [1, 2]}, {"feeds": 2}),
    Row("2.1 feedIds: alone", {"feedIds": [1]}, {"feeds": 1}, without=("text",)),
    Row(
        "2.1 feedIds: eleven",
        {"feedIds": [*range(1, 12)]},
        error="feedIds has 11 entries; at most 10 are allowed",
        of="feedIds",
    ),
    Row(
        "2.1 feedIds: unknown",
        {"feedIds": [77]},
        error="feedIds names feed 77, which does not exist; GET /feeds lists those there are",
        of="feedIds",
    ),
    Row(
        "2.1 deepResearchIds: unknown",
        {"deepResearchIds": ["a"]},
        error="deepResearchIds: there is no research a; GET /deep-research/research lists those there are",
        of="deepResearchIds",
    ),
    Row("2.1 deepResearchIds: eleven", {"deepResearchIds": list("abcdefghijk")}, error="", of="deepResearchIds"),
    Row(
        "2.1 projectIds: unknown",
        {"projectIds": ["proj-456"]},
        error="projectIds: there is no project proj-456; GET /projects lists those there are",
        of="projectIds",
    ),
    Row("2.1 projectIds: alone", {"projectIds": ["p"]}, without=("text",), error="", code="missing_source"),
    Row("2.1 audioUrl: taken", {"audioUrl": AUDIO}, {"audio": AUDIO}),
    Row("2.1 audioUrl: no URL", {"audioUrl": "song"}, error="", of="audioUrl"),
    Row("2.1 promptAudioFile: kept", {"promptAudioFile": File(MP3)}, {"prompt_audio": "file"}, only="form"),
    Row(
        "2.1 promptAudioFile: no sound",
        {"promptAudioFile": File(b"<html>")},
        only="form",
        error="",
        of="promptAudioFile",
    ),
    Row("2.1 promptAudioUrl: taken", {"promptAudioUrl": AUDIO}, {"prompt_audio": AUDIO}),
    Row(
        "2.1 promptAudioFile: beside promptAudioUrl",
        {"promptAudioFile": File(MP3), "promptAudioUrl": AUDIO},
        only="form",
        error="promptAudioFile cannot be used with promptAudioUrl",
        of="promptAudioFile",
    ),
    Row("2.1 url: taken", {"url": ARTICLE}, {"url": ARTICLE}),
    Row("2.1 url: no URL", {"url": "file:///etc/passwd"}, error="", of="url"),
    Row("2.1 text: taken", {"text": "My thoughts"}, {"text": "My thoughts"}),
    Row("2.1 text: alone is posted as it is", {"text": "My thoughts"}, {"minimum_score": 0}),
    Row("2.1 text: with a prompt it is a seed", {"text": "My thoughts", "prompt": "funny"}, {"minimum_score": 60}),
    Row("2.1 text: too long", {"text": "x" * 20_001}, error="", of="text"),
    Row("2.1 prompt: taken", {"prompt": "Make it funny"}, {"prompt": "Make it funny"}),
    Row("2.1 prompt: alone", {"prompt": "funny"}, without=("text",), error="", code="missing_source"),
    Row("2.1 tweetStyle: taken", {"tweetStyle": "Paragraphs"}, {"tweet_style": "Paragraphs"}),
    Row("2.1 tweetStyle: absent", {}, {"tweet_style": None}),
    Row(
        "2.1 tweetStyle: another",
        {"tweetStyle": "Haiku"},
        error="tweetStyle must be one of OneLiner, Paragraphs, Explainer",
        of="tweetStyle",
    ),
    Row("2.1 count: 1 to 10", {"count": 10}, {"count": 10}),
    Row("2.1 count: absent", {}, {"count": 1}),
    Row("2.1 count: 0", {"count": 0}, error="count must be between 1 and 10", of="count"),
    Row("2.1 count: 11", {"count": 11}, error="count must be between 1 and 10", of="count"),
    Row("2.1 count: x", {"count": "x"}, error="count must be a whole number between 1 and 10", of="count"),
    Row("2.1 deepResearch: false", {"deepResearch": False}),
    Row("2.1 deepResearch: true", {"deepResearch": True}, {"deep_research": True}),
    Row("2.1 imageUrl: taken", {"imageUrl": IMAGE}, {"image": IMAGE}),
    Row("2.1 imageUrl: alone", {"imageUrl": IMAGE}, {"image": IMAGE}, without=("text",)),
    Row("2.1 imageFile: a file", {"imageFile": File(PNG)}, {"image": "file"}, only="form"),
    Row("2.1 imageFile: a data URI", {"imageFile": URI}, {"image": "file"}, only="json"),
    Row("2.1 imageFile: no image", {"imageFile": File(MP3)}, only="form", error="", of="imageFile"),
    Row("2.1 imageFile: no data URI", {"imageFile": "x"}, only="json", error="", of="imageFile"),
    Row(
        "2.1 imageFile: beside imageUrl",
        {"imageFile": File(PNG), "imageUrl": IMAGE},
        only="form",
        error="imageFile cannot be used with imageUrl",
        of="imageFile",
    ),
    Row(
        "2.1 imageFile: too large",
        {"imageFile": File(PNG + b"x" * IMAGE_LIMIT_BYTES)},
        only="form",
        error="",
        of="imageFile",
    ),
    Row("2.1 callbackData: byte for byte", {"callbackData": " ü\t{} "}, {"callback_data": " ü\t{} "}),
    Row("2.1 callbackData: 500", {"callbackData": "x" * 500}, {"callback_data": "x" * 500}),
    Row("2.1 callbackData: 501", {"callbackData": "x" * 501}, error="", of="callbackData"),
    Row("2.1 isScheduled: true", ON, {"status": "active"}, form=S),
    Row("2.1 isScheduled: false", {"isScheduled": False}, {"once": True}),
    Row("2.1 dailyCount: taken", ON | {"dailyCount": 2}, {"daily_count": 2}, form=S),
    Row("2.1 dailyCount: absent", ON, {"daily_count": 1}, form=S),
    Row("2.1 dailyCount: 101", {"dailyCount": 101}, error="dailyCount must be between 1 and 100", of="dailyCount"),
    Row("2.1 dailyCount: 0", ON | {"dailyCount": 0}, error="dailyCount must be between 1 and 100", of="dailyCount"),
    Row("2.1 scheduleEndDate: taken", ON | {"scheduleEndDate": FUTURE}, {"end": FUTURE}, form=S),
    Row("2.1 scheduleEndDate: none", ON, {"end": None}, form=S),
    Row("2.1 scheduleEndDate: past and not scheduled", {"isScheduled": False, "scheduleEndDate": PAST}, {"once": True}),
    Row("2.1 scheduleEndDate: past", ON | {"scheduleEndDate": PAST}, error="", of="scheduleEndDate"),
    Row("2.1 scheduleEndDate: no date", {"scheduleEndDate": "soon"}, error="", of="scheduleEndDate"),
    Row("2.1 sources: none", without=("text",), error="", code="missing_source"),
    Row("2.1 sources: empty lists", {"feedIds": []}, without=("text",), error="", code="missing_source"),
    Row("2.1 sources: several", {"url": ARTICLE, "feedIds": [1]}, {"url": ARTICLE, "feeds": 1, "text": "Hello"}),
    Row("2.1 unknown fields are ignored", {"surprise": "x"}),
]
QUICK = [
    Row("2.2 type: missing", without=("type",), error="Missing type parameter (tweet or thread)", of="type"),
    Row("2.2 queryText: taken", {}, {"text": "Hello", "fast": True}),
    Row("2.2 tweetStyle: absent", {}, {"tweet_style": None}),
    Row("2.2 queryText: missing", without=("queryText",), error="", code="missing_source", of="queryText"),
    Row("2.2 queryAudioFile: kept", {"queryAudioFile": File(MP3)}, {"audio": "file", "text": "Hello"}, only="form"),
    Row(
        "2.2 queryAudioFile: alone",
        {"queryAudioFile": File(MP3)},
        {"audio": "file", "text": None},
        only="form",
        without=("queryText",),
    ),
    Row("2.2 tweetStyle", {"tweetStyle": "OneLiner"}, {"tweet_style": "OneLiner"}),
    Row("2.2 count", {"count": 3}, {"count": 3}),
    Row("2.2 deepResearch", {"deepResearch": True}, {"deep_research": True}),
    Row("2.2 imageFile", {"imageFile": File(PNG)}, {"image": "file"}, only="form"),
    Row("2.2 callbackData", {"callbackData": "x"}, {"callback_data": "x"}),
    Row("2.2 isScheduled", ON | {"dailyCount": 3}, {"fast": True, "daily_count": 3}, form=S),
    Row("2.2 scheduleEndDate", ON | {"scheduleEndDate": FUTURE}, {"end": FUTURE}, form=S),
]
LEAST = {"/x/post": {"type": "tweet", "text": "Hello"}, "/x/post/quick": {"type": "tweet", "queryText": "Hello"}}
CASES = [
    pytest.param(path, row, kind, id=f"{row.name} ({kind})")
    for path, rows in (("/x/post", CREATE), ("/x/post/quick", QUICK))
    for row in rows
    for kind in KINDS
    if row.only in (None, kind)
]


def sent(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Give *fields* as a request of that kind brings them."""
    if kind == "json":
        return {"json": fields}
    files = [(name, (value.name, value.content)) for name, value in fields.items() if isinstance(value, File)]
    plain = [(name, (None, written(value).encode())) for name, value in fields.items() if not isinstance(value, File)]
    return {"files": [*plain, *files]}


def written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def newest(door: WebDoor) -> StoredTemplate:
    with door.database.read() as c:
        ids = list(c.execute(sa.select(templates_table.c.id).order_by(templates_table.c.id)).scalars())
        return templates.get(c, ids[-1])


def place(source: Any) -> str | None:
    return source and ("file" if source.file else source.url)


def what_was_made(stored: StoredTemplate) -> dict[str, Any]:
    template = stored.template
    return {
        "type": template.type.value,
        "feeds": len(template.sources.feeds),
        "url": template.sources.urls[0] if template.sources.urls else None,
        "text": template.sources.text,
        "minimum_score": template.minimum_score,
        "prompt": template.prompt,
        "audio": place(next(iter(template.sources.audio), None)),
        "prompt_audio": place(template.prompt_audio),
        "image": place(template.sources.image),
        "deep_research": template.deep_research,
        "tweet_style": template.tweet_style and template.tweet_style.value,
        "count": template.count,
        "callback_data": template.callback_data,
        "status": stored.state.status.value,
        "once": template.once,
        "fast": template.fast,
        "daily_count": getattr(template.schedule.cadence, "daily_count", None),
        "end": template.schedule.end and template.schedule.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize(("path", "row", "kind"), CASES)
def test_row_of_creating(door: WebDoor, path: str, row: Row, kind: str) -> None:
    fields = {name: value for name, value in LEAST[path].items() if name not in row.without} | row.fields

    answer = door.ask("POST", path, **sent(kind, fields))

    if row.error is None:
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() == row.form
        found = what_was_made(newest(door))
        assert {name: found[name] for name in row.made} == row.made
        return
    said = answer.json()
    assert (answer.status_code, said["success"], said["code"], said["field"]) == (400, False, row.code, row.of)
    assert said.keys() == ENVELOPE
    assert row.error in ("", said["error"])
    with door.database.read() as c:
        assert templates.list_all(c, include_deleted=True) == []


POST_KEYS = {
    "id",
    "requestId",
    "result",
    "type",
    "order",
    "createdOn",
    "tweetImageUrl",
    "dataTableImageUrl",
    "barChartImageUrl",
}
LISTED_KEYS = POST_KEYS | {"sources", "shareUrl"}
TEMPLATE_KEYS = {
    "id",
    "type",
    "deletedOn",
    "feedIds",
    "deepResearchIds",
    "projectIds",
    "audioUrl",
    "url",
    "text",
    "prompt",
    "imageUrl",
    "promptAudioUrl",
    "queryText",
    "queryAudioUrl",
    "fast",
    "tweetStyle",
    "callbackData",
    "dailyCount",
    "scheduleEndDate",
    "lastRunAt",
    "nextRunAt",
    "createdOn",
}


def created(door: WebDoor, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = door.done("POST", "/x/post", {"type": "tweet", "text": "Hello", **fields})
    return found


def test_2_1_the_answer_of_what_is_scheduled_is_literal(door: WebDoor) -> None:
    with_end = created(door, isScheduled=True, dailyCount=2, scheduleEndDate="2030-12-31T23:59:59Z")
    without = created(door, isScheduled=True, type="thread")

    assert with_end["message"] == "X tweet scheduled 2 time(s) per day until 2030-12-31T23:59:59Z"
    assert (with_end["dailyCount"], with_end["endDate"]) == (2, "2030-12-31T23:59:59Z")
    assert without["message"] == "X thread scheduled 1 time(s) per day indefinitely"
    assert without["endDate"] is None


def test_2_1_one_post_queues_a_run_and_what_is_scheduled_is_due_at_once(door: WebDoor) -> None:
    request_id = created(door)["request_id"]
    schedule_id = created(door, isScheduled=True, dailyCount=4)["schedule_id"]

    with door.database.read() as c:
        assert runs.get(c, request_id).trigger is Trigger.REQUEST
        assert templates.get(c, schedule_id).state.next_slot_at == door.now


SPOKEN = [
    ("/x/post", {"audioUrl": AUDIO}),
    ("/x/post", {"promptAudioUrl": AUDIO}),
    ("/x/post", {"promptAudioFile": File(MP3)}),
    ("/x/post/quick", {"queryAudioFile": File(MP3)}),
]


@pytest.mark.parametrize(("path", "fields"), SPOKEN, ids=lambda value: str(value)[:25])
def test_2_1_what_is_spoken_is_refused_where_nothing_writes_it_down(
    database: Database, path: str, fields: dict[str, Any]
) -> None:
    with web_door(database, account="acme") as door:
        said = door.ask("POST", path, **sent("form", LEAST[path] | fields)).json()

        assert (said["success"], said["code"], said["field"]) == (False, "not_configured", next(iter(fields)))
        assert "OSTINATO_TRANSCRIPTION_MODEL" in said["error"]


def test_2_1_files_that_were_brought_are_shown_and_fetched_by_their_urls(door: WebDoor) -> None:
    fields = {"type": "tweet", "isScheduled": True, "imageFile": File(PNG), "promptAudioFile": File(MP3)}
    assert door.ask("POST", "/x/post", **sent("form", fields)).status_code == 200

    (shown,) = door.get("/x/recurring")["templates"]

    for name, content, kind in (("imageUrl", PNG, "image/png"), ("promptAudioUrl", MP3, "audio/mpeg")):
        assert shown[name].startswith("http://door/files/")
        fetched = door.ask("GET", shown[name], token=None)
        assert (fetched.content, fetched.headers["Content-Type"]) == (content, kind)
    assert door.ask("GET", "/files/nothing", token=None).status_code == 404


async def here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)


@pytest.mark.parametrize("kind", KINDS)
def test_2_1_a_picture_that_is_broken_is_refused_when_it_is_brought(database: Database, kind: str) -> None:
    made = BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "PNG")
    with web_door(database, account="acme", offload=here) as door:
        for content, status in ((made.getvalue(), 200), (made.getvalue()[:60], 400), (PNG, 400)):
            uri = "data:image/png;base64," + base64.b64encode(content).decode()
            image = File(content) if kind == "form" else uri

            answer = door.ask("POST", "/x/post", **sent(kind, {"type": "tweet", "imageFile": image}))

            assert (answer.status_code, answer.json().get("field")) == (status, None if status == 200 else "imageFile")


def test_2_1_without_an_account_the_only_one_posts_or_the_request_is_refused(database: Database) -> None:
    with web_door(database) as door:
        fields = {"type": "tweet", "text": "Hello"}
        said = door.refused(400, "POST", "/x/post", fields)
        assert (said["code"], said["field"]) == ("not_configured", "account")
        assert "OSTINATO_ACCOUNT" in said["error"]

        door.done("POST", "/x/post", fields | {"account": "@acme"})
        door.done("POST", "/x/post", fields)

        assert newest(door).template.account == "acme"


def test_2_1_an_idempotency_key_makes_one_post(door: WebDoor) -> None:
    body, key = {"type": "tweet", "text": "Hello"}, {"Idempotency-Key": "k"}
    once = [door.ask("POST", "/x/post", json=body, headers=key) for _ in range(2)]

    assert once[0].json() == once[1].json()
    with door.database.read() as c:
        assert len(templates.list_all(c)) == 1


def test_2_0_two_posts_of_one_owner_are_five_seconds_apart(database: Database) -> None:
    with web_door(database, account="acme", posts_apart=timedelta(seconds=5)) as door:
        created(door)
        door.now += timedelta(seconds=1, milliseconds=500)

        answer = door.ask("POST", "/x/post/quick", json={"type": "tweet", "queryText": "Hello"})

        sentence = "Rate limit exceeded. Please wait 5 seconds before creating another X post request."
        assert (answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) == (429, sentence, "4")
        assert answer.json()["code"] == "rate_limited"
        door.refused(400, "POST", "/x/post", {"type": "tweet"})
        door.now += timedelta(seconds=3, milliseconds=500)
        created(door)


def test_2_0_who_has_no_token_and_what_is_no_form_and_no_json_is_refused(door: WebDoor) -> None:
    said = door.ask("POST", "/x/post", token=None, json={})
    assert (said.status_code, said.json()["success"], said.json()["error"]) == (401, False, "Invalid token")
    assert door.ask("POST", "/x/post", content=b"type=tweet", headers={"Content-Type": "text/plain"}).status_code == 415
    broken = door.ask("POST", "/x/post", content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["success"]) == (400, False)


def test_2_0_somebody_elses_feeds_posts_and_templates_are_not_there(door: WebDoor) -> None:
    schedule_id = created(door, isScheduled=True)["schedule_id"]
    other = door.token(owner="other")

    assert door.get("/x/recurring", token=other) == {"success": True, "templates": []}
    assert door.get("/x/posts", token=other) == {"posts": []}
    said = door.refused(404, "POST", f"/x/recurring/{schedule_id}", {"prompt": "x"}, token=other)
    assert said["error"] == "Recurring template not found or unauthorized"


def test_2_6_the_list_of_templates_has_all_keys_and_null_where_nothing_is(door: WebDoor) -> None:
    assert door.get("/x/recurring") == {"success": True, "templates": []}
    schedule_id = created(door, isScheduled=True, dailyCount=2, feedIds=[2], scheduleEndDate=FUTURE)["schedule_id"]
    created(door)

    found = door.get("/x/recurring")

    assert found.keys() == {"success", "templates"}
    (shown,) = found["templates"]
    assert shown.keys() >= TEMPLATE_KEYS
    expected = dict.fromkeys(TEMPLATE_KEYS) | {
        "id": schedule_id,
        "type": "tweet",
        "feedIds": [2],
        "deepResearchIds": [],
        "projectIds": [],
        "text": "Hello",
        "fast": False,
        "dailyCount": 2,
        "scheduleEndDate": FUTURE,
        "nextRunAt": "2026-03-26T12:00:00Z",
        "createdOn": "2026-03-26T12:00:00Z",
    }
    assert {name: shown[name] for name in TEMPLATE_KEYS} == expected
    assert (shown["isActive"], shown["count"], shown["status"], shown["lastRun"]) == (True, 1, "active", None)


def test_2_6_a_quick_template_shows_its_query(door: WebDoor) -> None:
    door.done("POST", "/x/post/quick", {"type": "tweet", "queryText": "three facts", "isScheduled": True})

    (shown,) = door.get("/x/recurring")["templates"]

    assert (shown["fast"], shown["queryText"], shown["text"]) == (True, "three facts", None)


def test_2_6_deleted_templates_are_shown_when_they_are_asked_for(door: WebDoor) -> None:
    schedule_id = created(door, isScheduled=True)["schedule_id"]
    door.done("DELETE", f"/api/v1/templates/{schedule_id}")

    assert door.get("/x/recurring")["templates"] == []
    (shown,) = door.get("/x/recurring?includeDeleted=true")["templates"]
    assert (shown["deletedOn"], shown["nextRunAt"], shown["status"]) == ("2026-03-26T12:00:00Z", None, "deleted")
    door.refused(404, "POST", f"/x/recurring/{schedule_id}", {"prompt": "x"})


def test_2_6_the_list_is_as_long_as_it_is(door: WebDoor) -> None:
    for _ in range(3):
        created(door, isScheduled=True)
    with door.database.write() as c:
        stored = newest(door)
        for number in range(450):
            fields = {"id": f"y{number:04}", "name": f"y{number}"}
            c.execute(
                sa.insert(templates_table).from_select(
                    [*fields, "account", "type", "status", "created_at", "updated_at", "definition", "paused_from"],
                    sa.select(
                        *(sa.literal(value) for value in fields.values()),
                        *(templates_table.c[name] for name in ("account", "type")),
                        sa.literal("ended"),
                        *(templates_table.c[name] for name in ("created_at", "updated_at")),
                        sa.func.replace(templates_table.c.definition, stored.template.id, fields["id"]),
                        sa.null(),
                    ).where(templates_table.c.id == stored.template.id),
                )
            )

    assert len({each["id"] for each in door.get("/x/recurring")["templates"]}) == 453


CHANGES = [
    Row("2.7 an absent field stays", {}, {"prompt": "old", "dailyCount": 2}),
    Row("2.7 prompt: replaced", {"prompt": "new"}, {"prompt": "new", "dailyCount": 2}),
    Row("2.7 prompt: empty clears", {"prompt": ""}, {"prompt": None}),
    Row("2.7 prompt: null clears", {"prompt": None}, {"prompt": None}),
    Row("2.7 dailyCount: 1 to 100", {"dailyCount": 24}, {"dailyCount": 24}),
    Row("2.7 dailyCount: 0", {"dailyCount": 0}, error="dailyCount must be between 1 and 100", of="dailyCount"),
    Row("2.7 dailyCount: 101", {"dailyCount": 101}, error="dailyCount must be between 1 and 100", of="dailyCount"),
    Row("2.7 dailyCount: text", {"dailyCount": "3"}, error="dailyCount must be between 1 and 100", of="dailyCount"),
    Row("2.7 scheduleEndDate: moved", {"scheduleEndDate": FUTURE}, {"scheduleEndDate": FUTURE}),
    Row("2.7 scheduleEndDate: null removes", {"scheduleEndDate": None}, {"scheduleEndDate": None}),
    Row("2.7 scheduleEndDate: past", {"scheduleEndDate": PAST}, error="", of="scheduleEndDate"),
    Row("2.7 isActive: false", {"isActive": False}, {"isActive": False, "nextRunAt": None, "status": "paused"}),
    Row("2.7 isActive: true", {"isActive": True}, {"isActive": True, "status": "active"}),
    Row("2.7 isActive: text", {"isActive": "false"}, error="isActive must be true or false", of="isActive"),
    Row("2.7 feedIds: replaced", {"feedIds": [1]}, {"feedIds": [1], "text": "Hello"}),
    Row("2.7 feedIds: cleared", {"feedIds": []}, {"feedIds": []}),
    Row("2.7 feedIds: unknown", {"feedIds": [77]}, error="", of="feedIds"),
    Row(
        "2.7 feedIds: no source is left",
        {"feedIds": [], "text": None},
        error=(
            "Missing a source: send at least one of feedIds, deepResearchIds, audioUrl, url, text, imageUrl, imageFile"
        ),
        code="missing_source",
    ),
    Row("2.7 deepResearchIds: unknown", {"deepResearchIds": ["a"]}, error="", of="deepResearchIds"),
    Row("2.7 deepResearchIds: cleared", {"deepResearchIds": []}, {"deepResearchIds": []}),
    Row("2.7 superset: deepResearch", {"deepResearch": True}, {"deepResearch": True}),
    Row("2.7 superset: audioUrl", {"audioUrl": AUDIO}, {"audioUrl": AUDIO}),
    Row("2.7 superset: imageUrl", {"imageUrl": IMAGE}, {"imageUrl": IMAGE}),
    Row("2.7 superset: projectIds: unknown", {"projectIds": ["p"]}, error="", of="projectIds"),
    Row("2.7 superset: type", {"type": "thread"}, {"type": "thread"}),
    Row("2.7 superset: tweetStyle", {"tweetStyle": "OneLiner"}, {"tweetStyle": "OneLiner"}),
    Row("2.7 superset: count", {"count": 3}, {"count": 3}),
    Row("2.7 superset: text", {"text": "new"}, {"text": "new"}),
    Row("2.7 superset: queryText: of a text", {"queryText": "new"}, error="", of="queryText"),
    Row("2.7 superset: queryText: null of a text", {"queryText": None}, {"text": "Hello", "queryText": None}),
    Row("2.7 superset: queryText: empty of a text", {"queryText": ""}, {"text": "Hello", "queryText": None}),
    Row("2.7 superset: url", {"url": ARTICLE}, {"url": ARTICLE}),
    Row("2.7 superset: callbackData", {"callbackData": "y"}, {"callbackData": "y"}),
    Row("2.7 superset: schedule", {"schedule": {"times": ["09:00", "21:00"]}}, {"dailyCount": 2}),
]


@pytest.mark.parametrize("row", CHANGES, ids=str)
def test_row_of_changing(door: WebDoor, row: Row) -> None:
    made = created(
        door, isScheduled=True, prompt="old", dailyCount=2, feedIds=[1, 2], scheduleEndDate="2028-01-01T00:00:00Z"
    )
    before = door.get("/x/recurring")["templates"][0]

    answer = door.ask("POST", f"/x/recurring/{made['schedule_id']}", json=row.fields)

    if row.error is None:
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert said.keys() == {"success", "message", "template"}
        assert (said["success"], said["message"]) == (True, "Recurring template updated successfully")
        assert said["template"] == door.get("/x/recurring")["templates"][0]
        assert {name: said["template"][name] for name in row.made} == row.made
        assert said["template"]["id"] == made["schedule_id"]
        return
    said = answer.json()
    assert (answer.status_code, said["success"], said["code"], said["field"]) == (400, False, row.code, row.of)
    assert said.keys() == ENVELOPE
    assert row.error in ("", said["error"])
    assert door.get("/x/recurring")["templates"] == [before]


def test_2_7_another_interval_counts_from_the_last_planned_run(door: WebDoor) -> None:
    made = created(door, isScheduled=True, dailyCount=1)
    with door.database.write() as c:
        plan_due(c, now=door.now, new_id=door.parts.new_id)
    door.now += timedelta(hours=1)

    said = door.done("POST", f"/x/recurring/{made['schedule_id']}", {"dailyCount": 4})

    assert said["template"]["nextRunAt"] == "2026-03-26T18:00:00Z"


def test_2_7_what_is_resumed_goes_on_from_now_and_twice_is_the_same(door: WebDoor) -> None:
    path = f"/x/recurring/{created(door, isScheduled=True, dailyCount=4)['schedule_id']}"
    door.done("POST", path, {"isActive": False})
    assert door.done("POST", path, {"isActive": False})["template"]["status"] == TemplateStatus.PAUSED.value
    door.now += timedelta(hours=7)

    said = door.done("POST", path, {"isActive": True})

    assert said["template"]["nextRunAt"] == "2026-03-27T00:00:00Z"
    assert door.done("POST", path, {"isActive": True}) == said


def test_2_7_a_query_is_changed_as_a_query(door: WebDoor) -> None:
    quick = {"type": "tweet", "queryText": "Hello", "isScheduled": True}
    path = f"/x/recurring/{door.done('POST', '/x/post/quick', quick)['schedule_id']}"

    said = door.done("POST", path, {"queryText": "new", "text": None})["template"]

    assert (said["queryText"], said["text"], said["fast"]) == ("new", None, True)
    assert door.refused(400, "POST", path, {"text": "new"})["error"] == (
        "text cannot be changed: this template is one that /x/post/quick made; send queryText"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Hello", "feedIds": [1], "prompt": "kind", "scheduleEndDate": "2026-03-27T00:00:00Z"},
        {"imageFile": URI, "promptAudioUrl": AUDIO, "tweetStyle": "OneLiner", "count": 2},
        {"path": "/x/post/quick", "queryText": "Hello"},
    ],
)
def test_2_7_what_is_sent_back_as_it_was_shown_changes_nothing(door: WebDoor, fields: dict[str, Any]) -> None:
    place = fields.get("path", "/x/post")
    made = door.done("POST", place, {"type": "tweet", "isScheduled": True, "callbackData": " x ", **fields})
    path, kept = f"/x/recurring/{made['schedule_id']}", newest(door).template
    door.now += timedelta(days=3)
    (shown,) = door.get("/x/recurring")["templates"]

    assert door.done("POST", path, shown)["template"] == shown
    assert newest(door).template == kept


def test_2_7_what_is_like_what_was_shown_but_of_another_type_is_refused(door: WebDoor) -> None:
    path = f"/x/recurring/{created(door, isScheduled=True)['schedule_id']}"
    for fields in ({"isActive": 1}, {"dailyCount": True}, {"count": 1.0}):
        door.refused(400, "POST", path, fields)


def test_2_7_an_unknown_template_and_one_made_for_one_post_are_not_found(door: WebDoor) -> None:
    created(door)
    for name in ("nobody", newest(door).template.id, newest(door).template.name):
        said = door.refused(404, "POST", f"/x/recurring/{name}", {"prompt": "x"})
        assert said["error"] == "Recurring template not found or unauthorized"


def test_2_7_an_empty_body_changes_nothing(door: WebDoor) -> None:
    path = f"/x/recurring/{created(door, isScheduled=True)['schedule_id']}"
    before = door.get("/x/recurring")["templates"]

    assert door.done("POST", path)["template"] == before[0]


def test_the_feeds_of_the_table_are_there(door: WebDoor) -> None:
    with door.database.read() as c:
        assert list(c.execute(sa.select(feeds_table.c.id)).scalars()) == [1, 2]
