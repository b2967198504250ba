"""Thirty zones, both changes of each one's clocks: times that are skipped, that come twice, and that have neither."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.schedule import ClockTimes, Cron, Recurrence, Schedule, SlotNote, Wall, Window
from scheduler.due import preview

# zone, the wall's first skipped minute, the gap, the wall's first minute that comes twice, the fold: 2026 (tzdata)
HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)
CHANGES = [
    ("Europe/Berlin", "2026-03-29T02:00", HOUR, "2026-10-25T02:00", HOUR),
    ("Europe/London", "2026-03-29T01:00", HOUR, "2026-10-25T01:00", HOUR),
    ("Europe/Lisbon", "2026-03-29T01:00", HOUR, "2026-10-25T01:00", HOUR),
    ("Europe/Athens", "2026-03-29T03:00", HOUR, "2026-10-25T03:00", HOUR),
    ("Europe/Dublin", "2026-03-29T01:00", HOUR, "2026-10-25T01:00", HOUR),
    ("Atlantic/Azores", "2026-03-29T00:00", HOUR, "2026-10-25T00:00", HOUR),
    ("Atlantic/Canary", "2026-03-29T01:00", HOUR, "2026-10-25T01:00", HOUR),
    ("Atlantic/Bermuda", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/New_York", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Chicago", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Denver", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Los_Angeles", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Anchorage", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Adak", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Halifax", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/St_Johns", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Miquelon", "2026-03-08T02:00", HOUR, "2026-11-01T01:00", HOUR),
    ("America/Havana", "2026-03-08T00:00", HOUR, "2026-11-01T00:00", HOUR),
    ("America/Santiago", "2026-09-06T00:00", HOUR, "2026-04-04T23:00", HOUR),
    ("America/Nuuk", "2026-03-28T23:00", HOUR, "2026-10-24T23:00", HOUR),
    ("Pacific/Easter", "2026-09-05T22:00", HOUR, "2026-04-04T21:00", HOUR),
    ("Africa/Cairo", "2026-04-24T00:00", HOUR, "2026-10-29T23:00", HOUR),
    ("Africa/Casablanca", "2026-03-22T02:00", HOUR, "2026-02-15T02:00", HOUR),
    ("Asia/Beirut", "2026-03-29T00:00", HOUR, "2026-10-24T23:00", HOUR),
    ("Asia/Jerusalem", "2026-03-27T02:00", HOUR, "2026-10-25T01:00", HOUR),
    ("Australia/Sydney", "2026-10-04T02:00", HOUR, "2026-04-05T02:00", HOUR),
    ("Australia/Adelaide", "2026-10-04T02:00", HOUR, "2026-04-05T02:00", HOUR),
    ("Australia/Lord_Howe", "2026-10-04T02:00", HALF, "2026-04-05T01:30", HALF),
    ("Pacific/Auckland", "2026-09-27T02:00", HOUR, "2026-04-05T02:00", HOUR),
    ("Pacific/Chatham", "2026-09-27T02:45", HOUR, "2026-04-05T02:45", HOUR),
    ("Antarctica/Troll", "2026-03-29T01:00", timedelta(hours=2), "2026-10-25T01:00", timedelta(hours=2)),
]


def at_clock(zone: str, clock: time, day: datetime) -> list[Wall]:
    """The same clock time in each of the forms that can say it."""
    return [
        ClockTimes((clock,), zone),
        Window(clock, clock, 1, zone),
        Cron(f"{clock.minute} {clock.hour} * * *", zone),
        Recurrence(f"FREQ=DAILY;BYHOUR={clock.hour};BYMINUTE={clock.minute}", day - timedelta(days=9), zone),
    ]


def shown(cadence: Wall, after: datetime, count: int) -> list[tuple[datetime, SlotNote | None]]:
    zone = ZoneInfo(cadence.timezone)
    ahead = preview(Schedule(cadence), after.replace(tzinfo=zone).astimezone(UTC), count)
    return [(slot.at.astimezone(zone).replace(tzinfo=None), slot.note) for slot in ahead]


@pytest.mark.parametrize(("zone", "first", "gap", "_twice", "_fold"), CHANGES)
def test_a_time_that_is_skipped_shifts_forward_by_the_gap_whatever_the_form(
    zone: str, first: str, gap: timedelta, _twice: str, _fold: timedelta
) -> None:
    skipped = datetime.fromisoformat(first) + gap / 2
    day = skipped.replace(hour=0, minute=0)
    for cadence in at_clock(zone, skipped.time(), day):
        before, changed, after = shown(cadence, skipped - timedelta(days=1, minutes=1), 3)
        assert before == (skipped - timedelta(days=1), None)
        assert changed == (skipped + gap, SlotNote.GAP)
        assert after == (skipped + timedelta(days=1), None)


@pytest.mark.parametrize(("zone", "_first", "_gap", "twice", "fold"), CHANGES)
def test_a_time_that_comes_twice_fires_the_first_time_only_whatever_the_form(
    zone: str, _first: str, _gap: timedelta, twice: str, fold: timedelta
) -> None:
    doubled = datetime.fromisoformat(twice) + fold / 2
    first = doubled.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    second = doubled.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    assert second - first == fold
    for cadence in at_clock(zone, doubled.time(), doubled.replace(hour=0, minute=0)):
        ahead = preview(Schedule(cadence), first - timedelta(minutes=1), 2)
        assert (ahead[0].at, ahead[0].note) == (first, SlotNote.FOLD)
        assert ahead[1].at > second


@pytest.mark.parametrize(("zone", "_first", "_gap", "twice", "fold"), CHANGES)
def test_an_interval_runs_in_elapsed_time_through_both_halves_of_a_fold(
    zone: str, _first: str, _gap: timedelta, twice: str, fold: timedelta
) -> None:
    begins = datetime.fromisoformat(twice).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ahead = preview(
        Schedule(Cron("*/15 * * * *", zone)), begins - timedelta(minutes=1), 2 * fold // timedelta(minutes=15)
    )

    quarter = timedelta(minutes=15)
    assert [slot.at for slot in ahead] == [begins + n * quarter for n in range(len(ahead))]
    halves = len(ahead) // 2
    assert [slot.note for slot in ahead] == [None] * halves + [SlotNote.AGAIN] * halves


@pytest.mark.parametrize(("zone", "first", "gap", "twice", "fold"), CHANGES)
def test_noon_stays_noon_on_both_days_of_a_change(
    zone: str, first: str, gap: timedelta, twice: str, fold: timedelta
) -> None:
    for change in (first, twice):
        noon = datetime.fromisoformat(change).replace(hour=12, minute=0)
        for cadence in at_clock(zone, time(12), noon.replace(hour=0)):
            assert shown(cadence, noon - timedelta(days=1, minutes=1), 3) == [
                (noon + timedelta(days=n), None) for n in (-1, 0, 1)
            ]
