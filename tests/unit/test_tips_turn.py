"""Whose turn it is among tips: in order, round after round, none before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.own_words import turn
from storage.series import RESERVED, Telling

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def used(*days_ago: int | None, status: str = "used") -> dict[str, Telling]:
    return {f"t{at}": Telling(status, NOW - days * DAY) for at, days in enumerate(days_ago) if days is not None}


def test_what_was_never_told_comes_first_in_order_then_what_was_told_longest_ago() -> None:
    keys = ["t0", "t1", "t2", "t3"]

    assert turn(keys, used(50, None, 60, None), count=4, before=NOW - 30 * DAY) == ["t1", "t3", "t2", "t0"]


def test_nothing_is_told_before_its_time_and_what_another_run_has_is_left_to_it() -> None:
    assert turn(["t0", "t1"], used(29, 30), count=2, before=NOW - 30 * DAY) == ["t1"]
    assert turn(["t0"], used(90, status=RESERVED), count=1, before=NOW) == []


def test_what_was_given_back_is_as_new() -> None:
    told = used(10) | {"t1": Telling(None, None)}

    assert turn(["t0", "t1"], told, count=1, before=NOW) == ["t1"]


@given(st.integers(1, 9), st.integers(0, 12), st.integers(1, 60))
def test_over_many_days_each_round_tells_every_tip_once_in_order(tips: int, wait: int, days: int) -> None:
    keys = [f"t{at}" for at in range(tips)]
    told: dict[str, Telling] = {}
    said = []
    for day in range(days):
        now = NOW + day * DAY
        for key in turn(keys, told, count=1, before=now - wait * DAY):
            told[key] = Telling("used", now)
            said.append((day, key))

    assert [key for _, key in said] == [keys[at % tips] for at in range(len(said))]
    gaps = [day - before for (before, _), (day, _) in zip(said, said[tips:], strict=False)]
    assert all(gap >= wait for gap in gaps)
    assert len(said) == (days if tips >= wait else tips * (days // max(wait, 1)) + min(days % max(wait, 1), tips))
