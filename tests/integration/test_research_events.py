"""How research ended is told: by event to webhooks, and in the compatible document to compatible ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from ipaddress import ip_network
from time import monotonic
from typing import Any

import pytest

from domain.event import Channel, EventType, Webhook
from domain.research import Bounds, Notes, OutputType, Report, Research, ResearchStatus
from domain.run import Rejected
from scheduler.research_steps import Ledger, Outcome, Researcher
from scheduler.researching import Researching
from scheduler.shown.event_schemas import event as event_schema
from storage import events, research, webhooks
from storage.database import Database
from tests.integration.callback_receiver import Receiver, receiving
from tests.integration.compatible_stage import Stage, staged
from tests.integration.storage_values import running
from tests.integration.test_compatible_content import CALLBACK_KEYS, STATUS_KEYS
from tests.json_schema import misfits

RESEARCH = "/deep-research/research"
DONE = Outcome(Report((), ()), ())
NOTHING = Outcome(None, (Rejected("page", "gone"),), "nothing was found")


class Says(Researcher):
    """Gives what it was told to, without looking."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    async def __call__(self, research: Research, notes: Notes, ledger: Ledger) -> Outcome:
        return self.outcome


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, allow=(ip_network("127.0.0.0/8"),)) as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def work(stage: Stage, outcome: Outcome) -> None:
    """Do what is queued, as the daemon does."""

    async def working() -> None:
        with running(stage.house.database) as writer:
            await Researching(
                writer=writer,
                researcher=Says(outcome),
                bounds=Bounds(),
                owner="worker",
                clock=stage.house.clock,
                monotonic=monotonic,
                new_id=stage.door.parts.new_id,
            ).work_due(stage.house.clock())

    asyncio.run(working())


def started(stage: Stage, **fields: Any) -> str:
    body = {"text": "trams", "outputType": "text", "callbackData": " ü", **fields}
    answer = stage.door.done("POST", RESEARCH, body)
    return str(answer.get("request_id") or answer["schedule_id"])


def told(stage: Stage) -> list[dict[str, Any]]:
    with stage.house.database.read() as c:
        return [{"type": each.type, "sequence": each.sequence, **each.data} for each in events.list_events(c)]


@pytest.mark.parametrize(
    ("outcome", "kind", "status"),
    [(DONE, EventType.RESEARCH_SUCCEEDED, "done"), (NOTHING, EventType.RESEARCH_FAILED, "failed")],
    ids=["succeeded", "failed"],
)
def test_each_research_that_was_asked_for_is_told_once(
    stage: Stage, outcome: Outcome, kind: EventType, status: str
) -> None:
    research_id = started(stage)

    work(stage, outcome)
    work(stage, outcome)

    shown = {"id": research_id, "topic": "trams", "status": status, "output": "text", "recurringId": None}
    (event,) = told(stage)
    assert event == {
        "type": kind,
        "sequence": 1,
        "callbackData": " ü",
        "research": shown | {"failure": outcome.failure},
    }
    data = {"callbackData": event["callbackData"], "research": event["research"]}
    sent = {"id": "e", "type": str(kind), "timestamp": "2026-03-01T09:00:00.000Z", "sequence": 1, "data": data}
    assert misfits(sent, event_schema()) == []


def test_what_recurs_is_told_each_time_with_what_it_was_asked_with(stage: Stage) -> None:
    recurring_id = started(stage, isScheduled=True, dailyCount=2)

    work(stage, DONE)
    stage.later(hours=12)
    work(stage, NOTHING)

    assert [each["type"] for each in told(stage)] == ["research.succeeded", "research.failed"]
    assert {each["research"]["recurringId"] for each in told(stage)} == {recurring_id}
    assert {each["callbackData"] for each in told(stage)} == {" ü"}


def test_what_a_run_asked_for_is_not_told(stage: Stage) -> None:
    run_id = stage.post("Hello", approval="approve")
    before = len(told(stage))
    with stage.house.database.write() as c:
        made = Research("r", "trams", OutputType.TEXT, ResearchStatus.QUEUED, stage.house.clock(), run_id=run_id)
        research.add(c, made)

    work(stage, DONE)

    assert len(told(stage)) == before


def test_a_compatible_webhook_gets_the_document_of_the_request(stage: Stage, receiver: Receiver) -> None:
    stage.door.done("POST", "/content/Webhook", {"url": f"{receiver.address}/hook"})
    research_id = started(stage)
    work(stage, DONE)
    failing = started(stage)
    work(stage, NOTHING)
    stage.deliver()

    good, bad = (json.loads(each.body) for each in receiver.received)
    assert good.keys() >= CALLBACK_KEYS
    stands = {"event", "event_id", "created_at"}
    assert {name: value for name, value in good.items() if name not in stands} == stage.door.get(
        f"/content/Status/{research_id}"
    )
    assert (good["event"], good["request_type"], good["status"]) == ("request.succeeded", "deep_research", 100)
    assert (good["callbackData"], good["posts"]) == (" ü", [])
    assert (bad["event"], bad["id"], bad["error_code"]) == ("request.failed", failing, 2)
    assert bad["error_message"] == "nothing was found"


def test_another_webhook_gets_the_event(stage: Stage, receiver: Receiver) -> None:
    with stage.house.database.write() as c:
        url, now = f"{receiver.address}/own", stage.house.clock()
        hook = Webhook("w1", Channel.HTTP, url, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", None, True, now)
        webhooks.upsert(c, hook, stage.door.parts.cipher)
    research_id = started(stage)
    work(stage, DONE)
    stage.deliver()

    (got,) = receiver.received
    said = json.loads(got.body)
    assert (said["type"], said["data"]["research"]["id"]) == ("research.succeeded", research_id)


def test_the_state_of_a_research_is_shown_as_that_of_a_request(stage: Stage) -> None:
    research_id = started(stage)

    found = stage.door.get(f"/content/Status/{research_id}")

    assert found.keys() >= STATUS_KEYS
    assert (found["status"], found["request_type"], found["schedule_id"]) == (0, "deep_research", None)
    stage.door.refused(404, "GET", f"/content/Status/{research_id}", token=stage.door.token(owner="other"))


def test_somebody_elses_research_is_told_to_nobody_here(stage: Stage, receiver: Receiver) -> None:
    stage.door.done("POST", "/content/Webhook", {"url": f"{receiver.address}/hook"})
    body = {"text": "trams", "outputType": "text"}
    stage.door.done("POST", RESEARCH, body, token=stage.door.token(owner="other"))

    work(stage, DONE)
    stage.deliver()

    assert receiver.received == []
