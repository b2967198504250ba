"""Tokens: shown once, kept as a digest, and good for what they say until they are taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from domain.errors import InvalidInput
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens
from storage import tables
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, web_door
from web.attempts import Attempts
from web.own.examples import DOCUMENT

PATH = "/api/v1/templates"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database) as opened:
        yield opened


def row(door: WebDoor) -> Any:
    with door.database.read() as c:
        return c.execute(select(tables.tokens)).mappings().one()


def test_only_a_digest_is_kept(door: WebDoor) -> None:
    secret = door.token(Scope.READ)
    kept = row(door)

    assert len(secret) == len("ost_") + 43  # 256 bits
    assert secret.startswith(kept["prefix"])
    assert len(kept["prefix"]) == 10
    assert [value for value in kept.values() if isinstance(value, str) and secret in value] == []
    assert door.token(Scope.WRITE) != secret


def test_a_token_opens_what_its_scopes_say(door: WebDoor) -> None:
    reads, writes = door.token(Scope.READ), door.token(Scope.WRITE)

    assert door.ask("POST", PATH, json=DOCUMENT, token=reads).status_code == 403
    assert door.ask("POST", PATH, json=DOCUMENT, token=writes).status_code == 201
    assert door.ask("GET", PATH, token=writes).status_code == 403
    assert door.ask("GET", PATH, token=reads).status_code == 200
    assert door.ask("POST", f"{PATH}/morning/runs", token=writes).status_code == 403
    assert door.ask("POST", f"{PATH}/morning/runs", token=door.token(Scope.PUBLISH)).status_code == 201


def test_one_that_was_taken_back_opens_nothing_from_then_on(door: WebDoor) -> None:
    secret = door.token()
    door.get(PATH, token=secret)

    tokens.revoke(door.database, row(door)["id"], now=NOW)

    assert door.refused(401, "GET", PATH, token=secret)["detail"] == "Invalid token"


def test_one_that_is_over_opens_nothing(door: WebDoor) -> None:
    secret = door.token()
    with door.database.write() as c:
        c.execute(update(tables.tokens).values(expires_at=NOW + timedelta(minutes=1)))
    door.get(PATH, token=secret)

    door.now += timedelta(minutes=1)

    door.refused(401, "GET", PATH, token=secret)


def test_when_it_was_used_last_is_kept_to_the_minute(door: WebDoor) -> None:
    assert row_after(door, 0) == NOW
    assert row_after(door, 59) == NOW
    assert row_after(door, 1) == NOW + timedelta(minutes=1)


def row_after(door: WebDoor, seconds: int) -> Any:
    door.now += timedelta(seconds=seconds)
    door.get(PATH)
    return row(door)["last_used_at"]


def test_a_secret_that_is_shown_once_is_not_readable_where_the_key_keeps_its_answer(door: WebDoor) -> None:
    document = {**DOCUMENT, "callback_url": "https://hooks.example.com/in"}

    made = door.done("POST", PATH, document, headers={"Idempotency-Key": "k"})
    again = door.done("POST", PATH, document, headers={"Idempotency-Key": "k"})

    assert made["callback_secret"].startswith("whsec_")
    assert again == made
    with door.database.read() as c:
        kept = c.execute(select(tables.idempotent_answers.c.answer)).scalar_one()
    assert "whsec_" not in kept


def test_a_token_makes_others_for_its_own_owner_and_takes_them_back(door: WebDoor) -> None:
    owner = {"token": door.token(owner="acme")}
    made = door.done("POST", "/api/v1/tokens", {"name": "dashboard", "scopes": ["read"]}, **owner)

    assert (made["owner"], made["scopes"]) == ("acme", ["read"])
    assert door.get(PATH, token=made["token"]) == {"templates": [], "next": None}
    shown = door.get("/api/v1/tokens", **owner)["tokens"]
    assert [each["id"] for each in shown][-1] == made["id"]
    assert "token" not in shown[-1]
    assert door.get("/api/v1/tokens")["tokens"] != shown
    assert door.done("DELETE", f"/api/v1/tokens/{made['id']}", **owner)["revoked_at"] is not None
    door.refused(401, "GET", PATH, token=made["token"])
    for wrong in ({}, {"name": "x"}, {"name": "x", "scopes": ["root"]}, {"name": "x", "scopes": [["read"]]}):
        door.refused(422, "POST", "/api/v1/tokens", wrong, **owner)


def test_a_key_is_free_again_after_a_day(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k"}
    door.done("POST", PATH, DOCUMENT, headers=key)

    door.now += timedelta(days=1)

    assert door.done("POST", PATH, {**DOCUMENT, "name": "evening"}, headers=key)["name"] == "evening"


@pytest.mark.parametrize("key", ["", "é", "a b", "x" * 256])
def test_a_key_is_visible_ascii(door: WebDoor, key: str) -> None:
    told = door.refused(422, "POST", PATH, DOCUMENT, headers={"Idempotency-Key": key.encode()})

    assert told["errors"][0]["field"] == "Idempotency-Key"


def test_calls_at_once_with_one_key_make_one_thing(door: WebDoor) -> None:
    async def at_once() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {door.token()}", "Idempotency-Key": "k"}
        transport = httpx.ASGITransport(door.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as client:
            return await asyncio.gather(*(client.post(PATH, json=DOCUMENT) for _ in range(8)))

    answers = asyncio.run(at_once())

    assert {each.status_code for each in answers} == {201}
    assert len({each.text for each in answers}) == 1
    assert sum("idempotent-replayed" not in each.headers for each in answers) == 1


@pytest.mark.parametrize(
    ("name", "scopes", "owner", "field"),
    [
        ("", [Scope.READ], "local", "name"),
        ("two\nlines", [Scope.READ], "local", "name"),
        ("x", [], "local", "scopes"),
        ("x", [Scope.READ], "Local!", "owner"),
    ],
)
def test_what_is_wrong_with_a_new_token_is_named(
    door: WebDoor, name: str, scopes: list[Scope], owner: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        tokens.create(door.database, name, scopes, owner=owner, now=NOW, new_id=new_id)

    assert [each.field for each in raised.value.problems] == [field]


def test_wrong_tokens_of_one_address_are_counted_and_those_in_use_pass(database: Database) -> None:
    clock = [0.0]
    attempts = Attempts(limit=3, period=60, monotonic=lambda: clock[0])
    with web_door(database, attempts=attempts) as door:
        used, new = door.token(Scope.READ), door.token(Scope.WRITE, Scope.READ)
        door.get(PATH, token=used)

        for _ in range(3):
            door.refused(401, "GET", PATH, token="ost_wrong")
        clock[0] = 12.5
        answer = door.ask("GET", PATH, token="ost_wrong")

        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "48")
        assert answer.json()["code"] == "rate_limited"
        assert door.refused(429, "GET", "/x/posts", token="ost_wrong")["success"] is False
        assert door.refused(429, "GET", PATH, token=new)  # as documented: not seen since the start
        assert door.get(PATH, token=used)["templates"] == []
        door.refused(401, "GET", PATH, token=None)  # it costs nothing, and counts for nothing
        assert door.get("/healthz", token=None)["status"] == "green"
        clock[0] = 60
        assert door.get(PATH, token=new)["templates"] == []
        door.refused(401, "GET", PATH, token="ost_wrong")


def test_a_token_that_was_taken_back_is_refused_though_it_was_right_a_moment_ago(database: Database) -> None:
    with web_door(database, attempts=Attempts()) as door:
        secret = door.token()
        door.get(PATH, token=secret)
        tokens.revoke(door.database, row(door)["id"], now=NOW)

        door.refused(401, "GET", PATH, token=secret)
