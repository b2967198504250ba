from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.backoff import ATTEMPTS, JITTER, LONGEST_WAIT, PAUSES, next_attempt

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.uuids().map(str))
def test_the_attempts_of_a_delivery_spread_over_about_a_day(delivery_id: str) -> None:
    moment = NOW
    for attempts in range(1, ATTEMPTS):
        again = next_attempt(attempts, moment, delivery_id=delivery_id)
        assert again is not None
        assert abs((again - moment) / PAUSES[attempts - 1] - 1) <= JITTER + 1e-6
        moment = again

    assert timedelta(hours=22) < moment - NOW < timedelta(hours=26)
    assert next_attempt(ATTEMPTS, moment, delivery_id=delivery_id) is None


def test_each_pause_is_at_least_as_long_as_the_one_before() -> None:
    assert list(PAUSES) == sorted(PAUSES)


def test_the_jitter_follows_from_the_delivery_and_not_from_chance() -> None:
    first, again = (next_attempt(3, NOW, delivery_id="d1") for _ in range(2))

    assert first == again
    assert first != next_attempt(3, NOW, delivery_id="d2")


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=3), LONGEST_WAIT),
    ],
)
def test_a_receiver_may_ask_for_a_longer_pause_within_bounds(wish: timedelta, expected: timedelta) -> None:
    assert next_attempt(1, NOW, delivery_id="d1", retry_after=wish) == NOW + expected


def test_a_receiver_cannot_make_a_pause_shorter() -> None:
    assert next_attempt(6, NOW, delivery_id="d1", retry_after=timedelta(0)) == next_attempt(6, NOW, delivery_id="d1")


def test_a_receiver_cannot_add_attempts() -> None:
    assert next_attempt(ATTEMPTS, NOW, delivery_id="d1", retry_after=timedelta(minutes=1)) is None
