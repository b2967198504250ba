from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from domain.calendar import touched
from sources.offloaded import NotACalendar, parse_calendar

YEARS = (2025, 2031)
DAILY = [f"DTSTART:20260101T{hour:02}0000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for hour in range(9)]


def calendar(*events: str) -> bytes:
    inner = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inner}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def dates(*events: str, zone: str = "Europe/Berlin") -> list[date]:
    return sorted(touched(parse_calendar(calendar(*events), YEARS), zone))


def days(year: int, month: int, *numbers: int) -> list[date]:
    return [date(year, month, number) for number in numbers]


def test_an_event_of_whole_days_ends_before_its_end_wherever_it_is_read() -> None:
    event = "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227"

    assert dates(event) == dates(event, zone="Pacific/Auckland") == days(2026, 12, 24, 25, 26)
    assert dates("DTSTART;VALUE=DATE:20261231") == days(2026, 12, 31)


def test_an_event_with_hours_touches_the_dates_that_it_does_on_the_wall_of_the_template() -> None:
    event = "DTSTART;TZID=America/New_York:20260302T200000\nDTEND;TZID=America/New_York:20260302T230000"

    assert dates(event, zone="America/New_York") == days(2026, 3, 2)
    assert dates(event) == days(2026, 3, 3)
    assert dates("DTSTART:20260302T220000Z\nDTEND:20260302T230000Z") == days(2026, 3, 2)  # until midnight in Berlin
    assert dates("DTSTART:20260302T220000Z\nDTEND:20260302T230001Z") == days(2026, 3, 2, 3)
    assert dates("DTSTART:20260302T233000\nDURATION:PT1H", zone="Asia/Tokyo") == days(2026, 3, 2, 3)


def test_an_event_recurs_on_the_wall_of_its_own_zone() -> None:
    weekly = "DTSTART;TZID=America/New_York:20260302T230000\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"

    assert dates(weekly, zone="America/New_York") == days(2026, 3, 2, 9, 16)
    assert dates(weekly) == days(2026, 3, 3, 10, 17)


def test_what_recurs_for_ever_is_written_out_for_the_years_that_count() -> None:
    found = dates("DTSTART;VALUE=DATE:19700105\nRRULE:FREQ=WEEKLY;BYDAY=MO")

    assert found[0] == date(2025, 1, 6)
    assert found[-1] == date(2031, 12, 29)
    assert all(later - earlier == timedelta(days=7) for earlier, later in itertools.pairwise(found))


def test_single_dates_are_left_out_added_moved_and_cancelled() -> None:
    daily = "UID:a\nDTSTART:20260301T080000Z\nRRULE:FREQ=DAILY;UNTIL=20260306T080000Z\nEXDATE:20260302T080000Z"
    extra = daily + "\nRDATE:20260320T080000Z"
    moved = "UID:a\nRECURRENCE-ID:20260303T080000Z\nDTSTART:20260310T080000Z"
    gone = "UID:a\nRECURRENCE-ID:20260304T080000Z\nDTSTART:20260304T080000Z\nSTATUS:CANCELLED"

    assert dates(extra, moved, gone) == days(2026, 3, 1, 5, 6, 10, 20)


def test_a_cancelled_event_and_one_of_other_years_touch_nothing() -> None:
    assert dates("DTSTART;VALUE=DATE:20260501\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:19990501") == []


def test_a_yearly_event_keeps_its_date_and_one_of_a_leap_day_comes_every_four_years() -> None:
    assert dates("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY") == days(2028, 2, 29)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a calendar"),
        (b"<html>moved</html>", "is not a calendar"),
        (b"\xff\xfe\x00", "is not a calendar"),
        (calendar("DTSTART:20260301T080000Z\nRRULE:FREQ=SECONDLY"), "recurs within a day"),
        (calendar("DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=DAILY;INTERVAL=0"), "is not a calendar|steps of nothing"),
        (calendar("SUMMARY:Long\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20290101"), r"1096 days \(Long\)"),
        (calendar(*["DTSTART;VALUE=DATE:20260101"] * 5001), "more than 5000 events"),
        (calendar(*DAILY), "more than 10000"),
        (calendar("DTSTART;VALUE=DATE:20260301\nDTEND:20260302T080000Z"), "is not a calendar"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(NotACalendar, match=said):
        parse_calendar(content, YEARS)
