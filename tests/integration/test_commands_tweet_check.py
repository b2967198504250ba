from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from domain.errors import InvalidInput
from domain.publication import Post, PostStatus
from scheduler.operations.tweet_check import check
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POST = Post("p", "r", "t", "acme", 0, 0, "Hello", PostStatus.UNKNOWN, "d", NOW)
TWEET = "1790000000000000001"


def checked(status: int, body: dict[str, Any], tweet_id: str = TWEET) -> None:
    """Check a tweet of which the API says *body*."""

    async def ask() -> None:
        answer = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
        async with httpx.AsyncClient(transport=answer) as client:
            limits = Limiter(MemoryWindows(), clock=lambda: NOW, tiers=dict(UNLIMITED))
            transport = Transport(
                base_url="http://127.0.0.1/api/v1",
                key="xq_1",
                client=client,
                limits=limits,
                clock=lambda: NOW,
                retries=Retries(attempts=1),
            )
            await check(transport, tweet_id, POST)

    asyncio.run(ask())


def tweet(text: str, username: str) -> dict[str, Any]:
    return {"tweet": {"id": TWEET, "text": text, "author": {"username": username}}}


def test_a_tweet_of_the_account_and_text_is_taken() -> None:
    checked(200, tweet("Hello", "Acme"))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, {"error": "not_found"}, "no tweet that the API knows"),
        (200, tweet("Hello", "other"), "a tweet of @other, not of @acme"),
        (200, tweet("Good evening", "acme"), "says something else"),
    ],
)
def test_a_tweet_that_is_another_is_refused_with_the_way_out(status: int, body: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"{reason}.*--force"):
        checked(status, body)


def test_without_an_answer_only_an_id_that_is_too_short_is_refused() -> None:
    checked(500, {})
    with pytest.raises(InvalidInput, match="too short"):
        checked(500, {}, "1")
    with pytest.raises(InvalidInput, match="too short"):
        asyncio.run(check(None, "123456789", POST))
    asyncio.run(check(None, "1234567890", POST))
