"""Webhooks over HTTP: made with a secret that is shown once, changed, tested, and told again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import select

from callbacks.channels import Channels
from domain.event import DeliveryStatus, Event, EventType, NewEvent, Webhook
from domain.token import Scope
from scheduler.operations import callbacks
from sources.guard import guarded_client
from storage import deliveries, delivery_pages, events, tables, webhooks
from storage.database import Database
from tests.integration.callback_receiver import Answer, Receiver, receiving
from tests.integration.web_door import NOW, WebDoor, web_door
from web.outside import Outside
from web.own.examples import DOCUMENT

PATH = "/api/v1/webhooks"
SENT = "/api/v1/deliveries"
ALLOWED = (ip_network("127.0.0.0/8"),)
URL = "https://example.com/hook"


async def tell(webhook: Webhook, event: Event) -> int | None:
    async with guarded_client(allow=ALLOWED) as client:
        return await Channels(client, time_limit=5).send(webhook, event, now=datetime.now(UTC))  # the receiver compares


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, allow=ALLOWED, outside=Outside(tell=tell)) as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def happened(door: WebDoor, *kinds: EventType) -> list[str]:
    new = [NewEvent(door.parts.new_id(), kind, NOW, {}) for kind in kinds]
    with door.database.write() as c:
        events.record(c, new)
    return [each.id for each in new]


def died(door: WebDoor) -> None:
    """Let all that waits be given up."""
    with door.database.write() as c:
        for each in delivery_pages.page(c, owner=None, status=DeliveryStatus.PENDING, limit=100):
            deliveries.record_failure(
                c,
                each.id,
                status=500,
                error="answered 500",
                now=NOW,
                next_attempt_at=None,
                dead=True,
                duration_ms=7,
            )


def test_a_new_one_shows_its_secret_once_and_is_told_what_it_asked_for(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": f" {URL} ", "events": ["run.failed", "post.published"]})

    assert made["secret"].startswith("whsec_")
    shown = {name: value for name, value in made.items() if name != "secret"}
    assert (shown["url"], shown["events"], shown["active"]) == (URL, ["post.published", "run.failed"], True)
    assert door.get(f"{PATH}/{made['id']}") == shown
    assert door.get(PATH) == {"webhooks": [shown], "next": None}
    happened(door, EventType.RUN_FAILED, EventType.CLOCK_STEPPED)
    assert [each["event"] for each in door.get(SENT)["deliveries"]] == ["run.failed"]


def test_the_same_key_answers_the_same_secret_which_no_row_shows(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k"}
    made = door.done("POST", PATH, {"url": URL}, headers=key)

    assert door.done("POST", PATH, {"url": URL}, headers=key) == made
    rotated = door.done("POST", f"{PATH}/{made['id']}/rotate", headers={"Idempotency-Key": "other"})
    assert door.done("POST", f"{PATH}/{made['id']}/rotate", headers={"Idempotency-Key": "other"}) == rotated
    assert rotated["secret"] not in (None, made["secret"])
    with door.database.read() as c:
        kept = [*c.execute(select(tables.idempotent_answers.c.answer)).scalars()]
        kept += c.execute(select(tables.webhooks.c.secret)).scalars()
        kept += c.execute(select(tables.webhooks.c.former_secrets)).scalars()
    assert len(kept) == 4
    assert not [each for each in kept if "whsec_" in each]
    assert callbacks.secrets(door.database, door.parts.cipher) == {made["id"]: rotated["secret"]}


def test_the_old_secret_signs_for_a_day_unless_it_is_to_go_at_once(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": URL})
    rotate = f"{PATH}/{made['id']}/rotate"

    def former() -> list[str]:
        with door.database.read() as c:
            return [each.secret for each in webhooks.get(c, made["id"], door.parts.cipher).former]

    assert door.done("POST", rotate)["old_secret_until"] == "2026-03-27T12:00:00.000000Z"
    assert former() == [made["secret"]]
    assert door.done("POST", rotate, {"at_once": True})["old_secret_until"] is None
    assert former() == []
    assert door.refused(422, "POST", rotate, {"at_once": "yes"})["errors"][0]["field"] == "at_once"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/hook", "is not https"),
        ("https://10.0.0.1/hook", "a private address"),
        ("https://[::1]/hook", "a loopback address"),
        ("https://169.254.169.254/hook", "link-local"),
        ("ftp://example.com/hook", "is not an http or https URL"),
        ("https://me:secret@example.com/hook", "must not hold a user name"),
        ("", "is missing"),
        (7, "must be text"),
    ],
)
def test_an_address_that_nothing_may_be_told_at_is_refused(door: WebDoor, url: Any, said: str) -> None:
    told = door.refused(422, "POST", PATH, {"url": url})

    assert told["errors"][0]["field"] == "url"
    assert said in told["detail"]
    assert door.get(PATH)["webhooks"] == []


@pytest.mark.parametrize("types", [[], ["run.lost"], "run.failed", [["run.failed"]]])
def test_types_that_there_are_not_are_refused(door: WebDoor, types: Any) -> None:
    assert door.refused(422, "POST", PATH, {"url": URL, "events": types})["errors"][0]["field"] == "events"


def test_it_is_changed_switched_off_and_on_and_keeps_its_secret(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": URL})
    mine = f"{PATH}/{made['id']}"
    happened(door, EventType.RUN_FAILED)

    off = door.done("PATCH", mine, {"active": False, "url": "https://example.com/other"})
    assert (off["active"], off["inactive_reason"]) == (False, "its owner switched it off")
    happened(door, EventType.RUN_FAILED)
    [dead] = door.get(SENT)["deliveries"]
    assert (dead["status"], dead["last_error"]) == ("dead", "its owner switched it off")
    on = door.done("PATCH", mine, {"active": True, "events": ["run.failed"]})
    assert (on["active"], on["inactive_reason"], on["events"]) == (True, None, ["run.failed"])
    assert door.done("PATCH", mine, {"events": None})["events"] is None
    assert door.done("PATCH", mine, {})["url"] == "https://example.com/other"
    assert door.refused(422, "PATCH", mine, {"url": "http://example.com"})["errors"][0]["field"] == "url"
    assert callbacks.secrets(door.database, door.parts.cipher) == {made["id"]: made["secret"]}


def test_one_that_is_deleted_is_not_there_and_its_deliveries_are(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": URL})
    happened(door, EventType.RUN_FAILED)

    gone = door.done("DELETE", f"{PATH}/{made['id']}")

    assert (gone["active"], gone["inactive_reason"]) == (False, "it was removed")
    assert door.get(PATH)["webhooks"] == []
    for method, more in (("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test")):
        door.refused(404, method, f"{PATH}/{made['id']}{more}")
    assert [each["status"] for each in door.get(SENT)["deliveries"]] == ["dead"]


def test_those_of_templates_and_settings_are_changed_where_they_are_named(door: WebDoor) -> None:
    callbacks.configure(door.database, door.parts.cipher, url=URL, secret=None, command="bell", hook=None, now=NOW)
    door.done("POST", "/api/v1/templates", {**DOCUMENT, "callback_url": "https://example.com/template"})

    listed = {each["url"]: each for each in door.get(PATH)["webhooks"]}
    assert listed.keys() == {URL, "bell", "https://example.com/template"}
    own = listed["https://example.com/template"]
    assert own["template"] == "morning"
    for webhook_id, said in ((own["id"], "callback_url"), ("settings-url", "OSTINATO_CALLBACK_URL")):
        assert said in door.refused(409, "PATCH", f"{PATH}/{webhook_id}", {"active": False})["detail"]
        assert said in door.refused(409, "DELETE", f"{PATH}/{webhook_id}")["detail"]
        assert door.done("POST", f"{PATH}/{webhook_id}/rotate")["secret"].startswith("whsec_")
    assert "only what is sent by HTTP" in door.refused(409, "POST", f"{PATH}/settings-command/rotate")["detail"]


def test_one_that_a_template_names_is_switched_on_again_after_its_receiver_was_gone(door: WebDoor) -> None:
    named = "https://example.com/template"
    door.done("POST", "/api/v1/templates", {**DOCUMENT, "callback_url": named})
    (own,) = door.get(PATH)["webhooks"]
    with door.database.write() as c:
        webhooks.deactivate(c, own["id"], "answered 410 Gone")

    for more in ({"url": URL}, {"events": None}):
        door.refused(409, "PATCH", f"{PATH}/{own['id']}", {"active": True, **more})
    assert door.done("PATCH", f"{PATH}/{own['id']}", {"active": True}) == own

    door.done("PATCH", "/api/v1/templates/morning", {"callback_url": None})
    assert "callback_url" in door.refused(409, "PATCH", f"{PATH}/{own['id']}", {"active": True})["detail"]


def test_a_secret_of_the_settings_is_changed_there(database: Database) -> None:
    with web_door(database, outside=Outside(callback_secret=True)) as door:
        callbacks.configure(database, door.parts.cipher, url=URL, secret=None, command=None, hook=None, now=NOW)

        told = door.refused(409, "POST", f"{PATH}/settings-url/rotate")

        assert "OSTINATO_CALLBACK_SECRET" in told["detail"]


def test_a_test_says_what_the_receiver_answered(door: WebDoor, receiver: Receiver) -> None:
    made = door.done("POST", PATH, {"url": f"{receiver.address}/hook"})
    elsewhere = (("location", f"{receiver.address}/elsewhere"),)
    receiver.will("/hook", 204, Answer(500, body=b"no room\nleft"), Answer(302, elsewhere))
    said = [door.done("POST", f"{PATH}/{made['id']}/test") for _ in range(3)]

    assert [(each["accepted"], each["status"]) for each in said] == [(True, 204), (False, 500), (False, 302)]
    assert "answered 500: no room left" in said[1]["error"]
    assert receiver.at("/elsewhere") == []
    told = receiver.received[0].verified(made["secret"])
    assert (told["type"], told["id"]) == ("callback.test", said[0]["event_id"])
    assert door.get(SENT)["deliveries"] == []


def test_a_test_reaches_no_address_that_it_may_not(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": "https://localhost./hook"})

    said = door.done("POST", f"{PATH}/{made['id']}/test")

    assert (said["accepted"], said["status"]) == (False, None)


def test_without_what_sends_nothing_is_tested(database: Database) -> None:
    with web_door(database) as door:
        made = door.done("POST", PATH, {"url": URL})

        assert door.refused(409, "POST", f"{PATH}/{made['id']}/test")["code"] == "not_configured"


def test_deliveries_are_listed_page_by_page_and_by_what_they_are(door: WebDoor) -> None:
    first = door.done("POST", PATH, {"url": URL})["id"]
    second = door.done("POST", PATH, {"url": URL, "events": ["run.failed"]})["id"]
    told = happened(door, EventType.RUN_FAILED, EventType.RUN_SKIPPED, EventType.RUN_FAILED)

    pages, after = [], ""
    while True:
        page = door.get(f"{SENT}?limit=2{after}")
        pages += page["deliveries"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [each["event_id"] for each in pages] == [told[2], told[2], told[1], told[0], told[0]]
    assert len({each["id"] for each in pages}) == 5
    assert [each["waits_for_an_earlier_one"] for each in pages] == [True, True, True, False, False]
    assert len(door.get(f"{SENT}?webhook={second}")["deliveries"]) == 2
    assert len(door.get(f"{SENT}?webhook={first}&event=run.skipped")["deliveries"]) == 1
    assert door.get(f"{SENT}?status=dead")["deliveries"] == []
    door.refused(422, "GET", f"{SENT}?status=lost")


def test_what_was_given_up_is_sent_again_one_by_one_or_all(door: WebDoor) -> None:
    door.done("POST", PATH, {"url": URL})
    happened(door, EventType.RUN_FAILED, EventType.RUN_FAILED)
    died(door)
    one = door.get(SENT)["deliveries"][0]
    shown = door.get(f"{SENT}/{one['id']}")
    assert [(each["ok"], each["status"], each["duration_ms"]) for each in shown["tries"]] == [(False, 500, 7)]
    door.now += timedelta(minutes=1)

    again = door.done("POST", f"{SENT}/{one['id']}/redeliver")
    assert (again["status"], again["attempts"]) == ("pending", 0)
    assert door.done("POST", f"{SENT}/redeliver") == {"queued": 1}
    assert door.done("POST", f"{SENT}/redeliver", token=door.token(Scope.WRITE, owner="other")) == {"queued": 0}
    assert {each["status"] for each in door.get(SENT)["deliveries"]} == {"pending"}


def test_another_owner_sees_none_of_it(door: WebDoor) -> None:
    door.done("POST", PATH, {"url": URL})
    happened(door, EventType.RUN_FAILED)
    theirs = {"token": door.token(owner="other")}

    assert door.get(PATH, **theirs) == {"webhooks": [], "next": None}
    assert door.get(SENT, **theirs) == {"deliveries": [], "next": None}


def test_another_owners_webhook_is_told_what_is_that_owners(door: WebDoor) -> None:
    theirs = {"token": door.token(owner="other")}
    made = door.done("POST", PATH, {"url": URL}, **theirs)
    happened(door, EventType.RUN_FAILED)

    assert [each["id"] for each in door.get(PATH, **theirs)["webhooks"]] == [made["id"]]
    assert door.get(SENT, **theirs)["deliveries"] == []
    assert door.get(PATH)["webhooks"] == []


def test_webhooks_are_listed_page_by_page(door: WebDoor) -> None:
    ids = {door.done("POST", PATH, {"url": f"{URL}/{at}"})["id"] for at in range(3)}

    first = door.get(f"{PATH}?limit=2")
    rest = door.get(f"{PATH}?limit=2&after={first['next']}")

    assert rest["next"] is None
    assert {each["id"] for each in first["webhooks"] + rest["webhooks"]} == ids


def test_no_secret_is_in_what_is_listed(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"url": URL})
    happened(door, EventType.RUN_FAILED)

    said = json.dumps([door.get(PATH), door.get(SENT), door.get(f"{PATH}/{made['id']}")])

    assert "secret" not in said
    assert made["secret"] not in said
