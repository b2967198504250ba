from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from commands.advice import KEPT, Advice
from domain.draft import Guidance
from domain.errors import ApiRefused
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Transport

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def template(prompt: str | None = None) -> Template:
    return Template(
        "t", "morning", "demo", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(text="words"), prompt=prompt
    )


class Server:
    """Answers `/compose` by counting the questions; `status` is what it answers with."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.now = NOW

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # the others get to ask meanwhile
        self.asked.append(json.loads(request.content))
        if self.status != 200:
            return httpx.Response(self.status, json={"error": "invalid_input"})
        number = str(len(self.asked))
        return httpx.Response(200, json={"contentRules": [{"rule": number}], "compositionGuidance": [number]})

    def advice(self) -> Advice:
        transport = Transport(
            base_url="http://api.example",
            key="k",
            client=httpx.AsyncClient(transport=httpx.MockTransport(self.answer)),
            limits=Limiter(MemoryWindows(), clock=lambda: self.now, tiers=UNLIMITED),
            clock=lambda: self.now,
        )
        return Advice(transport, lambda: self.now)


def test_runs_that_want_the_same_at_once_ask_once() -> None:
    server = Server()

    async def ask() -> list[Guidance]:
        advice = server.advice()
        return await asyncio.gather(*(advice.rules(template(), f"topic {number}") for number in range(20)))

    assert {found.rules for found in asyncio.run(ask())} == {("1",)}
    assert [asked["topic"] for asked in server.asked] == ["topic 0"]


def test_rules_and_advice_are_kept_for_an_hour_for_each_tone() -> None:
    server = Server()

    async def ask() -> None:
        advice = server.advice()
        for prompt in (None, None, "dry", "dry"):
            await advice.refinement(template(prompt), "boats")
        await advice.rules(template(), "boats")
        assert [asked["step"] for asked in server.asked] == ["refine", "refine", "compose"]
        assert [asked.get("tone") for asked in server.asked] == ["as the author writes", "dry", None]
        server.now += timedelta(hours=1)
        assert (await advice.refinement(template("dry"), "boats")).advice == ("2",)
        server.now += timedelta(seconds=1)
        assert (await advice.refinement(template("dry"), "boats")).advice == ("4",)

    asyncio.run(ask())


def test_a_failure_is_shared_by_those_who_wait_and_asked_about_again_by_the_next() -> None:
    server = Server()
    server.status = 400

    async def ask() -> None:
        advice = server.advice()
        found = await asyncio.gather(*(advice.rules(template(), "boats") for _ in range(5)), return_exceptions=True)
        assert [type(each) for each in found] == [ApiRefused] * 5
        assert len(server.asked) == 1
        server.status = 200
        assert (await advice.rules(template(), "boats")).rules == ("2",)

    asyncio.run(ask())


def test_a_run_that_is_stopped_does_not_stop_the_question_of_the_others() -> None:
    server = Server()

    async def ask() -> None:
        advice = server.advice()
        first = asyncio.create_task(advice.rules(template(), "boats"))
        second = asyncio.create_task(advice.rules(template(), "boats"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await second).rules == ("1",)

    asyncio.run(ask())


def test_no_more_than_a_few_hundred_tones_are_kept() -> None:
    server = Server()

    async def ask() -> None:
        advice = server.advice()
        for number in range(KEPT + 1):
            await advice.refinement(template(f"tone {number}"), "boats")
        await advice.refinement(template(f"tone {KEPT}"), "boats")
        assert len(server.asked) == KEPT + 1
        await advice.refinement(template("tone 0"), "boats")
        assert len(server.asked) == KEPT + 2

    asyncio.run(ask())
