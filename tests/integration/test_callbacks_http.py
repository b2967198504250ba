"""One HTTP delivery to a receiver on a real port, with the faults that receivers have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from callbacks import http
from callbacks.refused import Refused
from callbacks.signing import new_secret
from domain.event import Channel, Event, EventType, Webhook
from tests.integration.callback_receiver import CLOSE, HANG, Answer, Receiver, receiving
from tests.integration.sources_server import open_client, patient_server

SECRET = new_secret()
HAPPENED = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EVENT = Event("e1", EventType.RUN_SUCCEEDED, HAPPENED, {"callbackData": "ü \u2028 \U0001f600"}, "t1", "r1", 3)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def send(url: str, *, time_limit: float = 5, timeout: float = 5) -> None:
    async def exchange() -> None:
        async with httpx.AsyncClient(timeout=timeout) as client:
            webhook = Webhook("w1", Channel.HTTP, url, SECRET, None, True, HAPPENED)
            await http.send(webhook, EVENT, client=client, now=datetime.now(UTC), time_limit=time_limit)

    asyncio.run(exchange())


def test_the_receiver_can_verify_what_it_gets(receiver: Receiver) -> None:
    send(f"{receiver.address}/hook?key=1")

    [got] = receiver.received
    assert got.path == "/hook?key=1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == "e1"
    assert got.verified(SECRET) == {
        "id": "e1",
        "type": "run.succeeded",
        "timestamp": "2026-03-01T09:00:00.000Z",
        "sequence": 3,
        "data": {"callbackData": "ü \u2028 \U0001f600"},
    }


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_accepted(receiver: Receiver, status: int) -> None:
    receiver.will("/hook", status)
    send(f"{receiver.address}/hook")


@pytest.mark.parametrize(
    "answer",
    [b"204 No Content\r\n\r\n", b"200 OK\r\nContent-Length: 2\r\n\r\nok", b"202 Accepted\r\nContent-Length: 0\r\n\r\n"],
)
def test_two_events_to_one_receiver_share_a_connection(answer: bytes) -> None:
    async def scenario() -> list[int]:
        async with patient_server(b"HTTP/1.1 " + answer) as (url, requests):
            async with open_client() as client:
                webhook = Webhook("w1", Channel.HTTP, url, SECRET, None, True, HAPPENED)
                for _ in range(2):
                    await http.send(webhook, EVENT, client=client, now=datetime.now(UTC))
            return requests

    assert asyncio.run(scenario()) == [2]


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Content-Length: 1000000000", "Transfer-Encoding: chunked"])
def test_an_answer_that_never_ends_was_accepted_all_the_same(length: str) -> None:
    async def scenario() -> None:
        head = f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode()
        async with patient_server(head) as (url, _), open_client() as client:
            webhook = Webhook("w1", Channel.HTTP, url, SECRET, None, True, HAPPENED)
            await http.send(webhook, EVENT, client=client, now=datetime.now(UTC))

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_other_answers_are_failures_with_their_status(receiver: Receiver, status: int) -> None:
    receiver.will("/hook", Answer(status, (("retry-after", "60"),), b"no\nthanks"))
    with pytest.raises(Refused, match="no thanks") as caught:
        send(f"{receiver.address}/hook")

    assert caught.value.status == status
    assert caught.value.retry_after == timedelta(minutes=1)
    assert not caught.value.permanent


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.will("/hook", Answer(307, (("location", f"{receiver.address}/elsewhere"),)))
    with pytest.raises(Refused, match="redirect"):
        send(f"{receiver.address}/hook")

    assert [one.path for one in receiver.received] == ["/hook"]


def test_a_receiver_that_closes_without_an_answer_has_not_accepted(receiver: Receiver) -> None:
    receiver.will("/hook", CLOSE)
    with pytest.raises(Refused) as caught:
        send(f"{receiver.address}/hook")

    assert caught.value.status is None


def test_a_receiver_that_does_not_answer_in_time_has_not_accepted(receiver: Receiver) -> None:
    receiver.will("/hook", HANG, HANG)
    with pytest.raises(Refused, match=r"no answer within 0\.2 s"):
        send(f"{receiver.address}/hook", time_limit=0.2)
    with pytest.raises(Refused, match="no answer within"):
        send(f"{receiver.address}/hook", timeout=0.2)


def test_a_large_answer_is_not_kept(receiver: Receiver) -> None:
    receiver.will("/hook", Answer(500, (), b"x" * 100_000))
    with pytest.raises(Refused) as caught:
        send(f"{receiver.address}/hook")

    assert len(str(caught.value)) < 250


def test_a_compressed_answer_is_not_quoted(receiver: Receiver) -> None:
    receiver.will("/hook", Answer(500, (("content-encoding", "gzip"),), b"\x1f\x8b\x08"))
    with pytest.raises(Refused, match=r"^answered 500$"):
        send(f"{receiver.address}/hook")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[bad", "http://xn--\udc80.invalid/"])
def test_an_address_that_cannot_be_reached_is_a_failure(url: str) -> None:
    with pytest.raises(Refused):
        send(url)
