"""When two entries are the same one."""

from __future__ import annotations

import pytest

from domain.material import Entry
from storage.feed_identity import canonical_link, identities


def entry(guid: str | None = None, url: str | None = None, title: str = "Title", text: str = "") -> Entry:
    return Entry(guid, url, title, text)


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/a?id=1",
        "HTTPS://Example.ORG/a?id=1",
        "http://example.org/a?id=1",
        "https://example.org:443/a?id=1",
        "https://example.org/a/?id=1",
        "https://example.org/a?id=1#comments",
        "https://example.org/a?utm_source=rss&id=1&UTM_Medium=feed",
        "https://example.org/a?id=1&fbclid=x&gclid=y",
        "  https://example.org/a?id=1 ",
    ],
)
def test_what_changes_while_the_page_stays_the_same_is_left_out(other: str) -> None:
    assert canonical_link(other) == "https://example.org/a?id=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/a?id=2",
        "https://example.org/A?id=1",
        "https://example.org/a",
        "https://www.example.org/a?id=1",
        "https://example.org:8443/a?id=1",
        "https://example.org/a?id=1#!/page",
    ],
)
def test_another_page_stays_another(other: str) -> None:
    assert canonical_link(other) != "https://example.org/a?id=1"


@pytest.mark.parametrize("odd", ["", "tag:example.org,2026:1", "not a url", "https://[broken", "https://x:port/"])
def test_what_is_no_page_address_is_kept(odd: str) -> None:
    assert canonical_link(odd) == odd


def test_an_entry_is_known_by_guid_link_and_words() -> None:
    (keys,) = identities([entry("g1", "https://example.org/a", text="words")])
    assert keys[:2] == ("guid:g1", "link:https://example.org/a")
    assert keys[2].startswith("text:")


def test_words_are_compared_without_case_and_white_space() -> None:
    (one,), (two,) = identities([entry(text="Some  Words\n")]), identities([entry(title=" TITLE", text="some words")])
    assert one == two


def test_a_title_alone_identifies_only_what_has_nothing_else() -> None:
    (with_guid,) = identities([entry("g1", None, "Weekly open thread")])
    (bare,) = identities([entry(None, None, "Weekly open thread")])
    assert with_guid == ("guid:g1",)
    assert len(bare) == 1
    assert bare[0].startswith("text:")


def test_a_link_that_a_feed_gives_to_everything_identifies_nothing() -> None:
    front = "https://example.org/"
    one, two = identities([entry("g1", front, text="first"), entry("g2", front, text="second")])
    assert not set(one) & set(two)
    assert one[0] == "guid:g1"


def test_a_guid_that_a_feed_gives_to_everything_identifies_nothing() -> None:
    one, two = identities([entry("x", "https://e.org/1", text="first"), entry("x", "https://e.org/2", text="second")])
    assert not set(one) & set(two)


def test_the_same_entry_listed_twice_is_one() -> None:
    one, two = identities([entry("g1", "https://e.org/1", text="first")] * 2)
    assert one == two


def test_an_entry_listed_under_two_guids_with_the_same_words_is_one() -> None:
    one, two = identities([entry("g1", "https://e.org/1", text="same"), entry("g2", "https://e.org/1", text="same")])
    assert "link:https://e.org/1" in set(one) & set(two)
