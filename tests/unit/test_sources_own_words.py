"""A countdown counts the days of the calendar on the owner's wall, whatever daylight saving does to their length."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.material import Material
from domain.own_words import Countdown
from domain.run import Rejected
from sources.own_words import read_countdown, tip_key, tip_material

DAY = date(2026, 3, 31)
WORDS = Countdown(DAY, ("{days_left} days",), "tomorrow", "today")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo")


def said(words: Countdown, moment: str, zone: str = "UTC") -> Material | Rejected:
    return read_countdown(words, zone=zone, material_id="m0", now=datetime.fromisoformat(moment))


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        ("2026-03-19T10:00:00Z", "UTC", "12 days"),
        ("2026-03-28T23:30:00Z", "Europe/Berlin", "2 days"),  # the 29th already there, a day of 23 hours
        ("2026-03-28T22:30:00Z", "Europe/Berlin", "3 days"),
        ("2026-03-29T22:30:00Z", "Europe/Berlin", "tomorrow"),
        ("2026-03-30T22:00:00Z", "Europe/Berlin", "today"),
        ("2026-03-31T21:59:59Z", "Europe/Berlin", "today"),
        ("2026-03-31T03:59:59Z", "America/New_York", "tomorrow"),
        ("2026-03-31T04:00:00Z", "America/New_York", "today"),
    ],
)
def test_days_begin_at_midnight_in_the_zone(moment: str, zone: str, text: str) -> None:
    found = said(WORDS, moment, zone)

    assert isinstance(found, Material)
    assert (found.text, found.as_it_stands) == (text, True)


def told(words: Countdown, moment: datetime, zone: str) -> Material:
    found = read_countdown(words, zone=zone, material_id="m0", now=moment)
    assert isinstance(found, Material)
    return found


@given(
    st.integers(1_704_067_200, 1_774_742_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),  # from 2024 on
    st.sampled_from(ZONES),
)
def test_at_each_midnight_there_is_one_day_less_and_until_then_what_was_said_is_true(
    moment: datetime, zone: str
) -> None:
    names = {"today": 0, "tomorrow": 1}
    now = told(WORDS, moment, zone)
    assert now.true_until is not None
    assert moment < now.true_until <= moment + timedelta(hours=26)
    assert told(WORDS, now.true_until - timedelta(seconds=1), zone).text == now.text

    left, then = (
        names.get(text) if text in names else int(text.removesuffix(" days"))
        for text in (now.text, told(WORDS, now.true_until, zone).text)
    )
    assert (left, then) == ((DAY - moment.astimezone(ZoneInfo(zone)).date()).days, (left or 0) - 1)


def test_sentences_are_taken_in_turn_and_the_number_says_how_it_was_reckoned() -> None:
    words = Countdown(DAY, ("in {days_left} days", "{days_left} days more"))
    first, next_day = datetime(2026, 3, 27, 10, tzinfo=UTC), datetime(2026, 3, 28, 10, tzinfo=UTC)
    four, three = told(words, first, "Europe/Berlin"), told(words, next_day, "UTC")

    assert (four.text, three.text) == ("in 4 days", "3 days more")
    (figure,) = four.figures
    assert (figure.span, figure.source) == ((3, 4), "the days from 2026-03-27 to 2026-03-31 in Europe/Berlin")


@pytest.mark.parametrize(
    ("words", "moment", "why"),
    [
        (WORDS, "2026-04-01T00:00:00Z", "2026-03-31 has passed"),
        (Countdown(DAY, ("{days_left}",)), "2026-03-30T12:00:00Z", "set countdown.tomorrow"),
        (Countdown(DAY, ("{days_left}",)), "2026-03-31T12:00:00Z", "set countdown.today"),
        (Countdown(DAY, ("{days_left}",), days=10), "2026-03-20T12:00:00Z", "it begins 10 days before 2026-03-31"),
        (Countdown(DAY, ("{days_left}",), days=1), "2026-03-29T12:00:00Z", "it begins 1 days before"),
    ],
)
def test_a_day_without_words_is_no_failure_and_says_why(words: Countdown, moment: str, why: str) -> None:
    found = said(words, moment)

    assert isinstance(found, Rejected)
    assert (found.failed, why in found.reason) == (False, True)


def test_a_tip_is_the_same_however_it_is_spaced_and_another_when_a_word_differs() -> None:
    assert tip_key("Ship  small.\n") == tip_key("Ship small.") != tip_key("Ship smaller.")
    assert tip_material("  Ship\u200b small. ", item_id=3, material_id="m0").text == "Ship small."
