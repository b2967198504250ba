"""Research and projects over HTTP: what the commands do, with their documents and their sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from domain.owner import LOCAL_OWNER
from domain.research import Report
from scheduler.operations import projects as project_operations
from scheduler.operations import research as operations
from scheduler.researching import plan
from scheduler.shown import researches as views
from storage import feeds
from storage import research as storage
from storage.database import Database
from tests.integration.web_door import WebDoor, web_door
from web.answers import as_json

RESEARCH, RECURRING, PROJECTS = "/api/v1/research", "/api/v1/recurring-research", "/api/v1/projects"
FEED, PAGE = "https://example.com/feed.xml", "https://example.com/page"
BROKEN = "https://example.com/broken"
ACME = {"name": "Acme", "description": "Ferries."}


async def read_page(url: str) -> Material:
    if url == BROKEN:
        raise SourceError(url, "status 503")
    return Material("m0", MaterialKind.PAGE, "Two boats a day.", title="Acme", url=url)


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, read_page=read_page) as found:
        with database.write() as c:
            feeds.ensure(c, FEED, now=found.now, owner=LOCAL_OWNER)
        yield found


def as_shown(document: Any) -> Any:
    return json.loads(as_json(document))


def started(door: WebDoor, **fields: Any) -> dict[str, Any]:
    answer = door.ask("POST", RESEARCH, json={"topic": "trams", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{RESEARCH}/{found['id']}"
    return found


def repeated(door: WebDoor, **fields: Any) -> dict[str, Any]:
    answer = door.ask("POST", RECURRING, json={"topic": "trams", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{RECURRING}/{found['id']}"
    return found


def test_research_is_started_as_the_command_does(door: WebDoor) -> None:
    made = started(door, feeds=[1, PAGE], urls=[PAGE], output="json", callbackData="mine")

    found = operations.get(door.database, made["id"])
    assert made == as_shown(views.research(found))
    assert (made["feeds"], made["urls"], made["output"], made["callback_data"]) == (
        [FEED, PAGE],
        [PAGE],
        "json",
        "mine",
    )
    assert door.get(f"{RESEARCH}/{made['id']}") == as_shown(views.whole_research(found))


def test_a_finished_report_is_shown(door: WebDoor) -> None:
    made = started(door)
    with door.database.write() as c:
        claimed = storage.claim(c, owner="w", now=door.now, lease=timedelta(minutes=1))
        assert claimed is not None
        report = Report((), ())
        storage.finish(c, claimed[1], text="so", report=report, rejected=(), failure=None, now=door.now)

    found = door.get(f"{RESEARCH}/{made['id']}")

    assert (found["status"], found["text"], found["report"]["engine"]) == ("done", "so", "embedded")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "topic"),
        ({"topic": " "}, "topic"),
        ({"topic": "x" * 2001}, "topic"),
        ({"topic": "a", "output": "xml"}, "output"),
        ({"topic": "a", "feeds": "x"}, "feeds"),
        ({"topic": "a", "feeds": [7]}, "feeds"),
        ({"topic": "a", "feeds": [True]}, "feeds"),
        ({"topic": "a", "urls": ["ftp://x"]}, "urls"),
        ({"topic": "a", "urls": [PAGE] * 11}, "urls"),
        ({"topic": "a", "callback_data": "x" * 501}, "callback_data"),
        ({"topic": "a", "daily_count": 2}, "daily_count"),
    ],
    ids=str,
)
def test_a_wrong_research_is_refused_with_its_field(door: WebDoor, document: dict[str, Any], field: str) -> None:
    said = door.refused(422, "POST", RESEARCH, document)

    assert field in [each["field"] for each in said["errors"]]
    assert door.get(RESEARCH)["research"] == []


def test_researches_are_listed_page_by_page_the_newest_first(door: WebDoor) -> None:
    made = []
    for _ in range(3):
        made.append(started(door)["id"])
        door.now += timedelta(minutes=1)

    first = door.get(f"{RESEARCH}?limit=2")
    second = door.get(f"{RESEARCH}?limit=2&after={first['next']}")

    assert [each["id"] for each in first["research"] + second["research"]] == made[::-1]
    assert second["next"] is None


def test_what_recurs_is_shown_with_what_came_of_it(door: WebDoor) -> None:
    made = repeated(door, dailyCount=2, until="2030-12-31T00:00:00Z")
    assert made == as_shown(views.recurring(operations.get_recurring(door.database, made["id"])))
    with door.database.write() as c:
        plan(c, now=door.now, new_id=door.parts.new_id)
    started(door)

    shown = door.get(f"{RECURRING}/{made['id']}")

    (came,) = shown["research"]
    assert (came["recurring_id"], shown["next_at"]) == (made["id"], "2026-03-27T00:00:00.000000Z")
    assert door.get(f"{RESEARCH}?recurring={made['id']}")["research"] == [came]
    assert [each["id"] for each in door.get(RECURRING)["recurring"]] == [made["id"]]
    door.refused(404, "GET", f"{RESEARCH}?recurring=nobody")


def test_what_recurs_is_changed_paused_and_resumed(door: WebDoor) -> None:
    made = repeated(door, daily_count=2, until="2030-12-31T00:00:00Z")
    path = f"{RECURRING}/{made['id']}"
    door.now += timedelta(minutes=1)

    assert door.done("PATCH", path, {"topic": "ferries"})["topic"] == "ferries"
    assert door.done("PATCH", path, {"until": None})["until"] is None
    changed = door.done("PATCH", path, {"dailyCount": 4})
    assert (changed["daily_count"], changed["topic"]) == (4, "ferries")
    paused = door.done("POST", f"{path}/pause")
    assert (paused["status"], paused["next_at"]) == ("paused", None)
    resumed = door.done("POST", f"{path}/resume")
    assert (resumed["status"], resumed["next_at"]) == ("active", "2026-03-26T18:01:00.000000Z")
    for document, field in (
        ({"daily_count": 25}, "daily_count"),
        ({"topic": ""}, "topic"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "soon"}, "until"),
        ({"urls": []}, "urls"),
    ):
        said = door.refused(422, "PATCH", path, document)
        assert [each["field"] for each in said["errors"]] == [field]


def test_what_recurs_is_listed_page_by_page(door: WebDoor) -> None:
    made = []
    for _ in range(3):
        made.append(repeated(door)["id"])
        door.now += timedelta(minutes=1)

    first = door.get(f"{RECURRING}?limit=2")
    second = door.get(f"{RECURRING}?limit=2&after={first['next']}")

    assert [each["id"] for each in first["recurring"] + second["recurring"]] == made[::-1]


def added(door: WebDoor, **fields: Any) -> dict[str, Any]:
    answer = door.ask("POST", PROJECTS, json=ACME | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PROJECTS}/{found['id']}"
    assert found == as_shown(views.project(project_operations.get(door.database, found["id"])))
    return found


def test_a_project_is_kept_changed_and_hidden(door: WebDoor) -> None:
    made = added(door, colours=["#0a7cff"], palette={"brand": "#0a7cff"}, image="https://example.com/i.png")
    path = f"{PROJECTS}/{made['id']}"
    door.now += timedelta(minutes=1)

    changed = door.done("PATCH", path, {"name": "Other", "palette": {"accent": "#fff"}, "image": None, "colours": None})

    palette = {"text": None, "background": None, "brand": "#0a7cff", "accent": "#fff"}
    expected: dict[str, Any] = {"name": "Other", "palette": palette, "image": None, "colours": []}
    assert changed == made | expected | {"updated_at": "2026-03-26T12:01:00.000000Z"}
    assert door.get(path) == changed
    removed = door.done("DELETE", path)
    assert removed["deleted_at"] == "2026-03-26T12:01:00.000000Z"
    assert door.get(PROJECTS)["projects"] == []
    assert door.get(f"{PROJECTS}?deleted=true")["projects"] == [removed]
    for method, document in (("GET", None), ("PATCH", {"name": "New"}), ("DELETE", None)):
        door.refused(404, method, path, document)


def test_a_project_of_a_page_keeps_what_the_page_says(door: WebDoor) -> None:
    made = added(door, description=None, url=PAGE)

    assert (made["description"], made["found"]) == ("", "Acme\nTwo boats a day.")
    changed = door.done("PATCH", f"{PROJECTS}/{made['id']}", {"description": "Ours."})
    assert (changed["description"], changed["found"]) == ("Ours.", None)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"description": "x"}, "name"),
        ({"name": "Acme"}, "description"),
        (ACME | {"name": "x" * 201}, "name"),
        (ACME | {"url": "acme"}, "url"),
        (ACME | {"colours": ["blue"]}, "colours"),
        (ACME | {"colours": "blue"}, "colours"),
        (ACME | {"palette": {"brand": "blue"}}, "palette.brand"),
        (ACME | {"palette": {"main": "#fff"}}, "palette"),
        (ACME | {"palette": []}, "palette"),
        (ACME | {"logo": "x"}, "logo"),
    ],
    ids=str,
)
def test_a_wrong_project_is_refused_with_its_field(door: WebDoor, document: dict[str, Any], field: str) -> None:
    said = door.refused(422, "POST", PROJECTS, document)

    assert field in [each["field"] for each in said["errors"]]
    assert door.get(PROJECTS)["projects"] == []


def test_a_project_whose_page_cannot_be_read_is_not_kept(door: WebDoor) -> None:
    said = door.refused(422, "POST", PROJECTS, {"name": "Acme", "url": BROKEN})

    assert said["code"] == "source"
    assert door.get(PROJECTS)["projects"] == []


def test_projects_are_listed_page_by_page_by_name(door: WebDoor) -> None:
    for name in ("c", "a", "b"):
        added(door, name=name)

    first = door.get(f"{PROJECTS}?limit=2")
    second = door.get(f"{PROJECTS}?limit=2&after={first['next']}")

    assert [each["name"] for each in first["projects"] + second["projects"]] == ["a", "b", "c"]


def test_somebody_elses_are_not_there(door: WebDoor) -> None:
    other = door.token(owner="other")
    started(door)
    repeated(door)
    added(door)

    assert door.get(RESEARCH, token=other)["research"] == []
    assert door.get(RECURRING, token=other)["recurring"] == []
    assert door.get(PROJECTS, token=other)["projects"] == []
    assert (
        door.refused(422, "POST", RESEARCH, {"topic": "a", "feeds": [1]}, token=other)["errors"][0]["field"] == "feeds"
    )
