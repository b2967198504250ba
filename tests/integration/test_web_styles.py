"""Styles over HTTP: read through the API or from samples, compared, read anew and forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, web_door
from tests.integration.web_outside import outside
from web.own.examples import DOCUMENT

PATH = "/api/v1/styles"
SAMPLES = ["The ferry was late.", "Why is the ferry late again?"]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(limits=False, clock=NOW.timestamp)) as running:
        yield running


@pytest.fixture
def door(database: Database, server: SandboxServer) -> Iterator[WebDoor]:
    with web_door(database, outside=outside(server)) as opened:
        yield opened


@pytest.fixture
def alone(database: Database) -> Iterator[WebDoor]:
    """A door without a key of the API."""
    with web_door(database) as opened:
        yield opened


def test_samples_are_kept_under_a_name_and_at_the_api(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"name": "@our-voice", "samples": SAMPLES})

    assert (made["name"], made["username"], made["samples"]) == ("our-voice", None, SAMPLES)
    assert door.get(f"{PATH}/our-voice") == made
    listed = {name: value for name, value in made.items() if name != "samples"}
    assert door.get(PATH) == {"styles": [listed], "next": None}
    assert door.refused(409, "POST", f"{PATH}/our-voice/refresh")["code"] == "conflict"


def test_an_authors_style_is_read_and_read_anew(door: WebDoor) -> None:
    made = door.done("POST", PATH, {"username": "ostinato_demo"})

    assert (made["name"], made["username"]) == ("ostinato_demo", "ostinato_demo")
    assert made["count"] == len(made["samples"]) > 0
    assert door.done("POST", f"{PATH}/ostinato_demo/refresh")["samples"] == made["samples"]


def test_an_author_that_is_not_there_is_refused(door: WebDoor) -> None:
    assert door.refused(422, "POST", PATH, {"username": "nobody_at_all"})["code"] == "source"
    assert door.get(PATH)["styles"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "ours"}, "samples"),
        ({"name": "ours", "samples": []}, "samples"),
        ({"name": "ours", "samples": [" "]}, "samples"),
        ({"name": "ours", "samples": [7]}, "samples"),
        ({"name": "ours", "samples": ["x"] * 101}, "samples"),
        ({"name": "our voice", "samples": SAMPLES}, "name"),
        ({"username": "acme", "samples": SAMPLES}, "username"),
        ({"username": "a b"}, "name"),
    ],
)
def test_what_is_no_style_is_refused(door: WebDoor, body: dict[str, object], field: str) -> None:
    assert door.refused(422, "POST", PATH, body)["errors"][0]["field"] == field


def test_without_a_key_samples_are_kept_here_and_no_author_is_read(alone: WebDoor) -> None:
    key = {"Idempotency-Key": "k"}
    made = alone.done("POST", PATH, {"name": "ours", "samples": SAMPLES}, headers=key)

    assert alone.done("POST", PATH, {"name": "ours", "samples": SAMPLES}, headers=key) == made
    assert alone.refused(409, "POST", PATH, {"username": "acme"})["code"] == "not_configured"
    assert alone.refused(409, "GET", f"{PATH}/ours/comparison?other=acme")["code"] == "not_configured"


def test_an_api_that_cannot_be_reached_is_said(database: Database) -> None:
    with SandboxServer(SandboxOptions()) as server:
        gone = outside(server)
    with web_door(database, outside=gone) as door:
        assert door.refused(502, "POST", PATH, {"username": "acme"})["code"] == "api"


def test_two_are_compared_in_numbers(door: WebDoor) -> None:
    door.done("POST", PATH, {"name": "ours", "samples": SAMPLES})
    door.done("POST", PATH, {"name": "theirs", "samples": ["One https://example.com"]})

    one, other = door.get(f"{PATH}/ours/comparison?other=@theirs")["styles"]
    assert (one["name"], one["questions"], one["with_links"]) == ("ours", 50, 0)
    assert (other["name"], other["count"], other["with_links"]) == ("theirs", 1, 100)
    door.refused(404, "GET", f"{PATH}/ours/comparison?other=nobody_at_all")
    door.refused(422, "GET", f"{PATH}/ours/comparison")


def test_one_that_a_template_follows_stays(door: WebDoor) -> None:
    door.done("POST", PATH, {"name": "ours", "samples": SAMPLES})
    door.done("POST", "/api/v1/templates", {**DOCUMENT, "style": "@ours"})

    assert "followed by morning" in door.refused(409, "DELETE", f"{PATH}/ours")["detail"]
    door.done("DELETE", "/api/v1/templates/morning")
    assert door.done("DELETE", f"{PATH}/ours")["samples"] == SAMPLES
    door.refused(404, "GET", f"{PATH}/ours")


def test_they_are_listed_page_by_page_and_another_owner_has_its_own(alone: WebDoor) -> None:
    for name in ("c", "a", "b"):
        alone.done("POST", PATH, {"name": name, "samples": SAMPLES})
    theirs = {"token": alone.token(owner="other")}

    first = alone.get(f"{PATH}?limit=2")
    rest = alone.get(f"{PATH}?after={first['next']}")
    assert [each["name"] for each in first["styles"] + rest["styles"]] == ["a", "b", "c"]
    assert alone.get(PATH, **theirs)["styles"] == []
    alone.done("POST", PATH, {"name": "a", "samples": ["Theirs."]}, **theirs)
    assert alone.get(f"{PATH}/a")["samples"] == SAMPLES
