"""Schedules: when a template is due. Values only; the arithmetic is in scheduler/due.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.errors import FieldError, InvalidInput

ALL_WEEKDAYS = frozenset(range(7))
DAILY_COUNT_LIMIT = 100  # AutoContent X operations, dailyCount: 1 to 100


class Missed(StrEnum):
    """What becomes of slots that passed while nothing was running."""

    SKIP = "skip"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Grid:
    """*daily_count* slots a day at equal distance: slot k = anchor + floor(k · 86,400·10⁶ / n) µs.

    Never summed, so it cannot drift. *anchor* is UTC and is slot 0.
    """

    daily_count: int
    anchor: datetime

    def __post_init__(self) -> None:
        if not 1 <= self.daily_count <= DAILY_COUNT_LIMIT:
            raise InvalidInput([FieldError("dailyCount", f"must be between 1 and {DAILY_COUNT_LIMIT}")])


@dataclass(frozen=True, slots=True)
class ClockTimes:
    """Times on the wall of one IANA zone, on some weekdays (0 is Monday)."""

    times: tuple[time, ...]
    timezone: str
    weekdays: frozenset[int] = ALL_WEEKDAYS

    def __post_init__(self) -> None:
        problems = []
        if not self.times:
            problems.append(FieldError("schedule.times", "name at least one clock time, such as 09:00"))
        if not self.weekdays or not self.weekdays <= ALL_WEEKDAYS:
            problems.append(FieldError("schedule.weekdays", "name weekdays from mon to sun"))
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            problems.append(
                FieldError(
                    "schedule.timezone", f"unknown zone {self.timezone!r}; use an IANA name such as Europe/Berlin"
                )
            )
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cadence, when it ends, and what happens to slots that were missed.

    *end* is UTC; the last slot is at or before it. *grace* is how late a slot may still run.
    """

    cadence: Grid | ClockTimes
    end: datetime | None = None
    missed: Missed = Missed.LATEST
    grace: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        if self.grace <= timedelta(0):
            raise InvalidInput([FieldError("schedule.grace", "must be longer than zero, such as 2h")])


class SlotNote(StrEnum):
    """What daylight saving did to a slot, shown in previews."""

    GAP = "dst_gap"  # the clock time does not exist that day; shifted forward by the gap's length (RFC 5545)
    FOLD = "dst_fold"  # the clock time comes twice that day; only the first is used
    MERGED = "dst_merged"  # a shifted time met another slot; they are one


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned instant of a template, in UTC."""

    at: datetime
    note: SlotNote | None = None
