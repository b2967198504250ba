"""Sending, first or again: only while this worker may, only while the key protects, and what answers then prove."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import LeaseLost
from domain.publication import REPLAY_WITHIN, Outcome, Publication, Settlement
from publishers.keys import KeySetting, KeySupport
from publishers.x import XPublisher
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
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
        self.about_keys = HONOURED
        self.kept: bool | None = None  # what is known of keys from process to process

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=NOTHING_SHOWN)
        if b"account" not in request.content:
            self.now += self.meanwhile
            return self.about_keys
        self.posts.append(request.headers["idempotency-key"])
        return self.answer

    def ask(self, publication: Publication = PUBLICATION, *, may_send: Callable[[], None] = lambda: None) -> Settlement:
        return self._play(lambda publisher: publisher.ask(publication, taken=(), may_send=may_send))

    def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        return self._play(lambda publisher: publisher.send(publication, may_send=may_send))

    async def _load(self) -> bool | None:
        return self.kept

    async def _save(self, found: bool) -> None:
        self.kept = found

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
                keys = KeySupport(transport, KeySetting.AUTO, load=self._load, save=self._save)
                settled: Settlement = await deed(XPublisher(transport, keys=keys))
                return settled

        return asyncio.run(scenario())


def lost() -> None:
    raise LeaseLost("r")


def test_a_worker_that_lost_its_lease_before_it_sent_comes_back_later_and_later() -> None:
    api = Api()
    settled = [api.send(replace(PUBLICATION, attempt=attempt), may_send=lost) for attempt in (0, 2, 20)]

    assert api.posts == []
    assert {each.outcome for each in settled} == {Outcome.DEFERRED}
    assert [each.retry_at and (each.retry_at - NOW).total_seconds() for each in settled] == [15, 30, 900]


def test_a_worker_that_lost_its_lease_while_it_asked_sends_nothing() -> None:
    api = Api()

    with pytest.raises(LeaseLost):
        api.ask(may_send=lost)
    assert api.posts == []


def test_a_key_is_not_sent_again_to_a_server_that_went_back_to_a_release_without_keys() -> None:
    api = Api()
    assert api.ask().tweet_id == "1900"
    api.about_keys = httpx.Response(400, json={"error": "invalid_input"})
    api.now += timedelta(minutes=2)

    assert api.ask().outcome is Outcome.UNKNOWN
    assert api.posts == [PUBLICATION.idempotency_key]


def test_a_key_is_not_sent_again_while_nobody_can_tell_whether_it_still_protects() -> None:
    api = Api()
    api.ask()
    api.about_keys = httpx.Response(502)
    api.now += timedelta(minutes=2)

    assert api.ask().outcome is Outcome.UNKNOWN
    api.about_keys = HONOURED
    assert api.ask().outcome is Outcome.CONFIRMED


def test_a_key_whose_protection_ran_out_while_it_was_asked_about_is_not_sent() -> None:
    young = replace(PUBLICATION, intended_at=NOW - REPLAY_WITHIN + timedelta(minutes=1))
    frozen, awake = Api(meanwhile=timedelta(minutes=2)), Api()

    assert frozen.ask(young).outcome is Outcome.UNKNOWN
    assert frozen.posts == []
    assert awake.ask(young).tweet_id == "1900"


def test_a_key_whose_age_nobody_knows_since_the_clock_was_set_back_is_not_sent() -> None:
    ahead, a_little = (replace(PUBLICATION, intended_at=NOW + timedelta(minutes=minutes)) for minutes in (60, 1))
    api = Api()

    assert api.ask(ahead).outcome is Outcome.UNKNOWN
    assert api.posts == []
    assert Api().ask(a_little).tweet_id == "1900"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>not found</html>"),
        (413, b"<html>too large</html>"),
        (405, b""),
        (404, b'{"error":"not_found"}'),
        (400, b'{"error":"invalid_input"}'),
        (400, b'{"error":"a_code_of_tomorrow"}'),
        (409, b'{"error":"idempotency_conflict"}'),
        (422, b'{"error":"x_duplicate_action"}'),
    ],
)
def test_a_refused_replay_that_is_no_verdict_of_x_leaves_it_unknown(status: int, body: bytes) -> None:
    settled = Api(httpx.Response(status, content=body)).ask()

    assert (settled.outcome, settled.found_by) == (Outcome.UNKNOWN, "replay")
    assert str(status) in (settled.detail or "")


@pytest.mark.parametrize("code", ["x_content_too_long", "x_rejected", "x_target_not_found"])
def test_a_verdict_of_x_in_answer_to_a_replay_settles(code: str) -> None:
    settled = Api(httpx.Response(422, json={"error": code})).ask()

    assert (settled.outcome, settled.reason, settled.found_by) == (Outcome.REFUSED, code, "replay")


def test_a_daily_limit_without_a_time_ends_the_run_and_says_so() -> None:
    limited = httpx.Response(429, content=rb'{"error": "x_daily_limit", "message": "Come back \ud83d"}')
    settled = Api(limited).send(PUBLICATION, may_send=lambda: None)

    assert (settled.outcome, settled.reason, settled.retry_at) == (Outcome.REFUSED, "x_daily_limit", None)
    assert (settled.detail or "").encode().endswith("(Come back \ufffd)".encode())
