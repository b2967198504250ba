"""The dailyCount grid: n slots a day at equal distance, by integer arithmetic, so that it never drifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count as integers

from domain.schedule import Grid, Slot

_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000  # µs


def ascending(grid: Grid, start: datetime) -> Iterator[Slot]:
    """Give the slots at or after *start*, oldest first, without an end. The first slot of all is the anchor."""
    return (Slot(_slot(grid, k)) for k in integers(_index_from(grid, start)))


def first(grid: Grid, start: datetime) -> Slot:
    """Give the first slot at or after *start*."""
    return Slot(_slot(grid, _index_from(grid, start)))


def around(grid: Grid, moment: datetime) -> tuple[datetime | None, datetime]:
    """Give the last slot at or before *moment*, None when there is none, and the first after it."""
    k = _index_until(grid, moment)
    return (_slot(grid, k) if k >= 0 else None), _slot(grid, max(0, k + 1))


def newest(grid: Grid, start: datetime, end: datetime) -> Slot | None:
    """Give the last slot in [*start*, *end*], or None."""
    at, _ = around(grid, end)
    return Slot(at) if at is not None and at >= start else None


def count(grid: Grid, start: datetime, end: datetime) -> int:
    """Count the slots in [*start*, *end*]."""
    return max(0, _index_until(grid, end) - _index_from(grid, start) + 1)


def _slot(grid: Grid, k: int) -> datetime:
    return grid.anchor + timedelta(microseconds=k * _DAY // grid.daily_count)


def _index_from(grid: Grid, moment: datetime) -> int:
    """The smallest k >= 0 whose slot is at or after *moment*."""
    elapsed = (moment - grid.anchor) // _MICROSECOND
    return max(0, _ceil(elapsed * grid.daily_count, _DAY))


def _index_until(grid: Grid, moment: datetime) -> int:
    """The largest k whose slot is at or before *moment*; negative when even the anchor is later.

    floor(k · day / n) <= t holds exactly when k · day / n < t + 1.
    """
    elapsed = (moment - grid.anchor) // _MICROSECOND
    return _ceil((elapsed + 1) * grid.daily_count, _DAY) - 1


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
