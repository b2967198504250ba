"""The part of a template document that says when: its cadence, its end, what it leaves out, and what is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.errors import FieldError
from domain.schedule import (
    MAX_RUNS_LIMIT,
    SPREAD_GAP,
    CalendarDates,
    Closures,
    Grid,
    Jitter,
    Missed,
    Overlap,
    Schedule,
    zone_problem,
)
from domain.template_document.cadence import clock_range, read_cadence, utc
from domain.template_document.fields import Fields, url_problem
from domain.template_document.names import SCHEDULE_FIELDS, normalise

DEFAULT_GRACE = timedelta(hours=2)
LONGEST = timedelta(days=366)
LONGEST_JITTER = timedelta(days=1)
QUIET_LIMIT = 20
DATES_LIMIT = 2000
CALENDARS_LIMIT = 10
NAMED = 10  # wrong dates that one message names

# The dates that the calendar at a URL touches on the wall of a zone; raises ValueError.
ReadCalendar = Callable[[str, str], Iterable[date]]


def read_schedule(
    fields: Fields,
    problems: list[FieldError],
    *,
    now: datetime,
    kept: Grid | None,
    seed: str,
    read_calendar: ReadCalendar | None = None,
) -> Schedule | None:
    """Give the schedule, or None after noting what is wrong with it.

    A grid is anchored at *now*, unless *kept* is a grid with the same count. *seed* decides the jitter.
    """
    before = len(problems)
    table = _table(fields, problems)
    zone = _zone(table)
    cadence = read_cadence(fields, table, zone, now=now, kept=kept)
    end = read_end(fields)
    missed = table.choice("missed", Missed, Missed.LATEST) or Missed.LATEST
    grace = table.duration("grace", DEFAULT_GRACE, LONGEST)
    jitter = table.duration("jitter", timedelta(0), LONGEST_JITTER)
    overlap = table.choice("overlap", Overlap, Overlap.SKIP) or Overlap.SKIP
    spread_gap = table.duration("spread_gap", SPREAD_GAP, LONGEST)
    if table.has("spread_gap") and missed is not Missed.SPREAD:
        table.problem("spread_gap", 'needs missed = "spread"')
    max_runs = table.integer("max_runs", 1, MAX_RUNS_LIMIT, 1) if table.has("max_runs") else None
    closures = _closures(table, zone, read_calendar)
    if isinstance(cadence, Grid) and closures is None and table.has("timezone"):
        table.problem("timezone", "needs schedule.times, such as 09:00, a window, cron, rrule, quiet_hours or dates")
    if len(problems) > before or cadence is None:
        return None
    moved = Jitter(jitter, seed) if jitter else None
    return Schedule(cadence, end, missed, grace, moved, closures, overlap, spread_gap, max_runs)


def read_end(fields: Fields) -> datetime | None:
    """Give the end date in UTC. A value without an offset is UTC; a day alone is its first instant."""
    if not fields.has("schedule_end_date"):
        return None
    value = fields.raw("schedule_end_date")
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            return utc(datetime.combine(value, time(0)))
        return utc(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    except (ValueError, TypeError, OverflowError):
        fields.problem("schedule_end_date", "is not a date and time; write it like 2030-12-31T23:59:59Z")
        return None


def _table(fields: Fields, problems: list[FieldError]) -> Fields:
    value = fields.raw("schedule")
    if value is not None and not isinstance(value, Mapping):
        fields.problem("schedule", 'must be a table such as { times = ["09:00"], timezone = "Europe/Berlin" }')
        value = None
    return Fields(normalise(value or {}, SCHEDULE_FIELDS, problems, prefix="schedule."), problems, "schedule.")


def _zone(table: Fields) -> str:
    zone = table.raw("timezone") if table.has("timezone") else "UTC"
    if not isinstance(zone, str):
        table.problem("timezone", "must be an IANA name such as Europe/Berlin")
    elif problem := zone_problem(zone):
        table.problem("timezone", problem)
    else:
        return zone
    return "UTC"


def _closures(table: Fields, zone: str, read_calendar: ReadCalendar | None) -> Closures | None:
    quiet: dict[tuple[time, time], None] = {}

    def read(name: str, value: Any) -> None:
        found = clock_range(table, name, value)
        if found and found[0] == found[1]:
            table.problem(name, f"{value!r} is the whole day; nothing would ever be posted")
        elif found:
            quiet.setdefault(found)

    table.list("quiet_hours", read, limit=QUIET_LIMIT)
    dates, urls = _dates(table)
    calendars = tuple(_calendar(table, url, zone, read_calendar) for url in urls)
    if not quiet and not dates and not calendars:
        return None
    return Closures(zone, tuple(quiet), frozenset(dates), calendars)


def _dates(table: Fields) -> tuple[set[date], list[str]]:
    """Give the dates and the calendars' URLs that are excluded."""
    dates: set[date] = set()
    urls: dict[str, None] = {}
    wrong: list[str] = []

    def read(name: str, value: Any) -> None:
        if isinstance(value, date) and not isinstance(value, datetime):
            dates.add(value)
        elif isinstance(value, str) and (url := calendar_url(value)):
            if problem := url_problem(url):
                table.problem(name, problem)
            else:
                urls.setdefault(url)
        elif isinstance(value, str) and value.strip().lower().endswith(".ics"):
            table.problem(name, f"{value!r} is not read here; name the dates, a URL, or a file beside a template file")
        else:
            try:
                dates.add(date.fromisoformat(value))
            except (ValueError, TypeError):
                wrong.append(repr(str(value)))

    table.list("exclude_dates", read, limit=DATES_LIMIT)
    if wrong:
        named = ", ".join(wrong[:NAMED]) + (f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else "")
        are = "is not a date" if len(wrong) == 1 else "are not dates"
        table.problem("exclude_dates", f"{named} {are} such as 2026-12-25, or an .ics file or URL")
    if len(dates) > DATES_LIMIT:
        table.problem("exclude_dates", f"names {len(dates)} dates; at most {DATES_LIMIT} are allowed")
    if len(urls) > CALENDARS_LIMIT:
        table.problem("exclude_dates", f"names {len(urls)} calendars; at most {CALENDARS_LIMIT} are allowed")
    return dates, list(urls)


def known_dates(closures: Closures | None) -> ReadCalendar | None:
    """Give a function that finds the dates of calendars that a template follows already; None when it has none."""
    if closures is None or not closures.calendars:
        return None
    known = {(each.url, closures.timezone): each.dates for each in closures.calendars}

    def read(url: str, zone: str) -> frozenset[date]:
        if (url, zone) not in known:
            raise ValueError("it is not read here; name the dates")
        return known[url, zone]

    return read


def calendar_url(value: str) -> str | None:
    """Give the URL of a calendar as it is read, `webcal` being another word for `https`; None when it is none."""
    scheme, _, rest = value.strip().partition("://")
    known = {"http": "http", "https": "https", "webcal": "https", "webcals": "https"}.get(scheme.lower())
    return f"{known}://{rest}" if known and rest else None


def _calendar(table: Fields, url: str, zone: str, read_calendar: ReadCalendar | None) -> CalendarDates:
    if read_calendar is None:
        table.problem("exclude_dates", f"{url!r} is not read here; name the dates")
        return CalendarDates(url)
    try:
        return CalendarDates(url, frozenset(read_calendar(url, zone)))
    except ValueError as error:
        table.problem("exclude_dates", f"{url!r} cannot be used: {error}")
        return CalendarDates(url)
