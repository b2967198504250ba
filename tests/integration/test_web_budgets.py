"""Budgets over HTTP: what may be spent, what was, and what is left, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.budget import Entry, EntryKind, EntryState
from storage import spending
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, web_door
from web.outside import Outside
from web.own.examples import DOCUMENT

PATH = "/api/v1/budgets"
LIMITS = {"run": "0.05", "day": 0.5, "month": 10}


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, outside=Outside(timezone="America/New_York")) as opened:
        opened.done("POST", "/api/v1/templates", {**DOCUMENT, "budget": LIMITS})
        opened.done("POST", "/api/v1/templates", {**DOCUMENT, "name": "evening", "account": "other"})
        yield opened


def paid(door: WebDoor, amount: int) -> None:
    run = door.done("POST", "/api/v1/templates/morning/runs")
    entry = Entry("e1", EntryKind.POST, run["id"], run["template_id"], "acme", amount, EntryState.SPENT, "a post", NOW)
    with door.database.write() as c:
        spending.perform(c, spending.settle(entry))


def told(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["scope"], each["name"], each["period"], each["left_micros"]) for each in lines]


ALL = [
    ("template", "morning", "run", 50_000),
    ("template", "morning", "day", 480_000),
    ("template", "morning", "month", 9_980_000),
    ("account", "acme", "day", None),
    ("account", "acme", "month", None),
    ("account", "other", "day", 1_000_000),
]


def test_all_that_have_one_or_spent_something_are_listed(door: WebDoor) -> None:
    paid(door, 20_000)
    door.done("PATCH", "/api/v1/accounts/other/budget", {"day": 1})

    found = door.get(PATH)["budgets"]

    assert told(found) == ALL
    assert (found[1]["spent_micros"], found[1]["from"]) == (20_000, "2026-03-25T23:00:00.000000Z")
    assert found[3]["timezone"] == "America/New_York"


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_they_are_listed_page_by_page(door: WebDoor, limit: int) -> None:
    paid(door, 20_000)
    door.done("PATCH", "/api/v1/accounts/other/budget", {"day": 1})

    found, page = [], door.get(f"{PATH}?limit={limit}")
    while True:
        assert len(page["budgets"]) <= limit
        found += page["budgets"]
        if page["next"] is None:
            break
        page = door.get(f"{PATH}?limit={limit}&after={page['next']}")

    assert told(found) == ALL


def test_those_that_are_named_are_shown_whatever_they_have(door: WebDoor) -> None:
    found = door.get(f"{PATH}?names=evening,%20@Other")["budgets"]

    assert [(each["scope"], each["name"], each["limit_micros"]) for each in found] == [
        ("template", "evening", None),
        ("template", "evening", None),
        ("account", "other", None),
        ("account", "other", None),
    ]
    assert "'nobody'" in door.refused(404, "GET", f"{PATH}?names=morning,nobody")["detail"]
    door.refused(422, "GET", f"{PATH}?after=x")


def test_another_owner_sees_its_own(door: WebDoor) -> None:
    theirs = {"token": door.token(owner="other")}

    assert door.get(PATH, **theirs) == {"budgets": [], "next": None}
    door.refused(404, "GET", f"{PATH}?names=morning", **theirs)
