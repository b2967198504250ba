"""The dates in an .ics calendar: those that a template excludes, written out when its file is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.schedule import zone_problem

SIZE_LIMIT = 1024 * 1024  # bytes
EVENTS_LIMIT = 5000
EVENT_DAYS = 366
YEARS = 100  # a yearly event is written out so many times
_DAY = timedelta(days=1)


def with_dates(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give the document with the .ics files that its `exclude_dates` names, relative to *folder*, as their dates.

    Raises ValueError, naming the file, when one cannot be read.
    """
    schedule = document.get("schedule")
    name = next((each for each in ("exclude_dates", "excludeDates") if each in (schedule or ())), None)
    if not isinstance(schedule, Mapping) or name is None or not isinstance(schedule[name], list):
        return document
    zone = schedule.get("timezone", "UTC")
    zone = zone if isinstance(zone, str) and zone_problem(zone) is None else "UTC"
    dates: list[Any] = []
    for entry in schedule[name]:
        dates.extend(sorted(_of_file(folder, entry, zone)) if _is_file(entry) else [entry])
    return document | {"schedule": dict(schedule) | {name: dates}}


def dates_in(content: bytes, zone: str) -> set[date]:
    """Give every date that an event of the calendar touches on the wall of *zone*. Raises ValueError with why not."""
    from icalendar import Calendar  # takes a while to import, and few templates need it

    try:
        events = list(islice(Calendar.from_ical(content).walk("VEVENT"), EVENTS_LIMIT + 1))
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"is not a calendar: {str(error).splitlines()[0] if str(error) else 'it is empty'}") from error
    if len(events) > EVENTS_LIMIT:
        raise ValueError(f"holds more than {EVENTS_LIMIT} events; use a smaller calendar")
    return {day for event in events for day in _days_of(event, ZoneInfo(zone))}


def _is_file(entry: Any) -> bool:
    return isinstance(entry, str) and entry.strip().lower().endswith(".ics") and "://" not in entry


def _of_file(folder: Path, entry: str, zone: str) -> set[date]:
    path = folder / entry.strip()
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ValueError(f"schedule.exclude_dates: {entry} cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise ValueError(f"schedule.exclude_dates: {entry} is larger than {SIZE_LIMIT // 1024} KiB")
    try:
        return dates_in(content, zone)
    except ValueError as error:
        raise ValueError(f"schedule.exclude_dates: {entry} {error}") from error


def _days_of(event: Any, zone: ZoneInfo) -> Iterator[date]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or event.get("DTSTART") is None:
        return
    start = event["DTSTART"].dt
    first, length = _day(start, zone), _length(event, start, zone)
    left_out = {_day(each.dt, zone) for each in _listed(event.get("EXDATE"))}
    added = [_day(each.dt, zone) for each in _listed(event.get("RDATE"))]
    for begins in [*_starts(event, first), *added]:
        if begins not in left_out:
            yield from (begins + n * _DAY for n in range(length))


def _length(event: Any, start: date, zone: ZoneInfo) -> int:
    """How many dates the event touches; an end at midnight touches none of its own."""
    if event.get("DTEND") is not None:
        end = event["DTEND"].dt
    elif event.get("DURATION") is not None:
        end = start + event["DURATION"].dt
    else:
        return 1
    last = _day(end, zone)
    ends_before = not isinstance(end, datetime) or _local(end, zone).time() == time(0)
    days = (last - _day(start, zone)).days + (0 if ends_before else 1)
    if days > EVENT_DAYS:
        raise ValueError(f"holds an event of {days} days ({event.get('SUMMARY', start)}); use scheduleEndDate")
    return max(1, days)


def _starts(event: Any, first: date) -> list[date]:
    rule = event.get("RRULE")
    if rule is None:
        return [first]
    from dateutil.rrule import rrulestr

    if [each.upper() for each in rule.get("FREQ", [])] != ["YEARLY"]:
        remedy = "use schedule.weekdays, or name the dates"
        raise ValueError(f"holds an event that recurs, and not yearly ({event.get('SUMMARY', first)}); {remedy}")
    text = ";".join(part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL="))
    until = rule.get("UNTIL")
    found = rrulestr(text, dtstart=datetime.combine(first, time(0)))
    last = until[0].date() if until and isinstance(until[0], datetime) else until[0] if until else date.max
    return [each.date() for each in islice(found, YEARS) if each.date() <= last]


def _listed(value: Any) -> Iterator[Any]:
    for each in value if isinstance(value, list) else [] if value is None else [value]:
        yield from each.dts


def _day(moment: date, zone: ZoneInfo) -> date:
    return _local(moment, zone).date() if isinstance(moment, datetime) else moment


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(zone)
