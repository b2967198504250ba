"""What became of a write, from the answers of every generation."""

from __future__ import annotations

from typing import Any

import pytest

from xquik.answers import Answer
from xquik.write_record import State, WriteRecord, read_record

PENDING_RECORD = {
    "object": "x_write_action", "id": "12346", "writeActionId": "12346", "action": "create_tweet",
    "status": "dispatching", "terminal": False, "retryable": False, "safeToRetry": False,
    "statusUrl": "/api/v1/x/write-actions/12346", "pollAfterMs": 2000, "charged": False, "chargedCredits": "0",
    "billing": {"status": "pending", "charged": False, "plannedCredits": "30", "chargedCredits": "0"},
    "request": {"hash": "0" * 64, "payload": {"text": "Hello from Xquik"}},
    "account": {"id": "42", "username": "example"}, "target": None, "targetId": None, "result": None,
    "nextAction": {"type": "poll", "url": "/api/v1/x/write-actions/12346", "afterMs": 2000},
    "sendDispatched": True, "success": False,
}  # fmt: skip
DONE_RECORD = PENDING_RECORD | {
    "status": "success", "terminal": True, "pollAfterMs": None, "nextAction": None, "success": True,
    "result": {"type": "tweet", "id": "1900"}, "tweetId": "1900",
}  # fmt: skip
FAILED_RECORD = PENDING_RECORD | {
    "status": "failed", "terminal": True, "pollAfterMs": None, "error": "x_write_failed",
    "nextAction": {"type": "retry", "requiresNewIdempotencyKey": True},
}  # fmt: skip
UNCONFIRMED = {
    "error": "x_write_unconfirmed", "status": "pending_confirmation", "writeActionId": "42", "charged": False,
    "retryable": False, "message": "Action may have completed, but confirmation is still pending.",
}  # fmt: skip


def record(status: int, body: dict[str, Any], **headers: str) -> WriteRecord:
    return read_record(Answer(status, body, headers))


@pytest.mark.parametrize(
    "body",
    [
        {"tweetId": "1900", "success": True},
        {"tweetId": 1900, "success": True, "somethingNew": [1]},
        {"status": "success", "result": {"type": "tweet", "id": "1900"}},
        DONE_RECORD,
    ],
)
def test_a_tweet_that_is_out_is_read_from_every_generation(body: dict[str, Any]) -> None:
    read = record(200, body)

    assert (read.state, read.tweet_id) == (State.DONE, "1900")


@pytest.mark.parametrize(
    ("said", "credits"),
    [
        ({"charged": True, "chargedCredits": "30"}, 30),
        ({"charged": True, "chargedCredits": 12}, 12),
        ({"billing": {"status": "charged", "charged": True, "chargedCredits": "10"}}, 10),
        ({"billing": {"status": "refunded"}, "chargedCredits": "10", "charged": True}, 0),
        ({"billing": {"status": "pending"}, "chargedCredits": "0", "charged": False}, None),
        ({"charged": True}, None),
        ({"charged": True, "chargedCredits": "-1"}, None),
        ({"charged": True, "chargedCredits": "9" * 40}, None),
        ({"charged": True, "chargedCredits": "lots"}, None),
        ({}, None),
    ],
)
def test_what_a_write_took_is_read_where_the_answer_says_it(said: dict[str, Any], credits: int | None) -> None:  # noqa: A002
    assert record(200, {"tweetId": "1900", "success": True} | said).charged == credits


def test_a_replayed_record_with_202_and_success_is_done() -> None:
    assert record(202, DONE_RECORD | {"idempotent": True}).state is State.DONE


@pytest.mark.parametrize(
    ("body", "headers", "url", "poll_after"),
    [
        (UNCONFIRMED, {}, "/x/write-actions/42", None),
        (PENDING_RECORD, {}, "/api/v1/x/write-actions/12346", 2.0),
        ({}, {"location": "/api/v1/x/write-actions/7", "retry-after": "3"}, "/api/v1/x/write-actions/7", 3.0),
        ({"status": "accepted", "pollAfterMs": None, "nextAction": {"afterMs": 500}}, {}, None, 0.5),
    ],
)
def test_both_forms_of_202_are_pending(
    body: dict[str, Any], headers: dict[str, str], url: str | None, poll_after: float | None
) -> None:
    read = read_record(Answer(202, body, headers))

    assert (read.state, read.status_url, read.poll_after) == (State.PENDING, url, poll_after)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_unconfirmed_write_is_pending_whatever_2xx_brings_it(status: int) -> None:
    assert record(status, UNCONFIRMED).state is State.PENDING


def test_a_status_nobody_has_documented_is_pending_and_not_done() -> None:
    assert record(200, {"status": "on_hold", "success": False}).state is State.PENDING


def test_success_false_in_a_200_is_a_failure() -> None:
    read = record(200, {"success": False, "statusCode": 500, "error": "HTTP 500"})

    assert (read.state, read.safe_to_retry) == (State.FAILED, None)


@pytest.mark.parametrize(
    ("changed", "safe", "verify"),
    [
        ({"safeToRetry": True}, True, False),
        ({"safeToRetry": False}, False, False),
        ({"retryable": True, "safeToRetry": False}, False, True),
        ({"nextAction": {"type": "verify_result"}}, False, True),
        ({"status": "expired"}, False, True),
    ],
)
def test_a_failed_record_says_whether_to_retry_or_to_verify(changed: dict[str, Any], safe: bool, verify: bool) -> None:
    read = record(200, FAILED_RECORD | changed)

    assert (read.state, read.safe_to_retry, read.verify) == (State.FAILED, safe, verify)


def test_an_empty_204_is_done_without_a_tweet() -> None:
    read = read_record(Answer.of(204, b"", {}))

    assert (read.state, read.tweet_id) == (State.DONE, None)


@pytest.mark.parametrize(
    ("body", "keyed"),
    [
        (DONE_RECORD, True),
        ({"tweetId": "1", "success": True, "idempotent": True}, True),
        ({"tweetId": "1", "success": True}, False),
        # The generation between had write ids and no keys yet.
        (UNCONFIRMED, False),
    ],
)
def test_only_a_full_record_speaks_for_keys(body: dict[str, Any], keyed: bool) -> None:
    assert record(200, body).keyed is keyed
