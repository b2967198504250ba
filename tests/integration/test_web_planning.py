"""All templates at once: planned, compared, applied and written out, with the same answers as the commands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from domain.calendar import CalendarRead
from storage.database import Database
from tests.integration.web_door import WebDoor, web_door
from tests.json_schema import misfits
from web.own import planning
from web.own.examples import DOCUMENT

APPLY, PLAN, EXPORT = "/api/v1/apply", "/api/v1/plan", "/api/v1/export"
NIGHT = {**DOCUMENT, "name": "night", "schedule": {"times": ["22:00"], "timezone": "Europe/Berlin"}}


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database) as opened:
        yield opened


def given(*documents: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"as": "newsroom", "templates": list(documents), **more}


def actions(answer: Any, key: str = "templates") -> dict[str, str]:
    return {each["name"]: each["action"] for each in answer[key]}


def names(door: WebDoor) -> list[str]:
    return [each["name"] for each in door.get(EXPORT)["templates"]]


def test_documents_are_made_true_and_what_is_gone_is_paused(door: WebDoor) -> None:
    first = door.done("POST", APPLY, given(DOCUMENT, NIGHT))
    assert actions(first) == {"morning": "created", "night": "created"}
    assert (first["templates"][0]["file"], first["totals"]["created"]) == ("templates[0]", 2)
    again = door.done("POST", APPLY, given(DOCUMENT, NIGHT))
    assert again["totals"]["unchanged"] == 2

    changed = door.done("POST", APPLY, given({**DOCUMENT, "count": 2}))

    assert actions(changed) == {"morning": "changed", "night": "paused"}
    assert changed["templates"][0]["fields"] == [{"field": "count", "old": 1, "new": 2}]
    assert changed["templates"][1]["status"] == "paused"
    schema = next(each.answer for each in planning.OPERATIONS if each.id == "applyTemplates")
    assert schema is not None
    assert misfits(changed, schema) == []


@pytest.mark.parametrize(("prune", "done"), [("delete", "deleted"), ("keep", "kept")])
def test_what_becomes_of_those_that_are_gone_can_be_chosen(door: WebDoor, prune: str, done: str) -> None:
    door.done("POST", APPLY, given(DOCUMENT, NIGHT))

    assert actions(door.done("POST", APPLY, given(DOCUMENT, prune=prune)))["night"] == done
    assert actions(door.done("POST", APPLY, {**given(DOCUMENT), "as": "others"})) == {"morning": "adopted"}


def test_when_one_is_wrong_all_that_is_wrong_is_named_and_none_is_kept(door: WebDoor) -> None:
    wrong = [{**DOCUMENT, "count": 99}, NIGHT, {**NIGHT, "account": "b"}, {"name": "no account"}]
    for path in (APPLY, PLAN):
        told = door.refused(422, "POST", path, given(*wrong))
        fields = {each["field"] for each in told["errors"]}
        assert {"templates[0].count", "templates[2].name", "templates[3].account"} <= fields
    assert names(door) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"templates": []}, "as"),
        ({"as": "x"}, "templates"),
        ({"as": "x", "templates": [3]}, "templates"),
        ({"as": "x", "templates": [{}] * (planning.MOST + 1)}, "templates"),
        ({"as": "x", "templates": [], "prune": "burn"}, "prune"),
        ({"as": "x" * 201, "templates": []}, "as"),
        ({"as": "x", "templates": [], "more": 1}, "more"),
        ({"as": "x", "templates": [{**DOCUMENT, "audio": "https://example.com/a.mp3"}]}, "templates[0].audio"),
    ],
)
def test_what_is_wrong_around_the_documents_is_named(door: WebDoor, body: dict[str, Any], field: str) -> None:
    assert [each["field"] for each in door.refused(422, "POST", APPLY, body)["errors"]] == [field]


def test_a_plan_tells_what_an_apply_would_do_and_does_nothing(door: WebDoor) -> None:
    door.done("POST", APPLY, given(DOCUMENT, NIGHT))
    before = door.get("/api/v1/templates")
    later = {**DOCUMENT, "schedule": {"times": ["09:30"], "timezone": "Europe/Berlin"}}

    plan = door.done("POST", PLAN, given(later, {**NIGHT, "name": "new", "callback_url": "https://example.com/hook"}))

    assert actions(plan, "changes") == {"morning": "changed", "new": "created", "night": "paused"}
    differ = {each["name"]: each for each in plan["templates"]}
    assert len(differ["morning"]["moved"]) == len(differ["new"]["added"]) == len(differ["night"]["dropped"]) == 14
    assert plan["changes"][1]["callback_secret"] is None
    assert door.get("/api/v1/templates") == before
    assert door.get("/api/v1/events?types=template.paused")["events"] == []
    assert len(door.done("POST", PLAN, given(later, days=2))["templates"][0]["moved"]) == 2


def test_a_plan_is_what_the_apply_then_does(door: WebDoor) -> None:
    documents = given(DOCUMENT, NIGHT)
    plan = door.done("POST", PLAN, documents)

    done = door.done("POST", APPLY, documents)

    def plain(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: value for name, value in each.items() if name != "id"} for each in changes]

    assert plain(plan["changes"]) == plain(done["templates"])
    assert door.done("POST", PLAN, documents)["templates"] == []


def test_an_apply_with_a_key_is_done_once(door: WebDoor) -> None:
    body = given({**DOCUMENT, "callback_url": "https://example.com/hook"})
    key = {"Idempotency-Key": "once"}

    first = door.done("POST", APPLY, body, headers=key)

    assert first["templates"][0]["callback_secret"].startswith("whsec_")
    assert door.done("POST", APPLY, body, headers=key) == first
    door.refused(409, "POST", APPLY, given(NIGHT), headers=key)


def test_an_export_can_be_applied_and_changes_nothing(door: WebDoor) -> None:
    hooked = {**DOCUMENT, "callback_url": "https://example.com/hook", "text": "one\ntwo"}
    secret = door.done("POST", APPLY, given(hooked, NIGHT))["templates"][0]["callback_secret"]
    door.done("POST", "/api/v1/templates/night/pause", {"reason": "quiet"})

    answer = door.ask("GET", EXPORT + "?toml=true")

    found = answer.json()
    assert [each["name"] for each in found["templates"]] == ["morning", "night"]
    assert found["templates"][1]["is_active"] is False
    assert secret not in answer.text
    assert [each["file"] for each in found["files"]] == ["morning.toml", "night.toml"]
    assert [tomllib.loads(each["text"]) for each in found["files"]] == found["templates"]
    assert door.done("POST", APPLY, given(*found["templates"]))["totals"]["unchanged"] == 2
    door.done("DELETE", "/api/v1/templates/night")
    assert names(door) == ["morning"]
    assert door.get(EXPORT)["files"] == []


def test_an_export_has_all_there_are_of_the_owners_own(door: WebDoor) -> None:
    many = [{**DOCUMENT, "name": f"t{at:03}"} for at in range(planning.AT_ONCE + 1)]
    door.done("POST", APPLY, given(*many))

    assert names(door) == [each["name"] for each in many]
    assert door.get(EXPORT, token=door.token(owner="other"))["templates"] == []


def test_what_one_owner_applies_is_nothing_to_another(door: WebDoor) -> None:
    other = door.token(owner="other")
    mine = door.done("POST", APPLY, given(DOCUMENT, NIGHT))["templates"][0]["id"]
    feed = {"feeds": [{"url": "https://example.com/feed.xml"}], "name": "fed", "account": "b", "type": "tweet"}

    gone = door.done("POST", PLAN, given(prune="delete"), token=other)
    theirs = door.done("POST", APPLY, given({**DOCUMENT, "count": 3}, {**feed, "daily_count": 1}), token=other)

    assert gone["changes"] == []
    assert actions(theirs) == {"fed": "created", "morning": "created"}
    assert theirs["templates"][1]["id"] != mine
    assert door.get(f"/api/v1/templates/{mine}")["count"] == 1
    assert [each["name"] for each in door.get(EXPORT, token=other)["templates"]] == ["fed", "morning"]
    assert names(door) == ["morning", "night"]
    assert {each["name"] for each in door.get(PLAN, token=other)["templates"]} == {"fed", "morning"}
    door.refused(404, "GET", f"{PLAN}?templates={mine}", token=other)
    assert door.get("/api/v1/status", token=other)["templates"]["active"] == 2


def test_the_coming_days_are_shown_as_the_command_shows_them(door: WebDoor) -> None:
    door.done("POST", APPLY, given(DOCUMENT, NIGHT))
    plan = door.get(PLAN + "?days=3")
    assert plan["totals"]["runs"] == 6
    assert [each["name"] for each in plan["templates"]] == ["morning", "night"]
    assert [each["at"][:16] for each in plan["templates"][0]["slots"]] == [
        "2026-03-27T08:00",
        "2026-03-28T08:00",
        "2026-03-29T07:00",
    ]

    assert door.get(PLAN + "?days=3&templates=night,")["totals"]["runs"] == 3
    assert door.get(PLAN + "?days=1&from=2026-04-01T00:00:00Z")["from"].startswith("2026-04-01")
    door.refused(404, "GET", PLAN + "?templates=nobody")
    for query in ("from=2026-01-01T00:00:00Z", "from=9999-12-31T00:00:00Z", "days=0", "days=367"):
        assert door.refused(422, "GET", f"{PLAN}?{query}")["errors"][0]["field"] == query.partition("=")[0]


def test_the_calendars_of_all_documents_are_read_once_each(database: Database) -> None:
    url = "https://example.com/days.ics"
    asked: list[str] = []

    async def read_calendar(url: str, **_: Any) -> CalendarRead:
        asked.append(url)
        return CalendarRead(url, spans=(), year=2026)

    documents = [
        {**DOCUMENT, "name": name, "schedule": {**DOCUMENT["schedule"], "exclude_dates": [url]}} for name in ("a", "b")
    ]
    with web_door(database, read_calendar=read_calendar) as door:
        door.done("POST", APPLY, given(*documents))
        door.done("POST", PLAN, given(*documents))

    assert asked == [url]


@pytest.mark.parametrize("asked", [{"days": "366"}, {"from": "9000-01-01T00:00:00Z", "days": "1"}])
def test_nobody_looks_so_far_ahead_that_others_wait_for_it(door: WebDoor, asked: dict[str, str]) -> None:
    minutely = {**DOCUMENT, "schedule": {"cron": "* * * * *"}}
    door.done("POST", APPLY, given(minutely))

    far = door.ask("GET", PLAN, params=asked)
    rehearsed = door.refused(422, "POST", PLAN, given({**minutely, "name": "other"}, days=366))

    assert far.status_code == 422
    for told in (far.json(), rehearsed):
        assert [each["field"] for each in told["errors"]] == ["days"]
        assert "more than 100,000 slots" in told["detail"]
    assert door.get(PLAN, params={"days": "2"})["totals"]["runs"] == 2 * 24 * 60
