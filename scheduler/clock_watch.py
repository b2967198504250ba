"""Noticing that the wall clock was stepped: it is compared with the monotonic one, which cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LARGEST_STEP = timedelta(seconds=60)
STABLE_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen last. *offset* is wall minus monotonic time; *stepped_at* is monotonic, None while steady.

    *step* is the last departure.
    """

    offset: timedelta | None = None
    stepped_at: float | None = None
    step: timedelta = timedelta(0)

    @property
    def steady(self) -> bool:
        return self.stepped_at is None


def observe(watch: Watch, wall: datetime, monotonic: float) -> Watch:
    """Compare the clocks: a departure of over 60 s unsettles the watch until 10 s have passed without another."""
    offset = timedelta(seconds=wall.timestamp() - monotonic)
    step = offset - watch.offset if watch.offset is not None else timedelta(0)
    if abs(step) > LARGEST_STEP:
        return Watch(offset, monotonic, step)
    settled = watch.stepped_at is None or monotonic - watch.stepped_at >= STABLE_AFTER.total_seconds()
    return Watch(offset, None if settled else watch.stepped_at, watch.step)
