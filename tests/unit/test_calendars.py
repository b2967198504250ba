from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.errors import InvalidInput
from scheduler.operations.calendars import dates_in
from scheduler.operations.template_files import read_file


def calendar(*events: str) -> bytes:
    inner = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inner}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def test_every_date_that_an_event_touches_is_given_and_its_end_is_not() -> None:
    holidays = calendar("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", "DTSTART;VALUE=DATE:20270101")

    assert sorted(dates_in(holidays, "UTC")) == [*(date(2026, 12, n) for n in (24, 25, 26)), date(2027, 1, 1)]


def test_an_event_at_a_time_counts_on_the_wall_of_the_schedule() -> None:
    late = calendar("DTSTART:20260301T230000Z\nDTEND:20260302T010000Z")

    assert dates_in(late, "Europe/Berlin") == {date(2026, 3, 2)}
    assert dates_in(late, "UTC") == {date(2026, 3, 1), date(2026, 3, 2)}


def test_a_yearly_event_is_given_for_each_year_but_those_left_out() -> None:
    rule = "DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY;UNTIL=20300501\nEXDATE;VALUE=DATE:20230501"
    found = dates_in(calendar(rule), "UTC")

    assert found == {date(year, 5, 1) for year in range(2020, 2031) if year != 2023}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a calendar"),
        (b"<html>", "not a calendar"),
        (calendar("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY"), "not yearly"),
        (calendar("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20300105"), "an event of 1461 days"),
    ],
)
def test_what_is_no_calendar_of_dates_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        dates_in(content, "UTC")


def test_a_template_file_names_a_calendar_beside_it(tmp_path: Path) -> None:
    (tmp_path / "holidays.ics").write_bytes(calendar("DTSTART;VALUE=DATE:20261225"))
    file = tmp_path / "one.toml"
    file.write_text('[schedule]\nexclude_dates = ["2026-05-01", "holidays.ics"]\n')

    assert read_file(file)["schedule"]["exclude_dates"] == ["2026-05-01", date(2026, 12, 25)]

    file.write_text('[schedule]\nexclude_dates = ["missing.ics"]\n')
    with pytest.raises(InvalidInput, match=r"missing\.ics cannot be read"):
        read_file(file)
