"""The clock times that a cadence names for one date on the wall, before daylight saving is looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from domain import cron, recurrence
from domain.schedule import ClockTimes, Cron, Recurrence, Wall, Window

Times = tuple[time, ...]
_DAY = timedelta(days=1)
_SOME_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 - arithmetic on the wall


def reader(cadence: Wall) -> Callable[[date], Times]:
    """Give the function that names a date's clock times, ascending and each once."""
    if isinstance(cadence, Cron):
        return _cron(cadence)
    if isinstance(cadence, Recurrence):
        return recurrence.parsed(cadence.rule, cadence.start).on
    return _window(cadence) if isinstance(cadence, Window) else _clock_times(cadence)


def is_interval(cadence: Wall) -> bool:
    """Tell whether the cadence runs in elapsed time, through both halves of an hour that comes twice."""
    return isinstance(cadence, Cron) and cron.parsed(cadence.expression).interval


def length(window: Window) -> timedelta:
    """Give how long a window is open on the wall: until the next day when it closes at or before its opening."""
    opened = timedelta(hours=window.opens.hour, minutes=window.opens.minute, seconds=window.opens.second)
    closed = timedelta(hours=window.closes.hour, minutes=window.closes.minute, seconds=window.closes.second)
    return closed - opened if closed > opened else closed - opened + _DAY


def _clock_times(cadence: ClockTimes) -> Callable[[date], Times]:
    times = tuple(sorted(set(cadence.times)))
    return lambda day: times if _is_chosen(cadence, day) else ()


def _cron(cadence: Cron) -> Callable[[date], Times]:
    expression = cron.parsed(cadence.expression)
    return lambda day: expression.times if expression.matches(day) else ()


def _window(cadence: Window) -> Callable[[date], Times]:
    opening = datetime.combine(_SOME_MIDNIGHT, cadence.opens)
    microseconds = length(cadence) // timedelta(microseconds=1)
    slots = [
        opening + timedelta(microseconds=k * microseconds // cadence.daily_count) for k in range(cadence.daily_count)
    ]
    same_day = tuple(slot.time() for slot in slots if slot.date() == opening.date())
    next_day = tuple(slot.time() for slot in slots if slot.date() != opening.date())

    def times(day: date) -> Times:
        spilled = next_day if next_day and _is_chosen(cadence, day - _DAY) else ()
        return spilled + same_day if _is_chosen(cadence, day) else spilled

    return times


def _is_chosen(cadence: ClockTimes | Window, day: date) -> bool:
    return day.weekday() in cadence.weekdays and day.month in cadence.months
