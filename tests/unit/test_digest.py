from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.run import FINAL, Gap, RunStatus
from scheduler.digest import Tally, as_data, bounds, day_to_tell, share, summarise, told_at

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=1)
SEVEN = time(7)


def gap(start: datetime, end: datetime, count: int, reason: Reason = Reason.PAUSED) -> Gap:
    return Gap("t1", start, end, count, reason)


def test_a_days_numbers_say_what_became_of_each_promise() -> None:
    tallies = [
        Tally(RunStatus.POSTED, None, 10),
        Tally(RunStatus.SKIPPED, Reason.QUIET_HOURS, 1),
        Tally(RunStatus.SKIPPED, Reason.NOTHING_NEW, 1),
    ]

    summary = summarise(START, END, tallies, [], 0)

    assert summary.text == "12 promised, 10 delivered, 1 nothing new, 1 quiet hours"
    assert summary.balanced


@pytest.mark.parametrize("status", sorted(set(RunStatus) - FINAL))
def test_a_run_that_has_not_ended_keeps_the_day_open(status: RunStatus) -> None:
    summary = summarise(START, END, [Tally(status, None, 2)], [], 0)

    assert (dict(summary.open), summary.balanced) == ({status.value: 2}, False)


def test_a_slot_without_run_or_gap_keeps_the_day_open() -> None:
    summary = summarise(START, END, [], [], 1)

    assert summary.text == "1 promised, 0 delivered, 1 unplanned"
    assert not summary.balanced


def test_a_thread_in_part_and_a_failure_are_not_delivered_but_have_their_reason() -> None:
    tallies = [
        Tally(RunStatus.PARTIAL, Reason.THREAD_PARTIAL, 1),
        Tally(RunStatus.FAILED, Reason.REFUSED, 1),
    ]

    summary = summarise(START, END, tallies, [], 0)

    assert (summary.delivered, dict(summary.reasons)) == (0, {"refused": 1, "thread_partial": 1})
    assert summary.balanced


def test_gaps_and_runs_of_one_reason_are_added() -> None:
    missed = gap(START, START + timedelta(hours=5), 6, Reason.MISSED)

    summary = summarise(START, END, [Tally(RunStatus.SKIPPED, Reason.MISSED, 1)], [missed], 0)

    assert dict(summary.reasons) == {"missed": 7}


def test_an_hourly_gap_that_crosses_midnight_is_divided_where_midnight_is() -> None:
    around = gap(START - timedelta(hours=3), START + timedelta(hours=2), 6)

    assert share(around, START - timedelta(days=1), START) == 3
    assert share(around, START, END) == 3


@given(
    st.lists(st.tuples(st.sampled_from(sorted(RunStatus)), st.integers(0, 50)), max_size=10),
    st.lists(st.tuples(st.integers(-200, 30), st.integers(0, 300), st.integers(2, 400)), max_size=5),
    st.integers(0, 9),
)
def test_the_numbers_balance_whatever_happened(
    ends: list[tuple[RunStatus, int]], stretches: list[tuple[int, int, int]], unplanned: int
) -> None:
    tallies = [Tally(status, Reason.MISSED, count) for status, count in ends]
    gaps = [gap(START + timedelta(hours=at), START + timedelta(hours=at + length), n) for at, length, n in stretches]

    summary = summarise(START, END, tallies, gaps, unplanned)

    slots = sum(count for _, count in ends) + sum(share(each, START, END) for each in gaps) + unplanned
    assert summary.promised == slots
    assert summary.balanced == (not summary.open)


@given(st.integers(0, 10_000), st.integers(0, 20_000), st.integers(2, 5_000))
def test_over_all_days_no_slot_of_a_gap_is_lost_or_counted_twice(offset: int, length: int, count: int) -> None:
    start = START + timedelta(minutes=offset)
    stretch = gap(start, start + timedelta(minutes=length), count)
    days = [START + timedelta(days=n) for n in range(24)]

    shares = [share(stretch, day, day + timedelta(days=1)) for day in days]

    assert sum(shares) == count
    assert min(shares) >= 0


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 3, 5, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 3, 6, 0, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_a_day_is_told_on_the_next_one_at_the_time_of_the_zone(now: datetime, day: date) -> None:
    assert day_to_tell(now, SEVEN, BERLIN) == day
    assert told_at(day, SEVEN, BERLIN) <= now < told_at(day + timedelta(days=1), SEVEN, BERLIN)


def test_a_day_of_a_clock_change_has_its_real_length_and_a_time_left_out_is_moved_on() -> None:
    short, long = (bounds(day, BERLIN) for day in (date(2026, 3, 29), date(2026, 10, 25)))

    assert (short[1] - short[0], long[1] - long[0]) == (timedelta(hours=23), timedelta(hours=25))
    assert told_at(date(2026, 3, 28), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_event_says_the_day_in_its_zone_and_its_bounds_in_utc() -> None:
    data = as_data(summarise(START, END, [], [], 0), date(2026, 3, 1), BERLIN)

    assert (data["day"], data["timezone"]) == ("2026-03-01", "Europe/Berlin")
    assert (data["from"], data["to"]) == ("2026-02-28T23:00:00.000Z", "2026-03-01T23:00:00.000Z")
    assert (data["promised"], data["balanced"]) == (0, True)
