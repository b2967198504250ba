from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from callbacks import http
from callbacks.http import retry_after
from callbacks.refused import QUOTED, Refused
from domain.event import Channel, Event, EventType, Webhook

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WEBHOOK = Webhook(
    "w1", Channel.HTTP, "http://127.0.0.1/hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None, True, NOW
)
EVENT = Event("e1", EventType.RUN_FAILED, NOW, {}, "t1", "r1", 1)


def answered(status: int, body: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(body.encode()))


def refused_by(response: httpx.Response | Exception) -> Refused:
    async def exchange() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await http.send(WEBHOOK, EVENT, client=client, now=NOW)

    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    with pytest.raises(Refused) as caught:
        asyncio.run(exchange())
    return caught.value


def test_an_answer_is_quoted_in_one_line_of_bounded_length() -> None:
    error = refused_by(answered(500, "Traceback:\n\n\x1b[31m" + "x" * 5000))

    assert error.status == 500
    assert str(error).startswith("answered 500: Traceback: \N{REPLACEMENT CHARACTER}[31mxxx")
    assert len(str(error)) <= len("answered 500: ") + QUOTED


def test_410_is_permanent_and_404_is_not() -> None:
    assert refused_by(answered(410)).permanent
    assert not refused_by(answered(404)).permanent


def test_a_redirect_is_a_failure_that_names_where_to() -> None:
    error = refused_by(answered(308, location="https://elsewhere.example/hook"))

    assert not error.permanent
    assert "https://elsewhere.example/hook; name the final URL" in str(error)


def test_a_host_that_is_not_reached_is_a_failure_without_a_status() -> None:
    error = refused_by(httpx.ConnectError("10.0.0.1 is private"))

    assert error.status is None
    assert str(error) == "10.0.0.1 is private"


def test_the_receivers_retry_after_comes_along() -> None:
    assert refused_by(answered(429, retry_after="120")).retry_after == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("0", timedelta(0)),
        (" 90 ", timedelta(seconds=90)),
        ("9" * 400, timedelta(seconds=10**6)),
        ("Sun, 01 Mar 2026 09:02:00 GMT", timedelta(minutes=2)),
        ("Sun, 01 Mar 2026 08:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Mar 2026 09:02:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, expected: timedelta | None) -> None:
    assert retry_after(value, NOW) == expected
