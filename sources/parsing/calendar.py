"""Taking an iCalendar file apart (RFC 5545): when its events begin and end, those that recur written out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

from domain.calendar import Span
from sources.offloaded import NotACalendar

EVENTS_LIMIT = 5000
SPANS_LIMIT = 10_000
REPEATS_LIMIT = 50_000  # of one event, from its first on: a daily one of a hundred years has fewer
EVENT_DAYS = 366
FOR_EVER = 100  # times that a yearly event without an end is written out, where no years are asked for
_BY_DAYS = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_LEFT_OUT = ("UNTIL=", "BYHOUR=", "BYMINUTE=", "BYSECOND=")  # UNTIL is looked at here; only dates matter
_DAY = timedelta(days=1)


def parse(content: bytes, years: tuple[int, int] | None) -> tuple[Span, ...]:
    """Give when the events begin and end, those that are cancelled left out, sorted.

    Only what touches *years*, the first and the last of them; without them an event that recurs must have an end, or
    recur yearly. Raises NotACalendar with what it is instead.
    """
    try:
        events = list(islice(Calendar.from_ical(content).walk("VEVENT"), EVENTS_LIMIT + 1))
        if len(events) > EVENTS_LIMIT:
            raise NotACalendar(f"holds more than {EVENTS_LIMIT} events; use a smaller calendar")
        instead = _overridden(events)
        spans: set[Span] = set()
        for event in events:
            spans.update(_spans_of(event, instead[str(event.get("UID"))], years))
            if len(spans) > SPANS_LIMIT:
                raise NotACalendar(f"holds more than {SPANS_LIMIT} events in the years that count; use a smaller one")
    except NotACalendar:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise NotACalendar(f"is not a calendar: {str(error).splitlines()[0] if str(error) else 'empty'}") from error
    return tuple(sorted(spans))


def _overridden(events: list[Any]) -> dict[str, set[date]]:
    """Give the starts that are told of again by an event of their own, by the event they belong to."""
    found: dict[str, set[date]] = defaultdict(set)
    for event in events:
        if event.get("RECURRENCE-ID") is not None:
            found[str(event.get("UID"))].add(_key(event["RECURRENCE-ID"].dt))
    return found


def _spans_of(event: Any, instead: set[date], years: tuple[int, int] | None) -> Iterator[Span]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or event.get("DTSTART") is None:
        return
    start, length = event["DTSTART"].dt, _length(event)
    starts: Iterator[date] = iter([start])
    if event.get("RECURRENCE-ID") is None:
        left_out = {_key(each) for each in _listed(event.get("EXDATE"))} | instead
        repeated = [*_starts(event, start, years), *_listed(event.get("RDATE"))]
        starts = (each for each in repeated if not left_out & {_key(each), _date(each)})
    for begins in starts:
        ends = begins + length
        if years is None or (_date(ends).year >= years[0] and _date(begins).year <= years[1]):
            yield _text(begins), _text(ends)


def _length(event: Any) -> timedelta:
    start = event["DTSTART"].dt
    length: timedelta
    if event.get("DTEND") is not None:
        length = event["DTEND"].dt - start
    elif event.get("DURATION") is not None:
        length = event["DURATION"].dt
    else:
        length = timedelta(0) if isinstance(start, datetime) else _DAY
    if length > EVENT_DAYS * _DAY:
        raise NotACalendar(f"holds an event of {length.days} days ({_name(event)}); use scheduleEndDate")
    return max(length, timedelta(0)) if isinstance(start, datetime) else max(length, _DAY)


def _starts(event: Any, start: date, years: tuple[int, int] | None) -> Iterator[date]:
    """Give when the event begins, each time; on the wall of its own zone, as its rule counts."""
    rule = event.get("RRULE")
    if rule is None:
        yield start
        return
    if isinstance(rule, list) or {each.upper() for each in rule.get("FREQ", [])} - _BY_DAYS:
        raise NotACalendar(f"holds an event that recurs within a day ({_name(event)}); use schedule.quiet_hours")
    if min(rule.get("INTERVAL", [1])) < 1:
        raise NotACalendar(f"holds an event that recurs in steps of nothing ({_name(event)})")
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time(0))
    written = ";".join(part for part in rule.to_ical().decode().split(";") if not part.upper().startswith(_LEFT_OUT))
    last, most = _until(rule, start), REPEATS_LIMIT
    if years is None and last is None and "COUNT" not in rule:
        if rule["FREQ"][0].upper() != "YEARLY":
            remedy = "use schedule.weekdays, or name the dates"
            raise NotACalendar(f"holds an event that recurs for ever, and not yearly ({_name(event)}); {remedy}")
        most = FOR_EVER
    for each in islice(rrulestr(written, dtstart=first), most):
        if (last is not None and each > last) or (years is not None and each.year > years[1]):
            return
        yield each.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else each.date()


def _until(rule: Any, start: date) -> datetime | None:
    """Give the last instant at which the event may begin, on the wall of its own zone."""
    if not rule.get("UNTIL"):
        return None
    until = rule["UNTIL"][0]
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    zone = start.tzinfo if isinstance(start, datetime) else None
    return (until.astimezone(zone) if until.tzinfo and zone else until).replace(tzinfo=None)


def _listed(value: Any) -> Iterator[date]:
    for each in value if isinstance(value, list) else [] if value is None else [value]:
        for one in each.dts:
            yield one.dt[0] if isinstance(one.dt, tuple) else one.dt


def _key(moment: date) -> date:
    """The same for the same start, in whichever zone it is written."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _text(moment: date) -> str:
    return _key(moment).isoformat()


def _name(event: Any) -> str:
    return str(event.get("SUMMARY", event["DTSTART"].dt))[:80]
