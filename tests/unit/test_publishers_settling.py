"""From an error or a write record to the outcome of a publication."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear
from domain.publication import Outcome, Publication
from domain.reasons import Reason
from publishers.settling import backoff, from_error, from_record
from xquik.write_record import State, WriteRecord

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=42)
PUBLICATION = Publication("p", "r", "t", "ada", 0, 0, 1, "i-r-0-0-1", "Hello", None, NOW)


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (ApiRefused("…", status=422, code="x_content_too_long"), Outcome.REFUSED, "x_content_too_long"),
        (ApiRefused("…", status=422, code="x_duplicate_action"), Outcome.REFUSED, "duplicate"),
        (ApiRefused("…", status=404), Outcome.REFUSED, "404"),
        (ApiBlocked("…", status=402, code="no_credits"), Outcome.DEFERRED, "no_credits"),
        (ApiLimited("…", retry_at=LATER), Outcome.DEFERRED, "rate_limit_exceeded"),
        (ApiUnavailable("…"), Outcome.DEFERRED, "unreachable"),
        (ApiUnclear("…"), Outcome.UNKNOWN, "no_answer"),
        (ApiUnclear("…", status=502, code="x_write_failed"), Outcome.UNKNOWN, "x_write_failed"),
    ],
)
def test_the_class_of_an_error_decides_the_outcome(error: ApiError, outcome: Outcome, reason: str) -> None:
    settled = from_error(error, PUBLICATION, found_by="answer", now=NOW)

    assert (settled.outcome, settled.reason) == (outcome, reason)
    assert (settled.retry_at is not None) is (outcome is Outcome.DEFERRED)


def test_a_limit_defers_to_the_time_that_the_server_named_and_is_not_about_this_post_alone() -> None:
    limited = from_error(ApiLimited("…", retry_at=LATER), PUBLICATION, found_by="answer", now=NOW)
    assert (limited.retry_at, limited.limited) == (LATER, True)
    assert not from_error(ApiUnavailable("…"), PUBLICATION, found_by="answer", now=NOW).limited


@pytest.mark.parametrize(
    ("wait", "outcome"),
    [
        (timedelta(minutes=30), Outcome.DEFERRED),
        (timedelta(hours=6), Outcome.DEFERRED),
        (timedelta(hours=6, seconds=1), Outcome.REFUSED),
        (timedelta(hours=24), Outcome.REFUSED),
    ],
)
def test_a_daily_limit_is_waited_out_for_a_few_hours_only(wait: timedelta, outcome: Outcome) -> None:
    error = ApiLimited("429 x_daily_limit (Come back tomorrow.)", retry_at=NOW + wait, code="x_daily_limit")
    settled = from_error(error, PUBLICATION, found_by="answer", now=NOW)

    assert (settled.outcome, settled.reason) == (outcome, "x_daily_limit")
    assert "Come back tomorrow." in (settled.detail or "")
    assert settled.retry_at == (NOW + wait if outcome is Outcome.DEFERRED else None)


def test_any_other_limit_is_waited_out() -> None:
    error = ApiLimited("…", retry_at=NOW + timedelta(hours=7), code="x_rate_limited")

    assert from_error(error, PUBLICATION, found_by="answer", now=NOW).outcome is Outcome.DEFERRED


@pytest.mark.parametrize(
    ("code", "status", "pause"),
    [
        ("unauthenticated", 401, Reason.API_BLOCKED),
        ("no_credits", 402, Reason.API_BLOCKED),
        (None, 403, Reason.API_BLOCKED),
        ("account_needs_reauth", 403, Reason.ACCOUNT_BLOCKED),
        ("account_restricted", 403, Reason.ACCOUNT_BLOCKED),
        ("x_auth_failure", 401, Reason.ACCOUNT_BLOCKED),
        ("account_not_found", 404, Reason.ACCOUNT_BLOCKED),
    ],
)
def test_what_needs_its_owner_pauses_with_the_reason(code: str | None, status: int, pause: Reason) -> None:
    settled = from_error(ApiBlocked("…", status=status, code=code), PUBLICATION, found_by="answer", now=NOW)

    assert settled.pause == pause.value


def test_an_unclear_answer_keeps_the_place_to_ask_at() -> None:
    error = ApiUnclear("…", status_url="/x/write-actions/7")

    assert from_error(error, PUBLICATION, found_by="answer", now=NOW).status_url == "/x/write-actions/7"


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (WriteRecord(State.DONE, tweet_id="1900"), Outcome.CONFIRMED),
        (WriteRecord(State.DONE), Outcome.UNKNOWN),
        (WriteRecord(State.PENDING, status_url="/x/write-actions/7"), Outcome.UNKNOWN),
        (WriteRecord(State.FAILED, code="x_write_failed", safe_to_retry=True), Outcome.DEFERRED),
        (WriteRecord(State.FAILED, code="x_rejected", safe_to_retry=False), Outcome.REFUSED),
        (WriteRecord(State.FAILED, code="x_rejected"), Outcome.REFUSED),
        (WriteRecord(State.FAILED, code="x_write_failed"), Outcome.UNKNOWN),
        (WriteRecord(State.FAILED, code="x_write_failed", safe_to_retry=False, verify=True), Outcome.UNKNOWN),
        (WriteRecord(State.FAILED, code="HTTP 500"), Outcome.UNKNOWN),
    ],
)
def test_a_write_record_settles_only_what_it_states(record: WriteRecord, outcome: Outcome) -> None:
    settled = from_record(record, PUBLICATION, found_by="answer", now=NOW)

    assert settled.outcome is outcome
    assert settled.tweet_id == record.tweet_id


def test_the_pause_between_attempts_doubles_up_to_a_quarter_of_an_hour() -> None:
    pauses = [backoff(attempt).total_seconds() for attempt in (0, 1, 2, 3, 6, 7, 1000)]

    assert pauses == [15, 15, 30, 60, 480, 900, 900]
