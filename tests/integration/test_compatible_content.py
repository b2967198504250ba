"""`/content/…`: how far a request is, and the webhooks that are told in the compatible document how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from domain.reasons import SENTENCES, Reason
from domain.run import Rejected, RunStatus, Verdict
from scheduler.editor import Gathered
from scheduler.operations import runs
from storage.database import Database
from tests.integration.callback_receiver import Receiver, receiving
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import UNCLEAR, draft
from tests.integration.test_compatible_rows import ENVELOPE, LISTED_KEYS

STATUS_KEYS = {
    *("id", "request_id", "requestId", "schedule_id", "request_type", "status", "requested_on", "updated_on"),
    *("error_on", "error_code", "error_message", "callback_data", "callbackData", "notes", "posts"),
}
CALLBACK_KEYS = STATUS_KEYS | {"event", "event_id", "created_at"}


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, allow=(ip_network("127.0.0.0/8"),)) as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def status(stage: Stage, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.door.get(f"/content/Status/{request_id}")
    assert found.keys() >= STATUS_KEYS
    return found


def test_a_request_is_queued_and_then_done(stage: Stage) -> None:
    body = {"type": "tweet", "text": "words", "account": "demo", "callbackData": " a"}
    request_id = stage.door.done("POST", "/x/post", body)["request_id"]

    before = status(stage, request_id)
    assert (before["status"], before["error_code"], before["posts"]) == (0, 0, [])
    stage.later(seconds=5)
    stage.house.work()

    after = status(stage, request_id)
    expected = {
        "id": request_id,
        "request_id": request_id,
        "requestId": request_id,
        "schedule_id": None,
        "request_type": "x_post",
        "status": 100,
        "requested_on": "2026-03-01T09:00:00Z",
        "updated_on": "2026-03-01T09:00:05Z",
        "error_on": None,
        "error_code": 0,
        "error_message": None,
        "callback_data": " a",
        "callbackData": " a",
        "response_text": "Hello",
        "notes": [],
    }
    assert {name: after[name] for name in expected} == expected
    assert after["posts"] == stage.door.get("/x/posts")["posts"]


def test_what_failed_keeps_its_stage_and_says_why(stage: Stage) -> None:
    stage.house.editor.gathered = Gathered(())

    found = status(stage, stage.post("Hello"))

    assert (found["status"], found["error_on"], found["error_code"]) == (20, "2026-03-01T09:00:00Z", 1)
    assert (found["error_message"], found["reason"]) == (SENTENCES[Reason.NOTHING_NEW], "nothing_new")


def test_what_was_asked_for_and_not_got_is_told_although_nothing_failed(stage: Stage) -> None:
    lost = Rejected("https://example.com/i.jpg", "there is no such page (404)")
    seen = Rejected("https://example.com/1", "was used already", failed=False)
    gathered = stage.house.editor.gathered
    assert isinstance(gathered, Gathered)
    stage.house.editor.gathered = replace(gathered, rejected=(lost, seen))
    stage.house.editor.drafts = (replace(draft("Hello"), material_ids=("m0",), unmet_hints=("be funny",)),)
    body = {"type": "tweet", "text": "words", "account": "demo", "count": 3, "prompt": "be funny"}
    request_id = stage.door.done("POST", "/x/post", body)["request_id"]
    stage.house.work()

    found = status(stage, request_id)

    assert (found["status"], found["error_code"]) == (100, 0)
    assert found["notes"] == [
        "https://example.com/i.jpg: there is no such page (404)",
        "1 of 3 posts: no other draft was both good enough and different",
        "not followed: be funny",
    ]


def test_what_is_only_to_be_written_is_done_when_it_is_written(stage: Stage) -> None:
    found = status(stage, stage.post("Hello", approval="shadow"))

    assert (found["status"], found["error_code"], found["response_text"]) == (100, 0, "Hello")


def test_what_waits_for_a_person_and_what_is_in_doubt_have_their_stages(stage: Stage) -> None:
    assert status(stage, stage.post("Hello", approval="approve"))["status"] == 70
    stage.house.publisher.answers["Doubt"] = [UNCLEAR]
    doubtful = status(stage, stage.post("Doubt"))

    assert (doubtful["status"], doubtful["error_code"]) == (60, 0)


def test_a_run_of_what_recurs_is_a_request_of_its_own(stage: Stage) -> None:
    body = {"type": "tweet", "text": "words", "account": "demo", "isScheduled": True, "callbackData": "mine"}
    schedule_id = stage.door.done("POST", "/x/post", body)["schedule_id"]
    stage.house.plan()
    stage.house.work()
    request_id = stage.door.get("/x/posts")["posts"][0]["requestId"]

    found = status(stage, request_id)

    assert (found["schedule_id"], found["status"], found["callback_data"]) == (schedule_id, 100, "mine")


def test_an_unknown_request_and_somebody_elses_are_not_found(stage: Stage) -> None:
    request_id = stage.post("Hello")

    for name, token in (("nobody", ""), (request_id, stage.door.token(owner="other"))):
        said = stage.door.refused(404, "GET", f"/content/Status/{name}", token=token)
        assert (said.keys(), said["error"]) == (ENVELOPE, "Request not found or unauthorized")


def hooked(stage: Stage, receiver: Receiver) -> dict[str, Any]:
    found: dict[str, Any] = stage.door.done("POST", "/content/Webhook", {"url": f"{receiver.address}/hook"})
    return found


def test_a_webhook_is_told_once_how_each_request_ended_signed(stage: Stage, receiver: Receiver) -> None:
    made = hooked(stage, receiver)
    request_id = stage.post("one", "two", callbackData=" ü ")
    stage.deliver()

    [got] = receiver.received
    stands = {"event", "event_id", "created_at"}
    assert got.headers["webhook-id"]
    assert got.headers["webhook-signature"].startswith("v1,")
    said = json.loads(got.body)
    assert said.keys() >= CALLBACK_KEYS
    assert {name: value for name, value in said.items() if name not in stands} == status(stage, request_id)
    assert (said["event"], said["event_id"], said["callbackData"]) == (
        "request.succeeded",
        got.headers["webhook-id"],
        " ü ",
    )
    assert [each["result"] for each in said["posts"]] == ["one", "two"]
    assert all(each.keys() >= LISTED_KEYS for each in said["posts"])
    assert made["secret"].startswith("whsec_")


def test_a_webhook_is_told_of_a_failure_and_of_nothing_in_between(stage: Stage, receiver: Receiver) -> None:
    hooked(stage, receiver)
    request_id = stage.post("Hello", approval="approve")
    stage.deliver()
    assert receiver.received == []

    runs.decide(stage.house.database, request_id, Verdict.REJECTED, note=None, now=stage.house.clock())
    stage.house.work()
    stage.deliver()

    [got] = receiver.received
    said = json.loads(got.body)
    assert (said["event"], said["error_code"], said["reason"]) == ("request.failed", 1, "rejected")
    assert [each["status"] for each in said["posts"]] == ["discarded"]


def test_webhooks_are_listed_and_removed(stage: Stage, receiver: Receiver) -> None:
    made = hooked(stage, receiver)
    shown = {name: value for name, value in made.items() if name != "secret"}

    assert stage.door.get("/content/Webhooks") == [shown]
    assert stage.door.get("/content/Webhooks", token=stage.door.token(owner="other")) == []
    assert stage.door.done("POST", "/content/RemoveWebhook", {"id": made["id"]}) == {"success": True}
    assert stage.door.get("/content/Webhooks") == []
    stage.door.refused(404, "POST", "/content/RemoveWebhook", {"id": made["id"]})
    stage.post("Hello")
    stage.deliver()
    assert receiver.received == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "ftp://example.com",
            "http://example.com/hook",
            "https://10.0.0.1/x",
            "https://[::1]/",
            "http://8.8.8.8/",
        ),
        *("https://169.254.169.254/latest", "https://user:word@example.com/"),
    ],
)
def test_a_webhook_is_https_and_public_unless_its_network_is_allowed(stage: Stage, url: str) -> None:
    said = stage.door.refused(400, "POST", "/content/Webhook", {"url": url})

    assert (said.keys(), said["field"]) == (ENVELOPE, "url")


def test_a_request_that_is_deleted_posts_nothing(stage: Stage) -> None:
    waiting = stage.post("Hello", approval="approve")

    assert stage.door.done("POST", "/content/DeleteRequest", {"id": waiting}) == {"success": True}

    assert runs.details(stage.house.database, waiting).facts.run.status is RunStatus.SKIPPED
    done = stage.post("Good day")
    said = stage.door.refused(409, "POST", "/content/DeleteRequest", {"id": done})
    assert said["error"] == f"request {done} is out; DELETE /api/v1/posts/{{post}} takes a post of it down from X"
    assert stage.house.texts_sent() == ["Good day"]
    assert stage.door.done("POST", "/content/DeleteRequest", {"id": waiting}) == {"success": True}
    stage.door.refused(404, "POST", "/content/DeleteRequest", {"id": "nobody"})
    stage.door.refused(404, "POST", "/content/DeleteRequest", {"id": done}, token=stage.door.token(owner="other"))
    stage.door.refused(400, "POST", "/content/DeleteRequest", {})
