"""Clock times: the wall is kept across daylight saving, with a note where a day has a hole or an hour twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.schedule import ALL_WEEKDAYS, ClockTimes, Schedule, SlotNote
from scheduler import clock_times
from scheduler.due import decide, preview

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6


def shown(
    zone: str, times: list[str], after: str, count: int, weekdays: frozenset[int] = ALL_WEEKDAYS
) -> list[tuple[str, SlotNote | None]]:
    """The next slots after a local moment, as local times with their offset, and their notes."""
    schedule = Schedule(ClockTimes(tuple(time.fromisoformat(at) for at in times), zone, weekdays))
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ahead = preview(schedule, start, count)
    return [(slot.at.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M %z"), slot.note) for slot in ahead]


@pytest.mark.parametrize(
    ("zone", "spring", "offsets"),
    [
        ("Europe/Berlin", "2026-03-28T00:00", ["+0100", "+0200", "+0200"]),
        ("Europe/Berlin", "2026-10-24T00:00", ["+0200", "+0100", "+0100"]),
        ("America/New_York", "2026-03-07T00:00", ["-0500", "-0400", "-0400"]),
        ("America/St_Johns", "2026-10-31T00:00", ["-0230", "-0330", "-0330"]),
        ("Australia/Lord_Howe", "2026-10-03T00:00", ["+1030", "+1100", "+1100"]),
        ("Asia/Kathmandu", "2026-03-28T00:00", ["+0545", "+0545", "+0545"]),
        ("Africa/Casablanca", "2026-02-14T00:00", ["+0100", "+0000", "+0000"]),
        ("America/Santiago", "2026-09-05T00:00", ["-0400", "-0300", "-0300"]),
    ],
)
def test_nine_on_the_wall_stays_nine_across_a_change_of_the_clocks(zone: str, spring: str, offsets: list[str]) -> None:
    ahead = shown(zone, ["09:00"], spring, 3)

    assert [at.split()[2:] for at, _ in ahead] == [["09:00", offset] for offset in offsets]
    assert all(note is None for _, note in ahead)


def test_a_time_that_a_day_skips_shifts_forward_by_the_length_of_the_gap() -> None:
    assert shown("Europe/Berlin", ["02:30"], "2026-03-28T12:00", 2) == [
        ("Sun 29 03:30 +0200", SlotNote.GAP),
        ("Mon 30 02:30 +0200", None),
    ]


def test_a_gap_of_half_an_hour_shifts_by_half_an_hour() -> None:
    assert shown("Australia/Lord_Howe", ["02:15"], "2026-10-03T12:00", 1) == [("Sun 04 02:45 +1100", SlotNote.GAP)]


def test_the_first_minute_of_a_gap_is_in_it_and_the_first_after_it_is_not() -> None:
    assert shown("Europe/Berlin", ["01:59", "02:00", "03:00"], "2026-03-29T00:00", 2) == [
        ("Sun 29 01:59 +0100", None),
        ("Sun 29 03:00 +0200", SlotNote.MERGED),
    ]


def test_a_time_that_comes_twice_fires_the_first_time_only() -> None:
    assert shown("Europe/Berlin", ["02:30"], "2026-10-24T12:00", 2) == [
        ("Sun 25 02:30 +0200", SlotNote.FOLD),
        ("Mon 26 02:30 +0100", None),
    ]


def test_the_edges_of_a_fold_are_its_first_minute_and_not_the_minute_after() -> None:
    ahead = shown("America/New_York", ["00:59", "01:00", "01:59", "02:00"], "2026-11-01T00:00", 4)

    assert ahead == [
        ("Sun 01 00:59 -0400", None),
        ("Sun 01 01:00 -0400", SlotNote.FOLD),
        ("Sun 01 01:59 -0400", SlotNote.FOLD),
        ("Sun 01 02:00 -0500", None),
    ]


def test_a_shifted_time_that_meets_another_is_one_slot_with_it() -> None:
    assert shown("America/New_York", ["02:30", "03:30"], "2026-03-08T00:00", 2) == [
        ("Sun 08 03:30 -0400", SlotNote.MERGED),
        ("Mon 09 02:30 -0400", None),
    ]


def test_shifted_times_keep_the_order_of_the_instants() -> None:
    assert shown("Europe/Berlin", ["02:45", "03:15"], "2026-03-29T00:00", 2) == [
        ("Sun 29 03:15 +0200", None),
        ("Sun 29 03:45 +0200", SlotNote.GAP),
    ]


def test_a_gap_at_midnight_keeps_the_weekday_of_the_time_as_written() -> None:
    # Cairo's clocks went from 00:00 to 01:00 on Friday 25 April 2025.
    assert shown("Africa/Cairo", ["00:30"], "2025-04-24T12:00", 2, frozenset({FRIDAY})) == [
        ("Fri 25 01:30 +0300", SlotNote.GAP),
        ("Fri 02 00:30 +0300", None),
    ]


def test_a_fold_across_midnight_fires_each_time_once() -> None:
    # Santiago's clocks went from 24:00 on Saturday 4 April 2026 back to 23:00.
    assert shown("America/Santiago", ["23:30", "00:00"], "2026-04-04T12:00", 3) == [
        ("Sat 04 23:30 -0300", SlotNote.FOLD),
        ("Sun 05 00:00 -0400", None),
        ("Sun 05 23:30 -0400", None),
    ]


def test_a_fold_that_ends_after_midnight_is_noted_on_both_dates() -> None:
    # St. John's clocks went from 00:01 on Sunday 7 November 2010 back to 23:01 on Saturday.
    assert shown("America/St_Johns", ["23:30", "00:00"], "2010-11-06T12:00", 3) == [
        ("Sat 06 23:30 -0230", SlotNote.FOLD),
        ("Sun 07 00:00 -0230", SlotNote.FOLD),
        ("Sun 07 23:30 -0330", None),
    ]


def test_a_tick_inside_a_second_occurrence_finds_the_first_one_of_the_next_date() -> None:
    schedule = Schedule(ClockTimes((time(0),), "America/St_Johns"))
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert preview(schedule, midnight, 1, inclusive=True)[0].at == midnight
    decision = decide(schedule, midnight, datetime(2010, 11, 7, 2, 45, tzinfo=UTC))  # 23:15 on the wall, again

    assert decision.run is not None
    assert decision.run.at == midnight


def test_a_date_that_a_zone_skips_fires_on_the_next_one_as_shifted() -> None:
    # Samoa went from Thursday 29 December 2011 to Saturday 31 December.
    assert shown("Pacific/Apia", ["09:00"], "2011-12-29T12:00", 2, frozenset({FRIDAY})) == [
        ("Sat 31 09:00 +1400", SlotNote.GAP),
        ("Fri 06 09:00 +1400", None),
    ]
    assert shown("Pacific/Apia", ["09:00"], "2011-12-29T00:00", 3) == [
        ("Thu 29 09:00 -1000", None),
        ("Sat 31 09:00 +1400", SlotNote.MERGED),
        ("Sun 01 09:00 +1400", None),
    ]


def test_weekdays_belong_to_the_date_on_the_wall_and_not_to_the_date_in_utc() -> None:
    assert shown("Asia/Kathmandu", ["00:15"], "2026-03-01T12:00", 2, frozenset({MONDAY})) == [
        ("Mon 02 00:15 +0545", None),
        ("Mon 09 00:15 +0545", None),
    ]
    assert shown("America/New_York", ["23:30"], "2026-03-02T12:00", 2, frozenset({SATURDAY, SUNDAY})) == [
        ("Sat 07 23:30 -0500", None),
        ("Sun 08 23:30 -0400", None),
    ]


def test_a_time_named_twice_is_one_slot() -> None:
    assert len(shown("UTC", ["09:00", "09:00"], "2026-03-02T08:00", 2)) == 2
    assert (
        clock_times.count(
            ClockTimes((time(9), time(9)), "UTC"), datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
        )
        == 29
    )


@given(
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]),
    st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=300)),
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_counting_agrees_with_listing(zone: str, start: datetime, length: timedelta, weekdays: frozenset[int]) -> None:
    cadence = ClockTimes((time(0), time(1, 30), time(2, 15), time(3, 15), time(23, 30)), zone, weekdays)
    end = start + length
    listed = []
    for slot in clock_times.ascending(cadence, start):
        if slot.at > end:
            break
        listed.append(slot)

    assert clock_times.count(cadence, start, end) == len(listed)
    assert clock_times.newest(cadence, start, end) == (listed[-1] if listed else None)
