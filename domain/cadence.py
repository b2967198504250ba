"""Cadences: the forms in which an owner says when a template is due. Values only; the arithmetic is in scheduler/."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from domain import cron, recurrence
from domain.errors import FieldError, InvalidInput

ALL_WEEKDAYS = frozenset(range(7))
ALL_MONTHS = frozenset(range(1, 13))
DAILY_COUNT_LIMIT = 100  # AutoContent X operations, dailyCount: 1 to 100


@dataclass(frozen=True, slots=True)
class Grid:
    """*daily_count* slots a day at equal distance: slot k = anchor + floor(k · 86,400·10⁶ / n) µs.

    Never summed, so it cannot drift. *anchor* is UTC and is slot 0.
    """

    daily_count: int
    anchor: datetime

    def __post_init__(self) -> None:
        if problem := _count_problem(self.daily_count):
            raise InvalidInput([problem])
        if self.anchor.tzinfo is not None and self.anchor.tzinfo is not UTC:
            # Another's idea of UTC: arithmetic with Python's own asks neither for its offset.
            object.__setattr__(self, "anchor", self.anchor.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class ClockTimes:
    """Times on the wall of one IANA zone, on some weekdays (0 is Monday) of some months (1 to 12)."""

    times: tuple[time, ...]
    timezone: str
    weekdays: frozenset[int] = ALL_WEEKDAYS
    months: frozenset[int] = ALL_MONTHS

    def __post_init__(self) -> None:
        problems = _day_problems(self.weekdays, self.months, self.timezone)
        if not self.times:
            problems.insert(0, FieldError("schedule.times", "name at least one clock time, such as 09:00"))
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, slots=True)
class Window:
    """*daily_count* slots spread evenly from *opens* to *closes* on the wall of one zone; *closes* itself is no slot.

    A window that closes at or before the time it opens closes on the next day; weekdays and months are those of the
    day on which it opens.
    """

    opens: time
    closes: time
    daily_count: int
    timezone: str
    weekdays: frozenset[int] = ALL_WEEKDAYS
    months: frozenset[int] = ALL_MONTHS

    def __post_init__(self) -> None:
        problems = _day_problems(self.weekdays, self.months, self.timezone)
        if problem := _count_problem(self.daily_count):
            problems.append(problem)
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields, read on the wall of one zone."""

    expression: str
    timezone: str

    def __post_init__(self) -> None:
        problems = _zone_problems(self.timezone)
        try:
            cron.parsed(self.expression)
        except ValueError as error:
            problems.append(FieldError("schedule.cron", str(error)))
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """An RFC 5545 recurrence rule, counted from *start*, which is a time on the wall of *timezone*."""

    rule: str
    start: datetime
    timezone: str

    def __post_init__(self) -> None:
        problems = _zone_problems(self.timezone)
        try:
            recurrence.parsed(self.rule, self.start)
        except ValueError as error:
            problems.append(FieldError("schedule.rrule", str(error)))
        if problems:
            raise InvalidInput(problems)


Wall = ClockTimes | Window | Cron | Recurrence  # cadences that live on the wall of a zone
Cadence = Grid | Wall


def zone_problem(timezone: str) -> str | None:
    """Say why *timezone* is no IANA zone of this system, or give None."""
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return f"unknown zone {timezone!r}; use an IANA name such as Europe/Berlin"
    return None


def _zone_problems(timezone: str) -> list[FieldError]:
    problem = zone_problem(timezone)
    return [FieldError("schedule.timezone", problem)] if problem else []


def _day_problems(weekdays: Collection[int], months: Collection[int], timezone: str) -> list[FieldError]:
    problems = []
    if not weekdays or not set(weekdays) <= ALL_WEEKDAYS:
        problems.append(FieldError("schedule.weekdays", "name weekdays from mon to sun"))
    if not months or not set(months) <= ALL_MONTHS:
        problems.append(FieldError("schedule.months", "name months from jan to dec"))
    return problems + _zone_problems(timezone)


def _count_problem(count: int) -> FieldError | None:
    within = 1 <= count <= DAILY_COUNT_LIMIT
    return None if within else FieldError("dailyCount", f"must be between 1 and {DAILY_COUNT_LIMIT}")
