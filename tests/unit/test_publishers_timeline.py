"""Whether a tweet of the timeline is the part that was to be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.publication import Publication
from publishers.timeline import may_be, same_text, unexpanded
from xquik.tweets import Tweet

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
FIRST = Publication("p", "r", "t", "ada", 0, 0, 0, "i-r-0-0-0", "Hello", None, NOW)
SECOND = replace(FIRST, part=1, reply_to="19")
LINKS = {"https://t.co/abc": "https://example.com/a?x=1&copy=2", "https://t.co/def": "http://Example.org/"}


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Hello", "Hello"),
        ("Q&amp;A: 1 &lt; 2 &gt; 0", "Q&A: 1 < 2 > 0"),
        ("Q&A: 1 < 2", "Q&A: 1 < 2"),
        ("Write &amp;amp; in HTML", "Write &amp; in HTML"),
        ("Write &amp; in HTML", "Write &amp; in HTML"),
        ("See https://t.co/abc now", "See https://example.com/a?x=1&copy=2 now"),
        ("See https://t.co/def", "See example.org"),
        ("(https://t.co/abc)", "(https://example.com/a?x=1&copy=2)"),
        ("Cafe\u0301 au lait", "Café au lait"),
        ("One\n\nTwo  three ", "One\nTwo three"),
    ],
)
def test_the_same_post_reads_the_same_however_it_is_stored(shown: str, said: str) -> None:
    assert same_text(Tweet("1", shown, links=LINKS), said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Hello", "hello"),
        ("Hello.", "Hello"),
        ("Hello there", "Hello"),
        ("RT @ada: Hello", "Hello"),
        ("See https://t.co/abc", "See https://example.com/b"),
        ("See https://t.co/zzz", "See https://example.com/a"),
        ("See https://example.com/A", "See https://example.com/a"),
    ],
)
def test_another_post_is_not_taken_for_it(shown: str, said: str) -> None:
    assert not same_text(Tweet("1", shown, links=LINKS), said)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_every_text_is_found_again_as_x_stores_it(said: str) -> None:
    stored = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert same_text(Tweet("1", said), said)
    assert same_text(Tweet("1", stored), said)


@pytest.mark.parametrize(
    ("tweet", "first", "second"),
    [
        (Tweet("1", "…", NOW), True, True),
        (Tweet("1", "…", NOW, is_reply=False), True, False),
        (Tweet("1", "…", NOW, is_reply=True), False, True),
        (Tweet("1", "…", NOW, parent_id="19", is_reply=True), False, True),
        (Tweet("1", "…", NOW, parent_id="18", is_reply=True), False, False),
        (Tweet("1", "…", NOW - timedelta(seconds=119)), True, True),
        (Tweet("1", "…", NOW - timedelta(seconds=121)), False, False),
        (Tweet("1", "…", NOW + timedelta(hours=9)), True, True),
        (Tweet("1", "…", None), False, False),
    ],
)
def test_time_and_parent_must_fit(tweet: Tweet, first: bool, second: bool) -> None:
    assert (may_be(tweet, FIRST), may_be(tweet, SECOND)) == (first, second)


def test_a_short_link_without_its_meaning_is_noticed() -> None:
    assert unexpanded(Tweet("1", "See https://t.co/zzz", links=LINKS))
    assert not unexpanded(Tweet("1", "See https://t.co/abc", links=LINKS))
