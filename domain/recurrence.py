"""RFC 5545 recurrence rules by day, week, month or year, asked day by day. Times are those on the wall; no zones here.

Days are asked and not walked to from the rule's start, so that a rule of many years costs no more than a new one.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, product

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
COUNT_LIMIT = 1000
TIMES_LIMIT = 100  # a day
_NTH_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_RANGES = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYSETPOS": (1, 366, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_RANGES}
_DAY = timedelta(days=1)
_SEARCH = 50 * 366  # days


@dataclass(frozen=True)
class Rule:
    """A parsed rule. *weekdays* holds (weekday, n), n being the n-th of the month or year, 0 each of them."""

    start: datetime
    frequency: str
    interval: int
    until: datetime | None
    week_start: int
    months: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    times: tuple[time, ...]
    positions: frozenset[int]

    def on(self, day: date) -> tuple[time, ...]:
        """Give the rule's times of *day*, ascending."""
        first = self.start.date()
        if day < first or (self.until is not None and day > self.until.date()) or not self._in_phase(day):
            return ()
        times = self._chosen(day) if self.positions else self.times if self._matches(day) else ()
        if day == first or (self.until is not None and day == self.until.date()):
            last = self.until or datetime.combine(day, time.max)
            return tuple(at for at in times if self.start <= datetime.combine(day, at) <= last)
        return times

    def _in_phase(self, day: date) -> bool:
        if self.interval == 1:
            return True
        first = self.start.date()
        if self.frequency == "DAILY":
            passed = (day - first).days
        elif self.frequency == "WEEKLY":
            passed = (self._week(day) - self._week(first)).days // 7
        elif self.frequency == "MONTHLY":
            passed = (day.year - first.year) * 12 + day.month - first.month
        else:
            passed = day.year - first.year
        return passed % self.interval == 0

    def _week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)

    def _matches(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        if self.month_days and day.day not in self.month_days and day.day - length - 1 not in self.month_days:
            return False
        return not self.weekdays or any(self._is_nth(day, weekday, n, length) for weekday, n in self.weekdays)

    def _is_nth(self, day: date, weekday: int, n: int, month_length: int) -> bool:
        if day.weekday() != weekday:
            return False
        if self.frequency == "YEARLY" and not self.months:
            number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
        else:
            number, length = day.day, month_length
        return n in (0, (number - 1) // 7 + 1, -((length - number) // 7) - 1)

    def _chosen(self, day: date) -> tuple[time, ...]:
        """Of all days and times of the period of *day*, those at the rule's positions that fall on it."""
        return tuple(at for found, at in _of_period(self, self._period(day)) if found == day)

    def _period(self, day: date) -> date:
        if self.frequency == "DAILY":
            return day
        if self.frequency == "WEEKLY":
            return self._week(day)
        return day.replace(day=1) if self.frequency == "MONTHLY" else day.replace(month=1, day=1)

    def days_of(self, first: date) -> Iterator[date]:
        """Give the matching days of the period that begins with *first*."""
        day = first
        while self._period(day) == first:
            if self._matches(day):
                yield day
            day += _DAY


@lru_cache(maxsize=4096)
def _of_period(rule: Rule, first: date) -> tuple[tuple[date, time], ...]:
    whole = list(product(rule.days_of(first), rule.times))
    picked = {position - 1 if position > 0 else len(whole) + position for position in rule.positions}
    return tuple(each for index, each in enumerate(whole) if index in picked)


@lru_cache(maxsize=1024)
def parsed(text: str, start: datetime) -> Rule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9`, counted from *start*.

    Raises ValueError with the remedy.
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ must be one of {', '.join(FREQUENCIES)}; for hours and minutes use schedule.cron")
    numbers = {name: _numbers(parts, name) for name in _RANGES}
    weekdays = _weekdays(parts, frequency)
    months, month_days = numbers["BYMONTH"], numbers["BYMONTHDAY"]
    if month_days and frequency == "WEEKLY":
        raise ValueError("BYMONTHDAY does not go with FREQ=WEEKLY; use FREQ=MONTHLY or FREQ=DAILY")
    if not month_days and not weekdays:  # RFC 5545, 3.3.10: what the rule does not say comes from its start
        month_days = frozenset({start.day}) if frequency in ("MONTHLY", "YEARLY") else month_days
        months = frozenset({start.month}) if frequency == "YEARLY" and not months else months
        weekdays = frozenset({(start.weekday(), 0)}) if frequency == "WEEKLY" else weekdays
    rule = Rule(
        start=start,
        frequency=frequency,
        interval=_positive(parts, "INTERVAL", 10_000) or 1,
        until=_until(parts),
        week_start=_week_start(parts),
        months=months,
        month_days=month_days,
        weekdays=weekdays,
        times=_times(numbers, start),
        positions=numbers["BYSETPOS"],
    )
    count = _positive(parts, "COUNT", COUNT_LIMIT)
    return rule if count is None else _counted(rule, count, parts)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = piece.strip().partition("=")
        if not equals or not value or name in parts:
            raise ValueError(f"{piece!r} is not one NAME=VALUE; write a rule such as FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9")
        if name not in _KNOWN:
            raise ValueError(f"{name} is not supported; known are {', '.join(sorted(_KNOWN))}")
        parts[name] = value
    return parts


def _numbers(parts: Mapping[str, str], name: str) -> frozenset[int]:
    low, high, negative = _RANGES[name]
    found = set()
    for piece in parts[name].split(",") if name in parts else ():
        number = int(piece) if re.fullmatch(r"[+-]?[0-9]{1,3}", piece) else None
        if number is None or not (low <= number <= high or (negative and low <= -number <= high)):
            raise ValueError(
                f"{name} holds {piece!r}; it takes {low} to {high}" + (", or minus that" if negative else "")
            )
        found.add(number)
    return frozenset(found)


def _weekdays(parts: Mapping[str, str], frequency: str) -> frozenset[tuple[int, int]]:
    found = set()
    for piece in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _NTH_DAY.fullmatch(piece)
        if not match or (match[1] and int(match[1]) == 0):
            raise ValueError(
                f"BYDAY holds {piece!r}; it takes MO to SU, with a number such as 1MO or -1FR for the n-th"
            )
        if match[1] and frequency not in ("MONTHLY", "YEARLY"):
            raise ValueError(f"BYDAY={piece} counts within a month or a year; use FREQ=MONTHLY or FREQ=YEARLY")
        found.add((WEEKDAYS.index(match[2]), int(match[1] or 0)))
    return frozenset(found)


def _times(numbers: Mapping[str, frozenset[int]], start: datetime) -> tuple[time, ...]:
    hours = sorted(numbers["BYHOUR"]) or [start.hour]
    minutes = sorted(numbers["BYMINUTE"]) or [start.minute]
    seconds = sorted(numbers["BYSECOND"]) or [start.second]
    if len(hours) * len(minutes) * len(seconds) > TIMES_LIMIT:
        raise ValueError(f"names more than {TIMES_LIMIT} times a day; name fewer hours, minutes or seconds")
    return tuple(time(*each) for each in product(hours, minutes, seconds))


def _positive(parts: Mapping[str, str], name: str, limit: int) -> int | None:
    if name not in parts:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", parts[name]) or not 1 <= int(parts[name]) <= limit:
        raise ValueError(f"{name} must be between 1 and {limit}")
    return int(parts[name])


def _until(parts: Mapping[str, str]) -> datetime | None:
    if "UNTIL" not in parts:
        return None
    for form in ("%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            found = datetime.strptime(parts["UNTIL"], form)  # noqa: DTZ007 - a time on the wall
        except ValueError:
            continue
        return found if "T" in form else datetime.combine(found, time.max)
    raise ValueError(
        "UNTIL must be a time on the wall such as 20301231 or 20301231T235959; for UTC use schedule_end_date"
    )


def _week_start(parts: Mapping[str, str]) -> int:
    name = parts.get("WKST", "MO")
    if name not in WEEKDAYS:
        raise ValueError("WKST must be one of MO to SU")
    return WEEKDAYS.index(name)


def _counted(rule: Rule, count: int, parts: Mapping[str, str]) -> Rule:
    """The rule with the end that its COUNT comes to."""
    if "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other; keep one of them")
    first = rule.start.date()
    days = (first + timedelta(days=n) for n in range(_SEARCH))
    found = list(islice((datetime.combine(day, at) for day in days for at in rule.on(day)), count))
    return Rule(**{**vars(rule), "until": found[-1] if found else rule.start})
