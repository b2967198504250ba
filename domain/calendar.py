"""Calendars of dates on which a template does not post: what a read of one gives, and which dates that touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

# When an event begins and ends, in ISO 8601: two dates, the second its first free one; two instants in UTC; or two
# times on whatever wall looks at them.
Span = tuple[str, str]
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CalendarRead:
    """What one read of the calendar at *url* gave: its events around *year*, none when it is `not_modified`."""

    url: str
    spans: tuple[Span, ...]
    year: int
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


def touched(spans: Iterable[Span], zone: str) -> frozenset[date]:
    """Give every date that one of *spans* touches on the wall of *zone*; an end at midnight touches none of its own."""
    wall = ZoneInfo(zone)
    return frozenset(day for begins, ends in spans for day in _days(begins, ends, wall))


def _days(begins: str, ends: str, wall: ZoneInfo) -> Iterator[date]:
    if "T" in begins:
        start, end = _on_the_wall(begins, wall), _on_the_wall(ends, wall)
        first, last = start.date(), (end - _MICROSECOND).date()
    else:
        first, last = date.fromisoformat(begins), date.fromisoformat(ends) - _DAY
    yield first  # an event without length touches the date it stands on
    for number in range(1, (last - first).days + 1):
        yield first + number * _DAY


def _on_the_wall(written: str, wall: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo is None else moment.astimezone(wall)
