"""Templates over HTTP do what `ostinato template` does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from scheduler.ids import new_id
from scheduler.operations import templates
from storage.database import Database
from tests.integration.web_door import WebDoor, web_door
from web.own.examples import DOCUMENT

PATH = "/api/v1/templates"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database) as opened:
        yield opened


def named(name: str, **more: Any) -> dict[str, Any]:
    return {**DOCUMENT, "name": name, **more}


def test_a_template_is_made_shown_changed_and_deleted(door: WebDoor) -> None:
    made = door.ask("POST", PATH, json=DOCUMENT)
    shown = door.get(made.headers["location"])

    assert made.status_code == 201
    assert shown == {key: value for key, value in made.json().items() if "secret" not in key}
    assert door.get(f"{PATH}/morning") == shown
    assert shown["next_slot_at"] == "2026-03-27T08:00:00.000000Z"

    edited = door.done("PATCH", f"{PATH}/morning", {"count": 2})
    assert (edited["count"], edited["fields"]) == (2, [{"field": "count", "old": 1, "new": 2}])
    put = door.done("PUT", f"{PATH}/morning", named("evening", is_active=False))
    assert (put["id"], put["name"], put["status"], put["count"]) == (shown["id"], "evening", "paused", 1)
    assert door.done("DELETE", f"{PATH}/evening")["status"] == "deleted"
    assert door.get(PATH)["templates"] == []
    assert [each["id"] for each in door.get(f"{PATH}?status=deleted")["templates"]] == [shown["id"]]


def test_it_is_paused_with_a_reason_and_resumed(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)

    paused = door.done("POST", f"{PATH}/morning/pause", {"reason": "the site is being moved"})
    assert (paused["status"], paused["pause_note"]) == ("paused", "the site is being moved")
    assert door.done("POST", f"{PATH}/morning/pause")["pause_note"] == "the site is being moved"
    assert door.done("POST", f"{PATH}/morning/resume")["status"] == "active"


def test_slots_are_previewed_skipped_and_moved(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)
    first, second = door.get(f"{PATH}/morning/slots?count=2")["slots"]

    skipped = door.done("POST", f"{PATH}/morning/slots/skip", {"at": first["at"]})
    moved = door.done("POST", f"{PATH}/morning/slots/move", {"at": second["at"], "to": "2026-03-28T10:30:00Z"})

    assert (skipped["status"], skipped["reason"]) == ("skipped", "owner_skipped")
    assert moved["due_at"] == "2026-03-28T10:30:00.000000Z"
    again = door.get(f"{PATH}/morning/slots?count=2")["slots"]
    assert [each["reason"] for each in again] == ["owner_skipped", None]
    assert again[1]["due_at"] == moved["due_at"]


def test_everything_is_paused_and_resumed_at_once(door: WebDoor) -> None:
    for name in ("morning", "evening"):
        door.done("POST", PATH, named(name))

    paused = door.done("POST", "/api/v1/pause", {"reason": "something is wrong"})["templates"]
    assert [(each["name"], each["pause_note"]) for each in paused] == [
        ("evening", "something is wrong"),
        ("morning", "something is wrong"),
    ]
    resumed = door.done("POST", "/api/v1/resume")
    assert [each["status"] for each in resumed["templates"]] == ["active", "active"]
    assert resumed["refused"] == []
    theirs = door.token(owner="somebody-else")
    for path in ("/api/v1/pause", "/api/v1/resume"):
        assert door.done("POST", path, token=theirs)["templates"] == []


def test_slots_that_passed_are_made_up_and_explained(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)
    door.done("POST", f"{PATH}/morning/pause")
    door.now += timedelta(days=2)
    door.done("POST", f"{PATH}/morning/resume")
    why = f"{PATH}/morning/why?at=2026-03-27T08:00:00Z"
    assert [each["kind"] for each in door.get(why)["answers"]] == ["gap"]

    days = {"from": "2026-03-27T00:00:00Z", "to": "2026-03-27T23:00:00Z"}
    made_up = door.done("POST", f"{PATH}/morning/slots/backfill", days)

    assert made_up["slots"] == ["2026-03-27T08:00:00.000000Z"]
    (told,) = door.get(why)["answers"]
    assert (told["kind"], told["status"]) == ("run", "queued")
    assert door.get(f"{PATH}/morning/why?at=2026-03-27T09:00:00Z")["answers"][0]["kind"] == "nothing"


def test_a_run_is_queued_once_for_a_key(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)
    key = {"Idempotency-Key": "k1"}

    first = door.ask("POST", f"{PATH}/morning/runs", headers=key)
    again = door.ask("POST", f"{PATH}/morning/runs", headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "in progress" in door.refused(409, "POST", f"{PATH}/morning/runs")["detail"]


def test_a_key_that_stands_for_another_call_is_refused(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k1"}
    made = door.done("POST", PATH, DOCUMENT, headers=key)

    assert door.done("POST", PATH, dict(reversed(DOCUMENT.items())), headers=key) == made
    told = door.refused(409, "POST", PATH, named("evening"), headers=key)
    assert "Idempotency-Key" in told["detail"]
    assert [each["name"] for each in door.get(PATH)["templates"]] == ["morning"]


def test_what_a_refused_call_was_keyed_with_is_free_again(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k1"}

    door.refused(422, "POST", PATH, named("morning", count=99), headers=key)

    assert door.done("POST", PATH, DOCUMENT, headers=key)["name"] == "morning"


def test_pages_follow_each_other_without_gaps(door: WebDoor) -> None:
    names = [f"t{number}" for number in range(5)]
    for name in reversed(names):
        door.done("POST", PATH, named(name))
    seen: list[str] = []
    following = ""

    while following is not None:
        found = door.get(f"{PATH}?limit=2" + (f"&after={following}" if following else ""))
        seen += [each["name"] for each in found["templates"]]
        following = found["next"]

    assert seen == names


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "field"),
    [
        ("POST", PATH, {}, 422, "name"),
        ("POST", PATH, named("x", count=99, colour="red"), 422, "count"),
        ("POST", PATH, named("x", tips="/etc/passwd"), 422, "tips"),
        ("PATCH", f"{PATH}/morning", {"count": "two"}, 422, "count"),
        ("POST", f"{PATH}/morning/pause", {"reason": 7}, 422, "reason"),
        ("POST", f"{PATH}/morning/pause", {"why": "x"}, 422, "why"),
        ("POST", f"{PATH}/morning/slots/skip", {}, 422, "at"),
        ("POST", f"{PATH}/morning/slots/skip", {"at": "tomorrow"}, 422, "at"),
        ("POST", f"{PATH}/morning/slots/move", {"at": "2026-03-27T08:00:00Z", "to": "2026-01-01T00:00:00Z"}, 422, "to"),
        ("GET", f"{PATH}/morning/why", None, 422, "at"),
        ("GET", f"{PATH}/morning/why?at=never", None, 422, "at"),
        ("GET", f"{PATH}?limit=0", None, 422, "limit"),
        ("GET", f"{PATH}?limit=1&limit=2", None, 422, "limit"),
        ("GET", f"{PATH}?after=x", None, 422, "after"),
        ("GET", f"{PATH}?colour=red", None, 422, "colour"),
        ("GET", f"{PATH}?status=gone", None, 422, "status"),
    ],
)
def test_every_wrong_field_is_named(
    door: WebDoor, method: str, path: str, document: Any, status: int, field: str
) -> None:
    door.done("POST", PATH, DOCUMENT)

    told = door.refused(status, method, path, document)

    assert field in [each["field"] for each in told["errors"]]
    assert (told["code"], told["status"]) == ("invalid_input", status)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_template_that_is_not_there_is_not_found(door: WebDoor, method: str) -> None:
    assert door.refused(404, method, f"{PATH}/nothing", DOCUMENT)["code"] == "not_found"


def test_a_name_that_is_taken_is_a_conflict(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)

    assert door.refused(409, "POST", PATH, DOCUMENT)["code"] == "conflict"


@pytest.mark.parametrize("url", ["http://example.com/hook", "https://127.0.0.1/hook", "https://[::ffff:10.0.0.1]/hook"])
def test_its_events_go_where_any_webhook_may_be(door: WebDoor, url: str) -> None:
    door.done("POST", PATH, DOCUMENT)
    apply = {"as": "desk", "templates": [named("third", callback_url=url)]}
    refused = [
        door.refused(422, "POST", PATH, named("other", callbackUrl=url)),
        door.refused(422, "PATCH", f"{PATH}/morning", {"callback_url": url}),
        door.refused(422, "PUT", f"{PATH}/morning", named("morning", callback_url=url)),
    ]
    applied = [door.refused(422, "POST", path, apply) for path in ("/api/v1/apply", "/api/v1/plan")]

    assert [[each["field"] for each in told["errors"]] for told in refused] == [["callback_url"]] * 3
    assert [[each["field"] for each in told["errors"]] for told in applied] == [["templates[0].callback_url"]] * 2
    assert [(each["name"], "callback_url" in each) for each in door.get(PATH)["templates"]] == [("morning", False)]
    assert door.get("/api/v1/webhooks")["webhooks"] == []


def test_a_callback_url_that_the_command_line_took_may_stay(door: WebDoor) -> None:
    document = named("plain", callback_url="http://example.com/hook")
    templates.add(door.database, document, cipher=door.parts.cipher, now=door.now, new_id=new_id)

    assert door.done("PUT", f"{PATH}/plain", {**document, "count": 2})["count"] == 2
    assert door.done("POST", "/api/v1/apply", {"as": "desk", "templates": [document]})["totals"]["changed"] == 1


def test_the_end_of_the_calendar_is_not_asked_about(door: WebDoor) -> None:
    door.done("POST", PATH, DOCUMENT)
    why = f"{PATH}/morning/why?at="

    told = door.refused(422, "GET", f"{why}9999-12-31T23:59:59.999999Z")

    assert told["errors"] == [{"field": "at", "detail": "is later than any calendar goes"}]
    assert [each["kind"] for each in door.get(f"{why}9999-12-01T00:00:00Z")["answers"]] == ["nothing"]
