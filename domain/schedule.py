"""Schedules: when a template is due, and when it must not post. Values only; the arithmetic is in scheduler/due.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.cadence import (
    ALL_MONTHS,
    ALL_WEEKDAYS,
    DAILY_COUNT_LIMIT,
    Cadence,
    ClockTimes,
    Cron,
    Grid,
    Recurrence,
    Wall,
    Window,
    zone_problem,
)
from domain.errors import FieldError, InvalidInput
from domain.reasons import Reason

__all__ = [
    "ALL_MONTHS",
    "ALL_WEEKDAYS",
    "DAILY_COUNT_LIMIT",
    "MAX_RUNS_LIMIT",
    "SPREAD_GAP",
    "Cadence",
    "CalendarDates",
    "ClockTimes",
    "Closures",
    "Cron",
    "Grid",
    "Jitter",
    "Missed",
    "Overlap",
    "Recurrence",
    "Schedule",
    "Slot",
    "SlotNote",
    "Wall",
    "Window",
    "zone_problem",
]
SPREAD_GAP = timedelta(minutes=15)
MAX_RUNS_LIMIT = 1_000_000


class Missed(StrEnum):
    """What becomes of slots that passed while nothing was running."""

    SKIP = "skip"
    LATEST = "latest"
    SPREAD = "spread"  # made up one after the other, never a burst


class Overlap(StrEnum):
    """What becomes of a slot that comes due while the template's previous run is still working."""

    SKIP = "skip"
    QUEUE = "queue"  # it waits until the previous run is done


@dataclass(frozen=True, slots=True)
class Jitter:
    """How much later than its nominal instant a slot may be planned; *seed* makes it the same at every asking."""

    width: timedelta
    seed: str

    def __post_init__(self) -> None:
        if self.width <= timedelta(0):
            raise InvalidInput([FieldError("schedule.jitter", "must be longer than zero, such as 10m")])


@dataclass(frozen=True, slots=True)
class CalendarDates:
    """The dates that the stored copy of the calendar at *url* excludes."""

    url: str
    dates: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Closures:
    """When a template must not post, on the wall of one zone: hours of every day (their end is open), and dates.

    Hours whose end is at or before their start last until the next day. *dates* are those that the owner names; those
    of *calendars* follow the calendars.
    """

    timezone: str
    quiet_hours: tuple[tuple[time, time], ...] = ()
    dates: frozenset[date] = frozenset()
    calendars: tuple[CalendarDates, ...] = ()

    def excludes(self, day: date) -> bool:
        """Tell whether nothing is posted on *day*."""
        return day in self.dates or any(day in each.dates for each in self.calendars)

    def __post_init__(self) -> None:
        if problem := zone_problem(self.timezone):
            raise InvalidInput([FieldError("schedule.timezone", problem)])


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cadence, when it ends, what it leaves out, and what happens to slots that were missed.

    *end* is UTC; the last slot is at or before it. *grace* is how late a slot may still run. *spread_gap* is the least
    time between slots that are made up. *max_runs* ends the template after so many runs that were not skipped.
    """

    cadence: Cadence
    end: datetime | None = None
    missed: Missed = Missed.LATEST
    grace: timedelta = timedelta(hours=2)
    jitter: Jitter | None = None
    closures: Closures | None = None
    overlap: Overlap = Overlap.SKIP
    spread_gap: timedelta = SPREAD_GAP
    max_runs: int | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.grace <= timedelta(0):
            problems.append(FieldError("schedule.grace", "must be longer than zero, such as 2h"))
        if self.spread_gap <= timedelta(0):
            problems.append(FieldError("schedule.spread_gap", "must be longer than zero, such as 15m"))
        if self.max_runs is not None and not 1 <= self.max_runs <= MAX_RUNS_LIMIT:
            problems.append(FieldError("schedule.max_runs", f"must be between 1 and {MAX_RUNS_LIMIT}"))
        if problems:
            raise InvalidInput(problems)


class SlotNote(StrEnum):
    """What daylight saving did to a slot, shown in previews."""

    GAP = "dst_gap"  # the clock time does not exist that day; shifted forward by the gap's length (RFC 5545)
    FOLD = "dst_fold"  # the clock time comes twice that day; only the first is used
    AGAIN = "dst_again"  # the second time of a clock time that comes twice; an interval runs through both
    MERGED = "dst_merged"  # a shifted time met another slot; they are one


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned instant of a template, in UTC.

    *nominal* is where it stood before jitter moved it, None when nothing did. *reason* says why it will not run.
    """

    at: datetime
    note: SlotNote | None = None
    nominal: datetime | None = None
    reason: Reason | None = None
