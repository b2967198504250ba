"""`/projects` row by row: the fields, key sets and sentences that the vendor documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from storage.database import Database
from tests.integration.test_compatible_rows import ENVELOPE
from tests.integration.web_door import WebDoor, web_door

PROJECTS = "/projects"
KEYS = {
    *("id", "name", "description", "url", "token", "createdOn", "updatedOn", "active", "imageUrl"),
    *("textColor", "backgroundColor", "brandColor", "accentColor"),
}
PAGE, BROKEN = "https://ferries.example.com", "https://ferries.example.com/broken"
LEAST = {"name": "Acme Ferries", "description": "Ferries for islanders."}
NO_PROJECT = "Project not found or unauthorized"


async def read_page(url: str) -> Material:
    if url == BROKEN:
        raise SourceError(url, "status 503")
    return Material("m0", MaterialKind.PAGE, "Two boats a day.", title="Acme", url=url)


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme", read_page=read_page) as found:
        yield found


def made(door: WebDoor, **fields: Any) -> dict[str, Any]:
    answer = door.ask("POST", PROJECTS, json=LEAST | fields)
    assert (answer.status_code, answer.json().keys()) == (201, {"success", "project"}), answer.text
    project: dict[str, Any] = answer.json()["project"]
    assert project.keys() >= KEYS
    assert door.get(f"{PROJECTS}/{project['id']}") == project
    return project


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, {"name": "Acme Ferries", "description": "Ferries for islanders.", "url": None, "active": True}),
        ({"name": "x" * 200}, {"name": "x" * 200}),
        ({"url": PAGE}, {"url": PAGE, "description": "Ferries for islanders.", "found": None}),
        ({"url": PAGE, "description": None}, {"description": "", "found": "Acme\nTwo boats a day."}),
        ({"imageUrl": "https://example.com/i.png"}, {"imageUrl": "https://example.com/i.png"}),
        (
            {"textColor": "#111827", "backgroundColor": "#F9FAFB", "brandColor": "#4338CA", "accentColor": "#7C72EF"},
            {"textColor": "#111827", "backgroundColor": "#F9FAFB", "brandColor": "#4338CA", "accentColor": "#7C72EF"},
        ),
        ({"brandColor": None, "surprise": 1}, {"brandColor": None}),
    ],
    ids=["description", "name", "url and description", "url", "imageUrl", "colours", "no colour, unknown fields"],
)
def test_row_of_creating(door: WebDoor, fields: dict[str, Any], shown: dict[str, Any]) -> None:
    project = made(door, **fields)

    assert {name: project[name] for name in shown} == shown
    assert (project["token"], project["createdOn"]) == (None, "2026-03-26T12:00:00Z")


WRONG = [
    ({"name": None}, "Missing required field: name", "name", "invalid_input"),
    ({"name": " "}, "Missing required field: name", "name", "invalid_input"),
    ({"name": "x" * 201}, "Project name must be 200 characters or less", "name", "invalid_input"),
    ({"description": "x" * 5001}, "", "description", "invalid_input"),
    ({"url": "acme"}, "", "url", "invalid_input"),
    ({"imageUrl": "logo"}, "", "imageUrl", "invalid_input"),
    ({"imageData": "aGk="}, "", "imageData", "not_configured"),
    ({"brandColor": "blue"}, "", "brandColor", "invalid_input"),
    ({"textColor": 5}, "", "textColor", "invalid_input"),
    ({"url": BROKEN, "description": ""}, "", None, "source"),
]


@pytest.mark.parametrize(("fields", "sentence", "of", "code"), WRONG, ids=str)
def test_a_wrong_row(door: WebDoor, fields: dict[str, Any], sentence: str, of: str | None, code: str) -> None:
    before = made(door)

    for path in (PROJECTS, f"{PROJECTS}/{before['id']}/update"):
        said = door.refused(400, "POST", path, LEAST | fields)
        assert (said.keys(), said["success"], said["field"], said["code"]) == (ENVELOPE, False, of, code)
        assert sentence in ("", said["error"])
    assert door.get(PROJECTS) == [before]


def test_neither_description_nor_url_is_refused(door: WebDoor) -> None:
    said = door.refused(400, "POST", PROJECTS, {"name": "Acme"})

    assert said["error"] == "Either description or url must be provided"
    project = made(door)
    door.refused(400, "POST", f"{PROJECTS}/{project['id']}/update", {"name": "Acme", "description": ""})


def test_a_project_is_changed_and_stands_first(door: WebDoor) -> None:
    first, second = made(door, brandColor="#0a7cff"), made(door, name="Other")
    assert {each["id"] for each in door.get(PROJECTS)} == {first["id"], second["id"]}
    door.now += timedelta(minutes=1)

    said = door.done("POST", f"{PROJECTS}/{first['id']}/update", {"name": "New", "accentColor": "#fff", "url": PAGE})

    assert said.keys() == {"success", "project"}
    changed = {"name": "New", "accentColor": "#fff", "url": PAGE, "updatedOn": "2026-03-26T12:01:00Z"}
    assert said["project"] == first | changed
    assert [each["id"] for each in door.get(PROJECTS)] == [first["id"], second["id"]]
    taken = door.done(
        "POST", f"{PROJECTS}/{first['id']}/update", {"name": "New", "brandColor": None, "description": None}
    )
    assert (taken["project"]["brandColor"], taken["project"]["found"]) == (None, "Acme\nTwo boats a day.")


def test_a_deleted_project_is_gone(door: WebDoor) -> None:
    project = made(door)
    path = f"{PROJECTS}/{project['id']}"

    assert door.done("POST", f"{path}/delete") == {"success": True, "message": "Project deleted successfully"}

    assert door.get(PROJECTS) == []
    for method, at, body in (("GET", path, None), ("POST", f"{path}/update", LEAST), ("POST", f"{path}/delete", None)):
        assert door.refused(404, method, at, body)["error"] == NO_PROJECT


def test_somebody_elses_project_is_not_there(door: WebDoor) -> None:
    project, other = made(door), door.token(owner="other")
    path = f"{PROJECTS}/{project['id']}"

    assert door.get(PROJECTS, token=other) == []
    for method, at, body in (("GET", path, None), ("POST", f"{path}/update", LEAST), ("POST", f"{path}/delete", None)):
        assert door.refused(404, method, at, body, token=other)["error"] == NO_PROJECT
    theirs = door.done("POST", PROJECTS, LEAST, token=other)["project"]
    assert [each["id"] for each in door.get(PROJECTS, token=other)] == [theirs["id"]]


def test_its_id_is_context_of_posts(door: WebDoor) -> None:
    project = made(door)
    body = {"type": "tweet", "text": "words", "projectIds": [project["id"]], "isScheduled": True}

    door.done("POST", "/x/post", body)

    assert door.get("/x/recurring")["templates"][0]["projectIds"] == [project["id"]]


def test_the_same_key_keeps_one_project(door: WebDoor) -> None:
    key = {"Idempotency-Key": "one"}

    assert door.done("POST", PROJECTS, LEAST, headers=key) == door.done("POST", PROJECTS, LEAST, headers=key)
    assert len(door.get(PROJECTS)) == 1
