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

    assert delays == [0, 15, 60, 300, 1800, 3600, 7200]


def test_questions_that_were_due_during_an_outage_are_not_all_asked_at_once() -> None:
    restarted = INTENDED + timedelta(hours=3)
    asked = [restarted]  # what was due is asked now; the others follow
    for asks in (2, 3, 4):
        at = next_ask(asks, INTENDED, asked[-1])
        assert at is not None
        asked.append(at)

    assert [(at - restarted).total_seconds() for at in asked] == [0, 45, 285, 1785]


def test_an_intention_that_a_clock_has_dated_too_late_is_asked_about_all_the_same() -> None:
    now = INTENDED - timedelta(hours=26)

    assert next_ask(1, INTENDED, now) == now + timedelta(seconds=15)
    assert next_ask(4, INTENDED, now) == now + timedelta(minutes=30)


def test_after_the_last_question_a_person_decides() -> None:
    assert next_ask(7, INTENDED, INTENDED) is None


@given(st.integers(0, 20), st.timedeltas(timedelta(-1), timedelta(days=400)))
def test_no_question_lies_in_the_past(asks: int, passed: timedelta) -> None:
    at = next_ask(asks, INTENDED, INTENDED + passed)

    assert at is None or at >= INTENDED + passed
