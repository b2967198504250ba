"""How things stand, a text's score, and schemas: over HTTP as on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from domain.event import EventType
from domain.owner import LOCAL_OWNER
from sandbox.serve import SandboxServer
from scheduler.shown.question_schemas import ALL
from storage import tables
from storage.database import Database
from tests.integration.storage_values import with_templates
from tests.integration.test_web_events import OTHER, of_another_owner, record
from tests.integration.web_door import NOW, WebDoor, web_door
from tests.json_schema import misfits
from tests.memory_windows import MemoryWindows
from web.outside import Outside
from web.own import scoring
from web.own.examples import DOCUMENT
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

STATUS, ACKNOWLEDGE, SCORE = "/api/v1/status", "/api/v1/status/acknowledge", "/api/v1/score"
GOOD = "We measured 412 cold starts. Half take under 80 ms. What do yours take?"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, roles=lambda: ["all"]) as opened:
        yield opened


def test_status_says_what_is_planned_and_what_was_not_read(door: WebDoor) -> None:
    door.done("POST", "/api/v1/templates", DOCUMENT)
    assert door.get(STATUS)["failed"] is False
    with_templates(door.database, "t1")
    first, second, third = record(door.database, *[EventType.RUN_FAILED] * 3)

    found = door.get(STATUS)

    assert (found["daemon"], found["daemons"], found["failed"]) == ("running", {"all": 1}, True)
    assert found["templates"]["active"] == 2
    assert found["next_slot_at"] is not None
    assert [each["id"] for each in found["unread_failures"]] == [first, second, third]

    after = door.done("POST", ACKNOWLEDGE, {"up_to": second})
    assert ([each["id"] for each in after["unread_failures"]], after["acknowledged"]) == ([third], 2)
    assert door.done("POST", ACKNOWLEDGE, {"upTo": first})["acknowledged"] == 0
    assert door.done("POST", ACKNOWLEDGE, {"up_to": third})["failed"] is False


def test_without_a_daemon_a_due_template_makes_somebody_look(database: Database) -> None:
    with_templates(database, "t1")  # due at a time of its own
    with web_door(database) as door:
        door.now += timedelta(days=365)
        found = door.get(STATUS)

    assert (found["daemon"], found["overdue"], found["failed"]) == ("stopped", True, True)


def test_status_is_the_owners_own(door: WebDoor) -> None:
    with_templates(door.database, "t1")
    (mine,) = record(door.database, EventType.RUN_FAILED)
    theirs = "11111111-1111-4111-8111-111111111111"
    of_another_owner(door.database, theirs, unread=True)
    restored = {"account": "acme", "owner_id": LOCAL_OWNER, "since": NOW, "restored_at": NOW, "next_at": NOW}
    with door.database.write() as c:
        c.execute(insert(tables.restored_accounts).values(**restored))
    other = door.token(owner=OTHER)

    found, own = door.get(STATUS, token=other), door.get(STATUS)

    assert [each["id"] for each in found["unread_failures"]] == [theirs]
    assert (set(found["templates"].values()), found["next_slot_at"]) == ({0}, None)
    assert found["unread_timelines"] == []
    assert [each["id"] for each in own["unread_failures"]] == [mine]
    assert [each["account"] for each in own["unread_timelines"]] == ["acme"]
    door.refused(404, "POST", ACKNOWLEDGE, {"up_to": theirs})
    assert door.done("POST", ACKNOWLEDGE, {"up_to": theirs}, token=other)["acknowledged"] == 1
    assert door.get(STATUS)["unread_failures"] != []


@pytest.mark.parametrize("body", [{}, {"up_to": 3}, {"up_to": "x", "more": 1}, {"up_to": "x" * 101}])
def test_what_is_acknowledged_must_be_named(door: WebDoor, body: dict[str, Any]) -> None:
    door.refused(422, "POST", ACKNOWLEDGE, body)


def test_a_text_is_scored_without_an_api(door: WebDoor) -> None:
    found = door.done("POST", SCORE, {"text": GOOD, "local": True})

    assert found["scored_by"] == "local"
    assert found["value"] == 100 * sum(each["passed"] for each in found["checks"]) // len(found["checks"])
    assert door.refused(409, "POST", SCORE, {"text": GOOD})["code"] == "not_configured"


def test_a_text_is_scored_by_the_api(database: Database, sandbox: SandboxServer) -> None:
    # A connection belongs to the loop of one call.
    client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def clock() -> datetime:
        return datetime.now(UTC)

    transport = Transport(
        base_url=sandbox.base_url,
        key="xq_test",
        client=client,
        limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
        clock=clock,
        retries=Retries(attempts=1),
    )
    with web_door(database, outside=Outside(transport=transport)) as door:
        found = door.done("POST", SCORE, {"text": GOOD, "media": True})

    schema = next(each.answer for each in scoring.OPERATIONS)
    assert schema is not None
    assert misfits(found, schema) == []
    assert found["scored_by"] != "local"


@pytest.mark.parametrize("body", [{}, {"text": " "}, {"text": "x" * 25_001}, {"text": 3}, {"text": "x", "media": 1}])
def test_a_text_that_cannot_be_scored_is_named(door: WebDoor, body: dict[str, Any]) -> None:
    told = door.refused(422, "POST", SCORE, {**body, "local": True})
    assert told["errors"][0]["field"] == ("media" if "media" in body else "text")


@pytest.mark.parametrize("kind", ALL)
def test_schemas_are_those_that_the_command_prints(door: WebDoor, kind: str) -> None:
    assert door.get(f"/api/v1/schemas/{kind}", token=None) == ALL[kind]()


def test_other_schemas_are_not_there(door: WebDoor) -> None:
    assert "there are template, event" in door.refused(404, "GET", "/api/v1/schemas/run", token=None)["detail"]
