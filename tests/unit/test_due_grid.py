"""The dailyCount grid: exact slots, no drift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.schedule import Grid
from scheduler import grid

ANCHOR = datetime(2026, 3, 1, 12, 0, 0, 123_457, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("daily_count", range(1, 101))
def test_after_400_days_the_slot_is_exactly_400_days_after_the_anchor(daily_count: int) -> None:
    cadence = Grid(daily_count, ANCHOR)
    day_400 = ANCHOR + timedelta(days=400)

    slot = next(grid.ascending(cadence, day_400))
    assert slot.at == day_400
    assert grid.count(cadence, ANCHOR, day_400) == 400 * daily_count + 1


def test_a_count_that_does_not_divide_the_day_is_rounded_down_to_the_microsecond() -> None:
    first = [slot.at - ANCHOR for slot in islice(grid.ascending(Grid(7, ANCHOR), ANCHOR), 8)]

    assert first[1] == timedelta(microseconds=12_342_857_142)
    assert first[6] == timedelta(microseconds=74_057_142_857)
    assert first[7] == timedelta(days=1)


def test_the_anchor_is_the_first_slot_of_all() -> None:
    cadence = Grid(3, ANCHOR)

    assert next(grid.ascending(cadence, ANCHOR - timedelta(days=9))).at == ANCHOR
    assert grid.newest(cadence, ANCHOR - timedelta(days=9), ANCHOR - MICROSECOND) is None
    assert grid.count(cadence, ANCHOR - timedelta(days=9), ANCHOR) == 1


@given(st.integers(1, 100), st.integers(0, 100_000))
def test_a_moment_at_a_slot_and_one_microsecond_beside_it_are_told_apart(daily_count: int, k: int) -> None:
    cadence = Grid(daily_count, ANCHOR)
    at = ANCHOR + timedelta(microseconds=k * 86_400_000_000 // daily_count)

    assert next(grid.ascending(cadence, at)).at == at
    assert next(grid.ascending(cadence, at + MICROSECOND)).at > at
    newest = grid.newest(cadence, ANCHOR, at)
    assert newest is not None
    assert newest.at == at
    before = grid.newest(cadence, ANCHOR, at - MICROSECOND)
    assert before is None if k == 0 else before is not None and before.at < at
