"""`/deep-research/…` row by row: the fields, key sets and sentences that the contract documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.owner import LOCAL_OWNER
from domain.research import Report, ResearchStatus
from domain.run import Hold
from scheduler.researching import plan
from storage import feeds, templates
from storage import research as storage
from storage.database import Database
from tests.integration.test_compatible_rows import ENVELOPE, SCHEDULE
from tests.integration.web_door import WebDoor, web_door

RESEARCH = "/deep-research/research"
RECURRING = "/deep-research/recurring"
ITEM_KEYS = {
    *("id", "requestedOn", "succeededOn", "status", "errorOn", "errorMessage", "errorCode", "prompt", "outputType"),
    *("jsonFormat", "isScheduleTemplate", "scheduleId", "dailyCount", "scheduleEndDate"),
    *("lastScheduleExecutionOn", "nextScheduleExecutionOn"),
}
TEMPLATE_KEYS = {
    *("id", "text", "provider", "outputType", "jsonFormat", "deletedOn", "callbackData", "dailyCount"),
    *("scheduleEndDate", "lastRunAt", "nextRunAt", "createdOn"),
}
LEAST = {"text": "solid state batteries", "outputType": "text"}
FUTURE, PAST = "2030-12-31T23:59:59Z", "2024-12-31T23:59:59Z"
PAGE, FEED = "https://example.com/a,b", "https://example.com/feed.xml"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme") as found:
        with database.write() as c:
            feeds.ensure(c, FEED, now=found.now, owner=LOCAL_OWNER)
        yield found


def started(door: WebDoor, **fields: Any) -> str:
    answer = door.done("POST", RESEARCH, LEAST | fields)
    return str(answer.get("request_id") or answer["schedule_id"])


def finished(door: WebDoor, research_id: str, *, text: str | None = "the report", failure: str | None = None) -> None:
    """Do what the daemon does."""
    with door.database.write() as c:
        claimed = storage.claim(c, owner="w", now=door.now, lease=timedelta(minutes=1))
        assert claimed is not None
        found, hold, _ = claimed
        assert (found.id, isinstance(hold, Hold)) == (research_id, True)
        report = Report((), ()) if failure is None else None
        storage.finish(c, hold, text=text, report=report, rejected=(), failure=failure, now=door.now)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, {"topic": "solid state batteries", "output": "text"}),
        ({"outputType": "json"}, {"output": "json"}),
        ({"provider": "openai"}, {}),
        ({"files": [PAGE]}, {"urls": (PAGE,)}),
        ({"feedIds": [1]}, {"feeds": (FEED,)}),
        ({"callbackData": " ü\t"}, {"callback_data": " ü\t"}),
        ({"isScheduled": False, "dailyCount": 2, "scheduleEndDate": PAST}, {"recurring_id": None}),
        ({"unknown": "x", "jsonFormat": "", "projectIds": []}, {}),
    ],
    ids=["text", "outputType", "provider", "files", "feedIds", "callbackData", "isScheduled: false", "unknown fields"],
)
def test_row_of_research(door: WebDoor, fields: dict[str, Any], kept: dict[str, Any]) -> None:
    answer = door.ask("POST", RESEARCH, json=LEAST | fields)

    assert (answer.status_code, answer.json().keys()) == (200, {"request_id"}), answer.text
    with door.database.read() as c:
        found = storage.get(c, answer.json()["request_id"], owner=LOCAL_OWNER)
    made: dict[str, Any] = {
        "topic": found.topic,
        "output": found.output.value,
        "urls": found.scope.urls,
        "feeds": found.scope.feeds,
    }
    made |= {"callback_data": found.callback_data, "recurring_id": found.recurring_id}
    assert {name: made[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("fields", "sentence", "of", "code"),
    [
        ({"text": None}, "Missing text parameter", "text", "invalid_input"),
        ({"text": "  "}, "Missing text parameter", "text", "invalid_input"),
        ({"text": "x" * 2001}, "", "text", "invalid_input"),
        ({"outputType": None}, "Missing outputType parameter (text or json)", "outputType", "invalid_input"),
        ({"outputType": "xml"}, "Invalid outputType parameter (text or json)", "outputType", "invalid_input"),
        ({"provider": "bing"}, "provider must be one of gemini, openai", "provider", "invalid_input"),
        ({"jsonFormat": "{}"}, "", "jsonFormat", "not_configured"),
        ({"projectIds": ["p"]}, "", "projectIds", "not_configured"),
        ({"files": ["2c9fe88f-d3e2-41a8-9156-76c5e34dbfdd"]}, "", "files", "invalid_input"),
        ({"feedIds": [7]}, "feedIds names feed 7, which does not exist; GET /feeds lists those there are", "feedIds",
         "invalid_input"),
        ({"callbackData": "x" * 501}, "", "callbackData", "invalid_input"),
        ({"isScheduled": "true"}, "isScheduled must be true or false", "isScheduled", "invalid_input"),
        ({"dailyCount": 25}, "dailyCount must be between 1 and 24", "dailyCount", "invalid_input"),
        ({"dailyCount": 0}, "dailyCount must be between 1 and 24", "dailyCount", "invalid_input"),
        ({"isScheduled": True, "scheduleEndDate": PAST}, "", "scheduleEndDate", "invalid_input"),
        ({"scheduleEndDate": "soon"}, "", "scheduleEndDate", "invalid_input"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_row_of_research(door: WebDoor, fields: dict[str, Any], sentence: str, of: str, code: str) -> None:
    said = door.refused(400, "POST", RESEARCH, LEAST | fields)

    assert (said.keys(), said["success"], said["field"], said["code"]) == (ENVELOPE, False, of, code)
    assert sentence in ("", said["error"])
    assert door.get(RESEARCH) == []


def test_research_is_queued_at_work_done_or_failed(door: WebDoor) -> None:
    research_id = started(door, callbackData="mine")
    path = f"{RESEARCH}/{research_id}"

    before = door.get(path)
    assert before.keys() >= ITEM_KEYS | {"responseText"}
    assert (before["status"], before["responseText"], before["requestedOn"]) == (0, None, "2026-03-26T12:00:00Z")
    door.now += timedelta(minutes=1)
    finished(door, research_id)
    after = door.get(path)
    assert (after["status"], after["succeededOn"], after["errorOn"]) == (100, "2026-03-26T12:01:00Z", None)
    assert (after["responseText"], after["prompt"], after["callbackData"]) == ("the report", LEAST["text"], "mine")

    failing = started(door)
    finished(door, failing, text=None, failure="nothing was found")
    failed = door.get(f"{RESEARCH}/{failing}")
    assert (failed["status"], failed["succeededOn"], failed["errorOn"]) == (5, None, "2026-03-26T12:01:00Z")
    assert (failed["errorMessage"], failed["errorCode"]) == ("nothing was found", 2)
    assert [each["id"] for each in door.get(RESEARCH)] == [failing, research_id]
    assert all(each.keys() == before.keys() - {"responseText"} for each in door.get(RESEARCH))


def test_what_recurs_is_a_template_and_stands_in_both_lists(door: WebDoor) -> None:
    answer = door.done(
        "POST", RESEARCH, LEAST | {"isScheduled": True, "dailyCount": 2, "scheduleEndDate": FUTURE, "callbackData": "x"}
    )
    assert answer == {
        "schedule_id": answer["schedule_id"],
        "message": "Deep research scheduled 2 time(s) per day until 2030-12-31T23:59:59.000Z",
        "dailyCount": 2,
        "endDate": FUTURE,
    }
    assert answer.keys() == SCHEDULE
    with door.database.write() as c:
        plan(c, now=door.now, new_id=door.parts.new_id)

    said = door.get(RECURRING)
    assert said.keys() == {"success", "templates"}
    (template,) = said["templates"]
    assert template.keys() >= TEMPLATE_KEYS
    assert (template["lastRunAt"], template["nextRunAt"]) == ("2026-03-26T12:00:00Z", "2026-03-27T00:00:00Z")
    assert (template["dailyCount"], template["scheduleEndDate"], template["callbackData"]) == (2, FUTURE, "x")
    listed = door.get(RESEARCH)
    [whole] = [each for each in listed if each["isScheduleTemplate"]]
    [one] = [each for each in listed if not each["isScheduleTemplate"]]
    assert (whole["id"], one["scheduleId"], one["callbackData"]) == (template["id"], template["id"], "x")
    assert whole["nextScheduleExecutionOn"] == template["nextRunAt"]
    assert door.get(f"{RESEARCH}/{template['id']}")["isScheduleTemplate"] is True
    assert one.keys() == whole.keys() >= ITEM_KEYS


def test_without_an_end_it_recurs_indefinitely(door: WebDoor) -> None:
    answer = door.done("POST", RESEARCH, LEAST | {"isScheduled": True})

    assert (answer["message"], answer["endDate"]) == ("Deep research scheduled 1 time(s) per day indefinitely", None)


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"text": "other words"}, {"text": "other words"}),
        ({"dailyCount": 3}, {"dailyCount": 3}),
        ({"scheduleEndDate": "2029-01-01T00:00:00Z"}, {"scheduleEndDate": "2029-01-01T00:00:00Z"}),
        ({"scheduleEndDate": None}, {"scheduleEndDate": None}),
        ({"isActive": False}, {"isActive": False, "nextRunAt": None, "status": "paused"}),
        ({"isActive": True}, {"isActive": True}),
        ({}, {"text": "solid state batteries", "dailyCount": 2, "scheduleEndDate": FUTURE}),
    ],
    ids=str,
)
def test_row_of_changing(door: WebDoor, fields: dict[str, Any], made: dict[str, Any]) -> None:
    path = f"{RECURRING}/{started(door, isScheduled=True, dailyCount=2, scheduleEndDate=FUTURE)}"

    said = door.done("POST", path, fields)

    assert said.keys() == {"success", "message", "template"}
    assert (said["success"], said["message"]) == (True, "Recurring template updated successfully")
    assert {name: said["template"][name] for name in made} == made
    assert door.get(RECURRING)["templates"] == [said["template"]]


@pytest.mark.parametrize(
    ("fields", "sentence", "of"),
    [
        ({"dailyCount": 25}, "dailyCount must be between 1 and 24", "dailyCount"),
        ({"dailyCount": "2"}, "dailyCount must be between 1 and 24", "dailyCount"),
        ({"text": ""}, "", "text"),
        ({"scheduleEndDate": PAST}, "", "scheduleEndDate"),
        ({"isActive": "false"}, "isActive must be true or false", "isActive"),
    ],
    ids=str,
)
def test_a_wrong_row_of_changing(door: WebDoor, fields: dict[str, Any], sentence: str, of: str) -> None:
    path = f"{RECURRING}/{started(door, isScheduled=True)}"
    before = door.get(RECURRING)

    said = door.refused(400, "POST", path, fields)

    assert (said.keys(), said["field"]) == (ENVELOPE, of)
    assert sentence in ("", said["error"])
    assert door.get(RECURRING) == before


def test_what_is_not_there_or_somebody_elses_is_not_found(door: WebDoor) -> None:
    once, again = started(door), started(door, isScheduled=True)
    other = door.token(owner="other")

    for name, token in (("nothing", ""), (once[:8], ""), (once, other)):
        assert door.refused(404, "GET", f"{RESEARCH}/{name}", token=token)["error"] == "Deep research request not found"
    for name, token in (("nothing", ""), (once, ""), (again[:8], ""), (again, other)):
        said = door.refused(404, "POST", f"{RECURRING}/{name}", {"dailyCount": 2}, token=token)
        assert said["error"] == "Recurring template not found or unauthorized"
    assert (door.get(RESEARCH, token=other), door.get(RECURRING, token=other)["templates"]) == ([], [])
    mine = door.done("POST", RESEARCH, LEAST, token=other)["request_id"]
    assert [each["id"] for each in door.get(RESEARCH, token=other)] == [mine]
    assert door.refused(400, "POST", RESEARCH, LEAST | {"feedIds": [1]}, token=other)["field"] == "feedIds"


def test_its_ids_are_sources_of_posts(door: WebDoor) -> None:
    once, again = started(door), started(door, isScheduled=True)
    body = {"type": "tweet", "deepResearchIds": [once, again], "isScheduled": True}

    template_id = door.done("POST", "/x/post", body)["schedule_id"]

    assert door.get("/x/recurring")["templates"][0]["deepResearchIds"] == [once, again]
    with door.database.read() as c:
        assert templates.get(c, template_id).template.sources.research == (once, again)


def test_the_same_key_starts_one_research(door: WebDoor) -> None:
    key = {"Idempotency-Key": "one"}

    assert door.done("POST", RESEARCH, LEAST, headers=key) == door.done("POST", RESEARCH, LEAST, headers=key)
    assert [each["status"] for each in door.get(RESEARCH)] == [0]


def test_all_states_have_their_number() -> None:
    from scheduler.shown.compatible_research import STAGES

    assert set(STAGES) == set(ResearchStatus)
