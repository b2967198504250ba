"""When an unknown outcome is asked about again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from publishers.asking import next_ask

INTENDED = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


def test_the_questions_keep_their_distance_from_the_intention() -> None:
    delays = []
    now = INTENDED
    asks = 0
    while (at := next_ask(asks, INTENDED, now)) is not None:
        delays.append((at - INTENDED).total_seconds())
        now, asks = at, asks + 1

    assert delays == [0, 15, 60, 300, 1800]


def test_a_question_that_was_due_during_an_outage_is_asked_at_once() -> None:
    now = INTENDED + timedelta(hours=3)

    assert next_ask(2, INTENDED, now) == now


def test_after_the_last_question_a_person_decides() -> None:
    assert next_ask(5, INTENDED, INTENDED) is None


@given(st.integers(0, 20), st.timedeltas(timedelta(-1), timedelta(days=400)))
def test_no_question_lies_in_the_past(asks: int, passed: timedelta) -> None:
    at = next_ask(asks, INTENDED, INTENDED + passed)

    assert at is None or at >= INTENDED + passed
