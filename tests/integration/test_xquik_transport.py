"""The transport against servers that break off, lie, hurry and dawdle: what is repeated, and what is called unclear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import ApiBlocked, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear, LeaseLost
from domain.protocols import Tier
from tests.memory_windows import MemoryWindows
from xquik.compose import score
from xquik.connections import Connections
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

HURRY = Retries(attempts=4, first=0, longest=0.2, jitter=0)
JSON = "content-type: application/json\r\n"


def answer(status: str, body: str = "", headers: str = JSON) -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body.encode())}\r\n\r\n{body}".encode()


DONE = answer("200 OK", '{"tweetId":"1900","success":true}')
CUT = answer("200 OK", '{"tweetId":"1900","success":true}')[:-9]
DROP = b""


class Script:
    """A server that plays one reply for each request and keeps what it was sent. None: it never answers."""

    def __init__(self, *replies: bytes | None) -> None:
        self.replies = list(replies)
        self.requests: list[bytes] = []
        self.serving: list[asyncio.Task[Any] | None] = []
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                self.requests.append(head + await reader.readexactly(length))
                reply = self.replies.pop(0)
                if reply is None:
                    await reader.read()  # until the client hangs up
                    return
                writer.write(reply)
                await writer.drain()
                if reply in (CUT, DROP):
                    return
        except asyncio.IncompleteReadError:
            return  # the client closed the connection
        finally:
            writer.close()


@asynccontextmanager
async def playing(script: Script, *, timeout: float = 5, clients: int = 10, **options: Any) -> Any:
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
    try:
        async with httpx.AsyncClient(transport=Connections(most=clients)) as client:
            yield transport(script.base_url, client, timeout=timeout, **options)
    finally:
        server.close()
        await asyncio.gather(*filter(None, script.serving))


def clock() -> datetime:
    return datetime.now(UTC)


def transport(url: str, client: httpx.AsyncClient, *, timeout: float = 5, limiter: Limiter | None = None) -> Transport:
    limits = limiter or Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED)
    return Transport(
        base_url=url, key="xq_test", client=client, limits=limits, clock=clock, timeout=timeout, retries=HURRY
    )


def play(script: Script, deed: Callable[[Transport], Awaitable[Any]], **options: Any) -> Any:
    async def scenario() -> Any:
        async with playing(script, **options) as spoken:
            return await deed(spoken)

    return asyncio.run(scenario())


async def post(spoken: Transport, may_send: Callable[[], None] = lambda: None) -> Any:
    body = {"account": "ada", "text": "Grüße"}
    return await spoken.write("POST", "/x/tweets", body, idempotency_key="i-r-0-0-0", may_send=may_send)


async def look(spoken: Transport) -> Any:
    return await spoken.read("/credits")


def test_a_write_carries_key_and_idempotency_key_and_utf_8() -> None:
    script = Script(DONE)

    assert play(script, post).body == {"tweetId": "1900", "success": True}

    (sent,) = script.requests
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/x/tweets HTTP/1.1")
    assert b"x-api-key: xq_test" in head
    assert b"idempotency-key: i-r-0-0-0" in head
    assert body.decode() == '{"account":"ada","text":"Grüße"}'


@pytest.mark.parametrize(
    "reply",
    [
        DROP,
        CUT,
        b"garbage\r\n\r\n",
        answer("200 OK", "<html>welcome</html>", "content-type: text/html\r\n"),
        answer("200 OK", '["a list"]'),
        answer("502 Bad Gateway", '{"error":"x_write_failed"}'),
        answer("504 Gateway Timeout", "<html></html>", ""),
        answer("408 Request Timeout"),
        answer("200 OK", "not gzip", "content-encoding: gzip\r\n"),
    ],
)
def test_a_write_without_a_clear_answer_is_unclear_and_is_not_sent_again(reply: bytes) -> None:
    script = Script(reply, DONE)

    with pytest.raises(ApiUnclear):
        play(script, post)
    assert len(script.requests) == 1


def test_a_write_whose_answer_takes_too_long_is_unclear() -> None:
    script = Script(None)

    with pytest.raises(ApiUnclear):
        play(script, post, timeout=0.2)
    assert len(script.requests) == 1


def test_a_write_that_found_no_connection_was_certainly_not_sent() -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(Script().serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        server.close()
        await server.wait_closed()
        async with httpx.AsyncClient(transport=Connections()) as client:
            await post(transport(url, client))

    with pytest.raises(ApiUnavailable, match="nothing was sent"):
        asyncio.run(scenario())


def test_a_write_that_waited_for_a_free_connection_in_vain_was_certainly_not_sent() -> None:
    script = Script(None, DONE)

    async def deed(spoken: Transport) -> Any:
        first = asyncio.create_task(post(spoken))
        while not script.requests:
            await asyncio.sleep(0)
        second = await asyncio.gather(
            post(transport(script.base_url, spoken._client, timeout=0.1)), return_exceptions=True
        )
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return second[0]

    error = play(script, deed, clients=1)
    assert isinstance(error, ApiUnavailable)
    assert len(script.requests) == 1


@pytest.mark.parametrize("passes", [0, 1])
def test_a_worker_that_lost_its_lease_meanwhile_writes_no_byte(passes: int) -> None:
    script = Script(DONE)
    asked = []

    def may_send() -> None:
        asked.append(len(script.serving))
        if len(asked) > passes:
            raise LeaseLost("r")

    with pytest.raises(LeaseLost):
        play(script, lambda spoken: post(spoken, may_send))

    assert script.requests == []
    assert len(asked) == passes + 1


def test_the_lease_is_asked_about_once_more_after_the_connection_is_made() -> None:
    script = Script(DONE, DONE)
    asked = []

    async def deed(spoken: Transport) -> None:
        await post(spoken, lambda: asked.append(len(script.serving)))
        await post(spoken, lambda: asked.append(len(script.serving)))

    play(script, deed)

    assert len(script.requests) == 2
    assert len(asked) == 4


def test_the_lease_is_asked_about_after_the_wait_for_a_permit() -> None:
    order = []

    class Slow(MemoryWindows):
        async def take(self, tier: Tier, **wanted: Any) -> tuple[int, datetime]:
            order.append("permit")
            return await super().take(tier, **wanted)

    limiter = Limiter(Slow(), clock=clock)
    play(Script(DONE), lambda spoken: post(spoken, lambda: order.append("may_send")), limiter=limiter)

    assert order == ["permit", "may_send", "may_send"]


def test_a_text_that_cannot_be_encoded_is_refused_before_anything_is_sent() -> None:
    script = Script(DONE)

    async def deed(spoken: Transport) -> Any:
        return await spoken.write("POST", "/x/tweets", {"text": "\ud800"}, idempotency_key="k", may_send=lambda: None)

    with pytest.raises(ApiRefused, match="encoded"):
        play(script, deed)
    assert script.requests == []


def test_a_429_closes_the_tier_for_everybody_until_the_server_opens_it() -> None:
    script = Script(answer("429 Too Many Requests", "Rate limit exceeded", "retry-after: 33\r\n"), DONE)
    limiter = Limiter(MemoryWindows(), clock=clock, max_wait=0)

    async def deed(spoken: Transport) -> list[ApiLimited]:
        refused = []
        for _ in range(2):
            with pytest.raises(ApiLimited) as caught:
                await post(spoken)
            refused.append(caught.value)
        return refused

    first, second = play(script, deed, limiter=limiter)
    assert len(script.requests) == 1
    assert second.retry_at == first.retry_at
    assert timedelta(seconds=30) < first.retry_at - clock() <= timedelta(seconds=33)


def test_the_daily_limit_of_one_account_leaves_the_tier_open() -> None:
    script = Script(answer("429 Too Many Requests", '{"error":"x_daily_limit"}'), DONE)
    limiter = Limiter(MemoryWindows(), clock=clock, max_wait=0)

    async def deed(spoken: Transport) -> Any:
        with pytest.raises(ApiLimited) as caught:
            await post(spoken)
        assert caught.value.retry_at - clock() > timedelta(hours=23)
        return await post(spoken)

    assert play(script, deed, limiter=limiter).body["tweetId"] == "1900"


OK = answer("200 OK", '{"balance":"5"}')


@pytest.mark.parametrize(
    "reply",
    [
        DROP,
        CUT,
        answer("503 Service Unavailable", '{"error":"service_unavailable"}'),
        answer("408 Request Timeout"),
        answer("429 Too Many Requests", "", "retry-after: 0\r\n"),
        answer("200 OK", "<html>captive portal</html>", ""),
    ],
)
def test_a_read_is_repeated_three_times_and_no_more(reply: bytes) -> None:
    assert play(Script(reply, reply, reply, OK), look) == {"balance": "5"}

    script = Script(*[reply] * 5)
    with pytest.raises((ApiUnavailable, ApiLimited)):
        play(script, look)
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer("404 Not Found", '{"error":"not_found"}'), ApiRefused),
        (answer("401 Unauthorized", '{"error":"unauthenticated"}'), ApiBlocked),
        (answer("429 Too Many Requests", "", "retry-after: 60\r\n"), ApiLimited),
    ],
)
def test_a_read_that_repeating_would_not_help_is_asked_once(reply: bytes, kind: type[Exception]) -> None:
    script = Script(reply, OK)

    with pytest.raises(kind):
        play(script, look)
    assert len(script.requests) == 1


def test_composing_is_repeated_like_a_read() -> None:
    checked = answer("200 OK", '{"checklist":[{"factor":"No hashtags","passed":true}]}')
    script = Script(DROP, answer("500 Internal Server Error"), checked)

    result = play(script, lambda spoken: score(spoken, "Hello", has_link=False, has_media=False))

    assert result.value == 100
    assert script.requests[2].endswith(b'{"step":"score","draft":"Hello","hasLink":false,"hasMedia":false}')
