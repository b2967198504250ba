"""The nominal slots of a cadence of any form: where they stand before jitter, and with none left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.schedule import Cadence, Grid, Slot
from scheduler import clock_times, grid


def ascending(cadence: Cadence, start: datetime) -> Iterator[Slot]:
    """Give the slots at or after *start*, oldest first."""
    return grid.ascending(cadence, start) if isinstance(cadence, Grid) else clock_times.ascending(cadence, start)


def first(cadence: Cadence, start: datetime) -> Slot | None:
    """Give the first slot at or after *start*, or None when there is none."""
    return grid.first(cadence, start) if isinstance(cadence, Grid) else next(ascending(cadence, start), None)


def newest(cadence: Cadence, start: datetime, end: datetime) -> Slot | None:
    """Give the last slot in [*start*, *end*], or None."""
    return grid.newest(cadence, start, end) if isinstance(cadence, Grid) else clock_times.newest(cadence, start, end)


def count(cadence: Cadence, start: datetime, end: datetime) -> int:
    """Count the slots in [*start*, *end*]."""
    return grid.count(cadence, start, end) if isinstance(cadence, Grid) else clock_times.count(cadence, start, end)
