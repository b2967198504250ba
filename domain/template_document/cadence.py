"""The part of a template document that says how often: dailyCount, clock times, a window, cron or a recurrence rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.schedule import (
    ALL_MONTHS,
    ALL_WEEKDAYS,
    DAILY_COUNT_LIMIT,
    Cadence,
    ClockTimes,
    Cron,
    Grid,
    Recurrence,
    Window,
)
from domain.template_document.fields import Fields

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FORMS = ("times", "window", "cron", "rrule")  # each names a cadence; at most one of them is given
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_RANGE = re.compile(r"([a-z]{3})[a-z]*(?:-([a-z]{3})[a-z]*)?")
_START = re.compile(r"DTSTART:([0-9]{8}T[0-9]{6})")


def read_cadence(fields: Fields, table: Fields, zone: str, *, now: datetime, kept: Grid | None) -> Cadence | None:
    """Give the cadence, or None after noting what is wrong.

    A grid is anchored at *now*, unless *kept* has the same count.
    """
    before = len(table.problems)
    given = [name for name in FORMS if table.has(name)]
    for name in given[1:]:
        table.problem(name, f"cannot be used with schedule.{given[0]}; keep one of them")
    form = given[0] if given else None
    if form in ("times", "cron", "rrule") and fields.has("daily_count"):
        fields.problem("daily_count", f"cannot be used with schedule.{form}; keep one of them")
    if form not in ("times", "window"):
        for name in ("weekdays", "months"):
            if table.has(name):
                table.problem(name, "needs schedule.times, such as 09:00, or schedule.window")
    count = fields.integer("daily_count", 1, DAILY_COUNT_LIMIT, 1)
    weekdays, months = _chosen(table, "weekdays", WEEKDAYS, 0), _chosen(table, "months", MONTHS, 1)
    make: dict[str | None, Callable[[], Cadence | None]] = {
        None: lambda: kept if kept and kept.daily_count == count else Grid(count, now),
        "times": lambda: ClockTimes(_times(table), zone, weekdays or ALL_WEEKDAYS, months or ALL_MONTHS),
        "window": lambda: _window(table, count, zone, weekdays or ALL_WEEKDAYS, months or ALL_MONTHS),
        "cron": lambda: _cron(table, zone),
        "rrule": lambda: _recurrence(table, zone, now),
    }
    try:
        cadence = make[form]()
    except InvalidInput as error:
        if len(table.problems) == before:
            table.problems.extend(error.problems)
        return None
    return cadence if len(table.problems) == before else None


def clock(table: Fields, name: str, value: Any) -> str | None:
    """Give *value* as an ISO clock time, or note why it is none."""
    if isinstance(value, time) and value.tzinfo is None and not value.microsecond:
        return value.isoformat()
    if isinstance(value, str) and _CLOCK.fullmatch(value.strip()):
        return time.fromisoformat(value.strip()).isoformat()
    table.problem(name, f"{str(value)!r} is not a clock time; write it like 09:00 or 21:30")
    return None


def clock_range(table: Fields, name: str, value: Any) -> tuple[time, time] | None:
    """Give *value*, such as 09:00-21:00, as two clock times, or note why it is none. 24:00 is midnight."""
    begins, dash, ends = value.replace("–", "-").partition("-") if isinstance(value, str) else ("", "", "")
    ends = "00:00" if ends.strip() == "24:00" else ends
    if not (dash and _CLOCK.fullmatch(begins.strip()) and _CLOCK.fullmatch(ends.strip())):
        table.problem(name, f"{str(value)!r} is not two clock times; write them like 09:00-21:00")
        return None
    return time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip())


def _times(table: Fields) -> tuple[time, ...]:
    before = len(table.problems)
    written = table.list("times", lambda name, value: clock(table, name, value), limit=DAILY_COUNT_LIMIT)
    if len(table.problems) > before:
        raise InvalidInput(table.problems[before:])
    return tuple(sorted(time.fromisoformat(text) for text in written))


def _window(table: Fields, count: int, zone: str, weekdays: frozenset[int], months: frozenset[int]) -> Window | None:
    found = clock_range(table, "window", table.raw("window"))
    return Window(*found, count, zone, weekdays, months) if found else None


def _cron(table: Fields, zone: str) -> Cron | None:
    expression = table.raw("cron")
    if not isinstance(expression, str):
        table.problem("cron", 'must be text of five fields, such as "0 9 * * mon-fri"')
        return None
    return Cron(" ".join(expression.split()), zone)


def _recurrence(table: Fields, zone: str, now: datetime) -> Recurrence | None:
    """A rule, with or without its DTSTART; without one it counts from the first instant of the day of *now*."""
    text = table.raw("rrule")
    lines = [line.strip() for line in text.strip().upper().split("\n")] if isinstance(text, str) else []
    match = _START.fullmatch(lines[0]) if len(lines) == 2 else None
    if not lines or (len(lines) == 2 and not match) or len(lines) > 2:
        remedy = "such as FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9; before it may stand a line DTSTART:20260301T090000"
        table.problem("rrule", f"must be one recurrence rule, {remedy}, a time in schedule.timezone")
        return None
    try:
        local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        start = datetime.strptime(match[1], "%Y%m%dT%H%M%S") if match else local  # noqa: DTZ007 - on the wall
    except ValueError:
        start = datetime.min  # noqa: DTZ901
    if start.year < 1970:
        table.problem("rrule", f"{lines[0]} is not a time since 1970; write it like DTSTART:20260301T090000")
        return None
    return Recurrence(lines[-1].removeprefix("RRULE:").rstrip(";"), start, zone)


def _chosen(table: Fields, name: str, names: Sequence[str], first: int) -> frozenset[int]:
    """Give the days or months that are named, one by one or in ranges; none when the field is left out."""
    if not table.has(name):
        return frozenset()
    value = table.raw(name)
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)) or not entries:
        table.problem(name, f'must be a list such as ["{names[0]}", "{names[2]}"] or ["{names[0]}-{names[4]}"]')
        return frozenset()
    found: set[int] = set()
    for entry in entries:
        numbers = _range(entry, names)
        if not numbers:
            what = f"is not a {name.removesuffix('s')}; write {names[0]} to {names[-1]}"
            table.problem(name, f"{str(entry)!r} {what}, or a range such as {names[0]}-{names[4]}")
        found |= numbers
    return frozenset(number + first for number in found)


def _range(entry: Any, names: Sequence[str]) -> set[int]:
    match = _RANGE.fullmatch(entry.strip().lower()) if isinstance(entry, str) else None
    if not match or match[1] not in names or (match[2] or match[1]) not in names:
        return set()
    first, last = names.index(match[1]), names.index(match[2] or match[1])
    size = len(names)
    return {number % size for number in range(first, last + 1 if last >= first else last + size + 1)}


def start_of(recurrence: Recurrence) -> str:
    """Give a recurrence as it is written: its start and its rule, in two lines."""
    return f"DTSTART:{recurrence.start:%Y%m%dT%H%M%S}\nRRULE:{recurrence.rule}"


def utc(moment: datetime) -> datetime:
    """Give *moment* in UTC; one without an offset is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
