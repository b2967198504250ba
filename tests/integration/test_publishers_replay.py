"""Sending the same key again: only while this worker may send, only while the key protects, and what answers prove."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import LeaseLost
from domain.publication import Outcome, Publication, Settlement
from publishers.keys import KeySetting, KeySupport
from publishers.x import REPLAY_WITHIN, XPublisher
from xquik.limits import UNLIMITED, Limiter, MemoryWindows
from xquik.transport import Retries, Transport

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
PUBLICATION = Publication("p", "r", "t", "ada", 0, 0, 1, "i-r-0-0-1", "Hello", None, NOW)
NOTHING_SHOWN = {"accounts": [{"username": "ada", "xUserId": "900"}], "tweets": []}
HONOURED = httpx.Response(400, json={"error": "invalid_idempotency_key"})


class Api:
    """An API with an empty timeline. A post gets *answer*; *meanwhile* happens when it is asked about its keys."""

    def __init__(self, answer: httpx.Response | None = None, meanwhile: timedelta = timedelta(0)) -> None:
        self.now = NOW
        self.answer = answer or httpx.Response(200, json={"tweetId": "1900", "success": True})
        self.meanwhile = meanwhile
        self.posts: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=NOTHING_SHOWN)
        if b"account" not in request.content:
            self.now += self.meanwhile
            return HONOURED
        self.posts.append(request.headers["idempotency-key"])
        return self.answer

    def ask(self, publication: Publication = PUBLICATION, *, may_send: Callable[[], None] = lambda: None) -> Settlement:
        return self._play(lambda publisher: publisher.ask(publication, taken=(), may_send=may_send))

    def _play(self, deed: Callable[[XPublisher], Any]) -> Settlement:
        def clock() -> datetime:
            return self.now

        async def scenario() -> Settlement:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as client:
                transport = Transport(
                    base_url="http://127.0.0.1/api/v1",
                    key="xq_test",
                    client=client,
                    limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
                    clock=clock,
                    retries=Retries(attempts=1),
                )
                settled: Settlement = await deed(XPublisher(transport, keys=KeySupport(transport, KeySetting.AUTO)))
                return settled

        return asyncio.run(scenario())


def test_a_worker_that_lost_its_lease_while_it_asked_sends_nothing() -> None:
    api = Api()

    def lost() -> None:
        raise LeaseLost("r")

    with pytest.raises(LeaseLost):
        api.ask(may_send=lost)
    assert api.posts == []


def test_a_key_whose_protection_ran_out_while_it_was_asked_about_is_not_sent() -> None:
    young = replace(PUBLICATION, intended_at=NOW - REPLAY_WITHIN + timedelta(minutes=1))
    frozen, awake = Api(meanwhile=timedelta(minutes=2)), Api()

    assert frozen.ask(young).outcome is Outcome.UNKNOWN
    assert frozen.posts == []
    assert awake.ask(young).tweet_id == "1900"
