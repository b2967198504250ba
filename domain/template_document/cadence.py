"""The part of a template document that says when: dailyCount, schedule and scheduleEndDate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from domain.duration import parse_duration
from domain.errors import FieldError, InvalidInput
from domain.schedule import ALL_WEEKDAYS, DAILY_COUNT_LIMIT, ClockTimes, Grid, Missed, Schedule
from domain.template_document.fields import Fields
from domain.template_document.names import SCHEDULE_FIELDS, UNBUILT_SCHEDULE, normalise

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_GRACE = timedelta(hours=2)
LONGEST_GRACE = timedelta(days=366)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DAYS = re.compile(r"([a-z]{3})[a-z]*(?:-([a-z]{3})[a-z]*)?")


class Overlap(StrEnum):
    SKIP = "skip"


def read_schedule(fields: Fields, problems: list[FieldError], *, now: datetime, kept: Grid | None) -> Schedule | None:
    """Give the schedule, or None after noting what is wrong with it.

    A grid is anchored at *now*, unless *kept* is a grid with the same count.
    """
    before = len(problems)
    table = _table(fields, problems)
    end = read_end(fields)
    missed = _missed(table)
    grace = _grace(table)
    if table.has("overlap") and table.raw("overlap") == "queue":
        table.problem("overlap", 'queueing is not supported; "skip" is the only policy')
    else:
        table.choice("overlap", Overlap, Overlap.SKIP)
    count = fields.integer("daily_count", 1, DAILY_COUNT_LIMIT, 1)
    if table.has("times"):
        if fields.has("daily_count"):
            fields.problem("daily_count", "cannot be used with schedule.times; keep one of them")
        cadence: Grid | ClockTimes | None = _clock_times(table, problems)
    else:
        for name in ("weekdays", "timezone"):
            if table.has(name):
                table.problem(name, "needs schedule.times, such as 09:00")
        cadence = kept if kept and kept.daily_count == count else Grid(count, now)
    if len(problems) > before or cadence is None:
        return None
    return Schedule(cadence, end, missed, grace)


def _table(fields: Fields, problems: list[FieldError]) -> Fields:
    value = fields.raw("schedule")
    if value is not None and not isinstance(value, Mapping):
        fields.problem("schedule", 'must be a table such as { times = ["09:00"], timezone = "Europe/Berlin" }')
        value = None
    given = normalise(value or {}, SCHEDULE_FIELDS, problems, unbuilt=UNBUILT_SCHEDULE, prefix="schedule.")
    return Fields(given, problems, "schedule.")


def read_end(fields: Fields) -> datetime | None:
    """Give the end date in UTC. A value without an offset is UTC; a day alone is its first instant."""
    if not fields.has("schedule_end_date"):
        return None
    value = fields.raw("schedule_end_date")
    try:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime.combine(value, time(0))
        else:
            moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        fields.problem("schedule_end_date", "is not a date and time; write it like 2030-12-31T23:59:59Z")
        return None


def _missed(table: Fields) -> Missed:
    if table.has("missed") and table.raw("missed") == "spread":
        table.problem("missed", 'spreading is not supported; use "latest" or "skip"')
        return Missed.LATEST
    return table.choice("missed", Missed, Missed.LATEST) or Missed.LATEST


def _grace(table: Fields) -> timedelta:
    if not table.has("grace"):
        return DEFAULT_GRACE
    value = table.raw("grace")
    try:
        grace = parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        table.problem("grace", "is not a duration; write it like 30m, 2h or 1d")
        return DEFAULT_GRACE
    if not timedelta(0) < grace <= LONGEST_GRACE:
        table.problem("grace", "must be longer than zero and at most 366d")
        return DEFAULT_GRACE
    return grace


def _clock_times(table: Fields, problems: list[FieldError]) -> ClockTimes | None:
    before = len(problems)
    written = table.list("times", lambda name, value: _clock(table, name, value), limit=DAILY_COUNT_LIMIT)
    times = tuple(sorted(time.fromisoformat(text) for text in written))
    weekdays = _weekdays(table)
    zone = table.raw("timezone") if table.has("timezone") else "UTC"
    if not isinstance(zone, str):
        table.problem("timezone", "must be an IANA name such as Europe/Berlin")
        zone = "UTC"
    try:
        cadence = ClockTimes(times, zone, weekdays) if len(problems) == before else None
    except InvalidInput as error:
        problems.extend(error.problems)
        return None
    return cadence


def _clock(table: Fields, name: str, value: Any) -> str | None:
    if isinstance(value, time) and value.tzinfo is None and not value.microsecond:
        return value.isoformat()
    if isinstance(value, str) and _CLOCK.fullmatch(value.strip()):
        return time.fromisoformat(value.strip()).isoformat()
    table.problem(name, f"{str(value)!r} is not a clock time; write it like 09:00 or 21:30")
    return None


def _weekdays(table: Fields) -> frozenset[int]:
    if not table.has("weekdays"):
        return ALL_WEEKDAYS
    value = table.raw("weekdays")
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)) or not entries:
        table.problem("weekdays", 'must be a list such as ["mon", "wed"] or ["mon-fri"]')
        return ALL_WEEKDAYS
    days: set[int] = set()
    for entry in entries:
        found = _days(entry)
        if not found:
            table.problem("weekdays", f"{str(entry)!r} is not a weekday; write mon to sun, or a range such as mon-fri")
        days |= found
    return frozenset(days) or ALL_WEEKDAYS


def _days(entry: Any) -> set[int]:
    match = _DAYS.fullmatch(entry.strip().lower()) if isinstance(entry, str) else None
    if not match or match[1] not in WEEKDAYS or (match[2] or match[1]) not in WEEKDAYS:
        return set()
    first, last = WEEKDAYS.index(match[1]), WEEKDAYS.index(match[2] or match[1])
    return {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
