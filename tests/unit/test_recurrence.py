"""Recurrence rules day by day, against dateutil, which walks them from their start."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain import cron, recurrence

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
starts = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(recurrence.FREQUENCIES))
    parts = {"FREQ": frequency}

    def maybe(name: str, values: st.SearchStrategy[int]) -> None:
        if draw(st.booleans()):
            parts[name] = ",".join(map(str, draw(st.lists(values, unique=True, min_size=1, max_size=3))))

    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    maybe("BYMONTH", st.integers(1, 12))
    if frequency != "WEEKLY":
        maybe("BYMONTHDAY", st.integers(1, 31) | st.integers(-5, -1))
    maybe("BYHOUR", st.integers(0, 23))
    maybe("BYMINUTE", st.integers(0, 59))
    if draw(st.booleans()):
        # All of them with a number or none: where some have one, dateutil wants a day to be of both kinds.
        numbered = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        nth = st.sampled_from(["1", "2", "-1", "5"]) if numbered else st.just("")
        named = st.tuples(nth, st.sampled_from(DAYS)).map("".join)
        parts["BYDAY"] = ",".join(draw(st.lists(named, unique=True, min_size=1, max_size=3)))
        # Of the first week dateutil counts BYSETPOS from the start on, we over the whole week; see the test below.
        if frequency != "WEEKLY" and "BYMONTHDAY" not in parts and "BYMONTH" not in parts:
            maybe("BYSETPOS", st.sampled_from([1, 2, -1]))
        parts["WKST"] = draw(st.sampled_from(DAYS))
    elif frequency == "DAILY":  # dateutil searches for days that do not exist until the year 9999
        parts.pop("BYMONTHDAY", None)
    if draw(st.booleans()):
        parts["COUNT"] = str(draw(st.integers(1, 30)))
    if "BYMONTHDAY" in parts and "BYMONTH" in parts:
        del parts["BYMONTH"]
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(max_examples=150, deadline=None, phases=[Phase.generate])
@given(rules(), starts)
def test_a_rule_names_the_same_instants_as_dateutil(rule: str, start: datetime) -> None:
    until = start + timedelta(days=900)
    expected = rrulestr(rule, dtstart=start).between(start, until, inc=True)
    parsed = recurrence.parsed(rule, start)
    days = [start.date() + timedelta(days=n) for n in range(-2, 902)]
    found = [datetime.combine(day, at) for day in days for at in parsed.on(day)]

    assert [at for at in found if at <= until] == expected


def test_positions_in_a_week_are_counted_over_the_whole_week_the_first_one_too() -> None:
    wednesday = datetime(2026, 1, 7, 9)  # noqa: DTZ001
    rule = recurrence.parsed("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1", wednesday)

    assert [day for day in range(7, 20) if rule.on(date(2026, 1, day))] == [12, 19]


def test_an_end_counts_its_whole_day_or_its_instant() -> None:
    start = datetime(2026, 1, 1)  # noqa: DTZ001
    day = recurrence.parsed("FREQ=DAILY;BYHOUR=8,20;UNTIL=20260102", start)
    instant = recurrence.parsed("FREQ=DAILY;BYHOUR=8,20;UNTIL=20260102T080000", start)

    assert [day.on(date(2026, 1, n)) for n in (2, 3)] == [(time(8), time(20)), ()]
    assert [instant.on(date(2026, 1, n)) for n in (1, 2, 3)] == [(time(8), time(20)), (time(8),), ()]


@pytest.mark.parametrize(
    ("expression", "interval"),
    [
        ("0 9 * * mon-fri", False),
        ("0,30 9-17 * * *", False),
        ("*/5 9 * * *", True),
        ("5 * * * *", True),
        ("0 2/6 * * *", True),
    ],
)
def test_a_star_or_a_slash_in_minute_or_hour_makes_an_interval(expression: str, interval: bool) -> None:
    assert cron.parsed(expression).interval is interval


def test_a_day_of_the_month_and_a_weekday_are_both_meant_when_neither_is_a_star() -> None:
    either = cron.parsed("0 9 13 * fri")

    assert [day for day in range(1, 32) if either.matches(date(2026, 3, day))] == [6, 13, 20, 27]
    assert either.matches(date(2026, 4, 13))
