"""X accounts over HTTP: those of the API key, how far apart they post, and what they may spend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.token import Scope
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from storage import restored
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, web_door
from tests.integration.web_outside import outside
from web.own.examples import DOCUMENT

PATH = "/api/v1/accounts"
ACME = f"{PATH}/acme"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(limits=False, clock=NOW.timestamp)) as running:
        yield running


@pytest.fixture
def door(database: Database, server: SandboxServer) -> Iterator[WebDoor]:
    with web_door(database, outside=outside(server), spacing=timedelta(minutes=1)) as opened:
        opened.done("POST", "/api/v1/templates", DOCUMENT)
        yield opened


def test_those_of_the_key_are_listed_with_health_and_gap(door: WebDoor) -> None:
    door.done("PATCH", f"{PATH}/ostinato_lab", {"gap": "30m"})

    found = {each["username"]: each for each in door.get(PATH)["accounts"]}

    assert {name: each["gap"] for name, each in found.items()} == {
        "ostinato_de": "1m",
        "ostinato_demo": "1m",
        "ostinato_lab": "30m",
    }
    assert (found["ostinato_lab"]["healthy"], found["ostinato_lab"]["health"]) == (True, "healthy")


def test_a_gap_is_set_and_taken_away(door: WebDoor) -> None:
    assert door.get(ACME) == {"account": "acme", "gap": "1m", "own": False, "budget": None, "templates": ["morning"]}

    assert (said := door.done("PATCH", f"{PATH}/@ACME", {"gap": "0s"})) | {"account": "acme"} == door.get(ACME)
    assert (said["gap"], said["own"]) == ("0s", True)
    assert door.done("PATCH", ACME, {})["own"] is True
    assert door.done("PATCH", ACME, {"gap": None})["gap"] == "1m"
    for gap in ("soon", "8d", "5ms", 30):
        assert door.refused(422, "PATCH", ACME, {"gap": gap})["errors"][0]["field"] == "gap"


def test_a_budget_is_set_in_parts_and_lifted(door: WebDoor) -> None:
    zone = {"day": "1.5", "timezone": "Europe/Berlin"}

    assert door.done("PATCH", f"{ACME}/budget", zone)["budget"] == {
        "day": 1_500_000,
        "month": None,
        "timezone": "Europe/Berlin",
    }
    assert door.done("PATCH", f"{ACME}/budget", {"month": 20})["budget"] == {
        "day": 1_500_000,
        "month": 20_000_000,
        "timezone": "Europe/Berlin",
    }
    assert door.done("DELETE", f"{ACME}/budget")["budget"] is None
    for body, field in (
        ({}, "day"),
        ({"day": "much"}, "day"),
        ({"month": -1}, "month"),
        ({"day": True}, "day"),
        ({"day": 1, "timezone": "Mars"}, "timezone"),
    ):
        assert door.refused(422, "PATCH", f"{ACME}/budget", body)["errors"][0]["field"] == field


def test_one_that_nobody_posts_as_and_the_key_does_not_have_is_not_there(door: WebDoor) -> None:
    for name in ("nobody", "not-a-name", "é"):
        door.refused(404, "GET", f"{PATH}/{name}")
        door.refused(404, "PATCH", f"{PATH}/{name}", {"gap": "1m"})
    assert door.get(f"{PATH}/ostinato_demo")["templates"] == []


def test_another_owner_sets_its_own(door: WebDoor) -> None:
    theirs = {"token": door.token(owner="other")}
    door.refused(404, "GET", ACME, **theirs)
    door.done("POST", "/api/v1/templates", DOCUMENT, **theirs)

    door.done("PATCH", f"{ACME}/budget", {"day": 1}, **theirs)
    door.done("PATCH", ACME, {"gap": "2m"}, **theirs)

    assert door.get(ACME)["budget"] is None
    assert (door.get(ACME)["own"], door.get(ACME)["gap"]) == (False, "2m")  # what they post stands in one timeline


def test_one_that_waits_for_its_timeline_after_a_restore_posts_again(door: WebDoor) -> None:
    since = NOW - timedelta(days=1)
    with door.database.write() as c:
        restored.mark(c, {"acme": since}, now=NOW, first_read_at=NOW)

    assert door.done("POST", f"{ACME}/resume")["since"] == "2026-03-25T12:00:00.000000Z"
    assert "does not wait" in door.refused(409, "POST", f"{ACME}/resume")["detail"]
    door.refused(404, "POST", f"{PATH}/ostinato_demo/resume")


def waits_for_its_timeline(door: WebDoor) -> None:
    with door.database.write() as c:
        restored.mark(c, {"acme": NOW - timedelta(days=1)}, now=NOW, first_read_at=NOW)


@pytest.mark.parametrize("asking", ["local", "other"])
def test_what_befalls_a_shared_account_needs_admin(door: WebDoor, asking: str) -> None:
    door.done("POST", "/api/v1/templates", {**DOCUMENT, "account": "ACME"}, token=door.token(owner="other"))
    waits_for_its_timeline(door)
    lesser = {"token": door.token(Scope.READ, Scope.WRITE, Scope.PUBLISH, owner=asking)}
    for call in (("PATCH", ACME, {"gap": "7d"}), ("PATCH", ACME, {"gap": None}), ("POST", f"{ACME}/resume")):
        refused = door.refused(403, *call, **lesser)
        assert (refused["code"], "the scope admin" in refused["detail"]) == ("forbidden", True)
    assert door.get(ACME)["gap"] == "1m"
    assert door.done("PATCH", f"{ACME}/budget", {"day": 1}, **lesser)["budget"]["day"] == 1_000_000

    full = {"token": door.token(owner=asking)}
    assert door.done("PATCH", ACME, {"gap": "2m"}, **full)["gap"] == "2m"
    assert door.done("POST", f"{ACME}/resume", **full)["account"] == "acme"


def test_what_befalls_an_account_of_one_owner_needs_no_more_than_before(door: WebDoor) -> None:
    theirs = door.token(owner="other")
    door.done("POST", "/api/v1/templates", DOCUMENT, token=theirs)
    door.done("DELETE", "/api/v1/templates/morning", token=theirs)  # who posts as it no more has no say
    waits_for_its_timeline(door)

    assert door.done("PATCH", ACME, {"gap": "7d"}, token=door.token(Scope.WRITE))["gap"] == "7d"
    assert door.done("POST", f"{ACME}/resume", token=door.token(Scope.PUBLISH))["account"] == "acme"


def test_without_a_key_those_of_the_key_are_not_known(database: Database) -> None:
    with web_door(database) as door:
        assert door.refused(409, "GET", PATH)["code"] == "not_configured"


def test_an_api_that_cannot_be_reached_is_said(database: Database) -> None:
    with SandboxServer(SandboxOptions()) as server:
        gone = outside(server)
    with web_door(database, outside=gone) as door:
        assert door.refused(502, "GET", PATH)["code"] == "api"
