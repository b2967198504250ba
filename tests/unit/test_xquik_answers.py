"""What an answer of the API means for its caller, for every status, code and envelope that is documented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear
from xquik.answers import DAY, X_THROTTLE, Answer, failure

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer.of(status, content, {name.replace("_", "-"): value for name, value in headers.items()})


def meaning(status: int, body: Any = None, *, write: bool = True, **headers: str) -> ApiError:
    return failure(answer(status, body, **headers), what="POST /x/tweets", write=write, now=NOW, window=MINUTE)


@pytest.mark.parametrize(
    ("status", "body", "of_write", "of_read"),
    [
        (400, {"error": "invalid_input"}, ApiRefused, ApiRefused),
        (400, {"error": "unsupported_field", "retryable": False, "details": {}}, ApiRefused, ApiRefused),
        (401, {"error": "unauthenticated"}, ApiBlocked, ApiBlocked),
        (402, {"error": "insufficient_credits", "message": "…"}, ApiBlocked, ApiBlocked),
        (403, {"error": "account_needs_reauth"}, ApiBlocked, ApiBlocked),
        (403, b"<html>forbidden</html>", ApiBlocked, ApiBlocked),
        (404, {"error": "tweet_not_found"}, ApiRefused, ApiRefused),
        (404, {"error": "account_not_found"}, ApiBlocked, ApiBlocked),
        (408, None, ApiUnclear, ApiUnavailable),
        (409, {"error": "idempotency_conflict", "safeToRetry": True}, ApiRefused, ApiRefused),
        (409, {"error": "conflict"}, ApiUnclear, ApiUnavailable),
        (410, {"error": "closed"}, ApiRefused, ApiRefused),
        (422, {"error": "x_content_too_long"}, ApiRefused, ApiRefused),
        (422, {"error": "x_duplicate_action"}, ApiRefused, ApiRefused),
        (422, {"error": "x_account_suspended"}, ApiBlocked, ApiBlocked),
        (424, {"error": {"type": "dependency_error", "code": "x_api_unavailable"}}, ApiUnclear, ApiUnavailable),
        (424, {"error": "x_api_unavailable", "safeToRetry": True}, ApiUnavailable, ApiUnavailable),
        (429, b"Rate limit exceeded", ApiLimited, ApiLimited),
        (429, {"error": "x_daily_limit"}, ApiLimited, ApiLimited),
        (429, {"error": "x_rate_limited", "sendDispatched": True, "safeToRetry": False}, ApiUnclear, ApiLimited),
        (500, {"error": "x_write_ambiguous"}, ApiUnclear, ApiUnavailable),
        (502, {"error": "x_write_failed"}, ApiUnclear, ApiUnavailable),
        (503, {"error": "x_transient_error"}, ApiUnclear, ApiUnavailable),
        (503, {"error": "write_tracking_unavailable", "safeToRetry": True}, ApiUnavailable, ApiUnavailable),
        (504, b"<html>gateway</html>", ApiUnclear, ApiUnavailable),
        (301, None, ApiBlocked, ApiBlocked),
        (303, None, ApiUnclear, ApiUnavailable),
    ],
)
def test_the_status_decides_first(status: int, body: Any, of_write: type[ApiError], of_read: type[ApiError]) -> None:
    assert type(meaning(status, body)) is of_write
    assert type(meaning(status, body, write=False)) is of_read


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": "no_credits"}, "no_credits", None),
        ({"error": "no_credits", "message": "Buy some."}, "no_credits", "Buy some."),
        ({"error": {"type": "billing_error", "code": "no_credits", "message": "Buy."}}, "no_credits", "Buy."),
        ({"error": {"type": "billing_error"}}, "billing_error", None),
        ({"error": "login_cooldown", "reason": "too often"}, "login_cooldown", "too often"),
        ({"error": None}, None, None),
        (["no", "object"], None, None),
        (b"", None, None),
        (b"plain text", None, None),
    ],
)
def test_every_error_envelope_gives_its_code_and_message(body: Any, code: str | None, message: str | None) -> None:
    read = answer(402, body)

    assert (read.code, read.message) == (code, message)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"retry_after": "7"}, {"error": "rate_limit_exceeded", "retryAfter": 60}, 7),
        ({"Retry_After": "7"}, b"Rate limit exceeded", 7),
        ({}, {"error": "rate_limit_exceeded", "retryAfter": 30}, 30),
        ({}, {"error": "login_cooldown", "retryAfterMs": 1500}, 1.5),
        ({"retry_after_ms": "250"}, None, 0.25),
        ({"retry_after": "0"}, None, 0),
        ({"retry_after": "Wed, 06 May 2026 12:00:09 GMT"}, None, 9),
        ({"retry_after": "soon"}, None, 60),
        ({"retry_after": "-5"}, None, 0),
        ({"retry_after": "nan"}, None, 60),
        ({"retry_after": "inf"}, None, 60),
        ({}, {"error": "rate_limit_exceeded", "retryAfter": 10**400}, 60),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 -0500"}, None, 60),
        ({"retry_after": "1e300"}, None, 86_400),
        ({}, None, 60),
        ({}, {"error": "x_rate_limited"}, X_THROTTLE.total_seconds()),
        ({}, {"error": "x_daily_limit"}, DAY.total_seconds()),
        ({"retry_after": "5"}, {"error": "x_daily_limit"}, DAY.total_seconds()),
        ({"retry_after": "5400"}, {"error": "x_daily_limit"}, 5_400),
    ],
)
def test_a_429_says_in_any_spelling_when_to_come_back(headers: dict[str, str], body: Any, wait: float) -> None:
    limited = answer(429, body, **headers)
    error = failure(limited, what="GET /radar", write=False, now=NOW, window=MINUTE)

    assert isinstance(error, ApiLimited)
    assert error.retry_at == NOW + timedelta(seconds=wait)


def test_a_redirected_key_is_not_sent_on_but_told() -> None:
    error = meaning(301, None, location="https://xquik.com/api/v1/x/tweets")

    assert "https://xquik.com/api/v1/x/tweets" in str(error)
    assert "base URL" in str(error)


def test_a_failed_write_tells_where_it_can_be_asked_about() -> None:
    error = meaning(502, {"error": "x_write_failed", "writeActionId": "42", "safeToRetry": False})

    assert isinstance(error, ApiUnclear)
    assert error.status_url == "/x/write-actions/42"


CUT_EMOJI = rb'{"error":"x_content_too_long","message":"Too long:\u0000 Hello \ud83d"}'


def test_half_an_emoji_and_a_nul_do_not_come_in() -> None:
    error = meaning(422, CUT_EMOJI)

    assert str(error) == "POST /x/tweets: 422 x_content_too_long (Too long: Hello \N{REPLACEMENT CHARACTER})"


def test_a_whole_emoji_comes_in_as_it_is() -> None:
    assert answer(422, rb'{"message":"Too long: \ud83d\ude00"}').message == "Too long: \N{GRINNING FACE}"


@pytest.mark.parametrize(
    "body",
    [
        {"error": "x\ud83d"},
        {"error": {"code": "x\ud83d"}},
        {"statusUrl": "/x/write-actions/x\ud83d"},
        {"nextAction": {"url": "/x/write-actions/x\ud83d"}},
        {"writeActionId": "x\ud83d"},
        {"reason": "x\ud83d\0"},
    ],
)
def test_whatever_is_kept_of_an_answer_can_be_stored(body: dict[str, Any]) -> None:
    read = answer(502, body)
    (kept,) = {said for said in (read.code, read.message, read.status_url) if said}

    assert kept.encode().decode().endswith("x\N{REPLACEMENT CHARACTER}")


def test_a_message_is_cut_and_an_address_that_is_too_long_reads_as_missing() -> None:
    read = answer(502, {"error": "e" * 9_999, "message": "m" * 9_999, "statusUrl": "u" * 9_999})

    assert (len(read.code or ""), len(read.message or ""), read.status_url) == (2_000, 2_000, None)


def test_an_answer_that_nests_without_end_is_not_readable() -> None:
    assert not answer(200, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}").readable
