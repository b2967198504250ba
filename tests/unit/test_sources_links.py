from __future__ import annotations

import pytest

from sources.links import canonical, in_ascii


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://Example.ORG/A?b=C", "https://example.org/A?b=C"),
        ("http://example.org:80", "http://example.org/"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("/post/1", "https://feed.test/post/1"),
        ("post/1", "https://feed.test/blog/post/1"),
        ("//other.test/x", "https://other.test/x"),
        ("https://example.org/x?utm_source=rss&id=7&fbclid=q", "https://example.org/x?id=7"),
        ("https://example.org/x?a=b;c&d", "https://example.org/x?a=b;c&d"),
        ("https://example.org/changes#v2", "https://example.org/changes#v2"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
    ],
)
def test_a_link_is_absolute_and_the_same_for_the_same_page(link: str, kept: str) -> None:
    assert canonical(link, "https://feed.test/blog/") == kept


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.c", "",
        None,        "https://user:secret@example.org/", "https://exa mple.org/", "http://example.org:99999/", "http://[::1",
        "https://example.org/" + "x" * 3_000,
    ],
)  # fmt: skip
def test_what_is_no_web_link_is_dropped(link: str | None) -> None:
    assert canonical(link, "https://feed.test/") is None


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/x Buy this", "https://a.example/x%20Buy%20this"),
        ("https://a.example/\u202egpj", "https://a.example/%E2%80%AEgpj"),
        ("https://a.example/a\u200bb", "https://a.example/a%E2%80%8Bb"),
        ("https://a.example/a\u3164b", "https://a.example/a%E3%85%A4b"),
        ("https://a.example/für", "https://a.example/für"),
    ],
)
def test_white_space_and_what_cannot_be_seen_are_encoded(link: str, kept: str) -> None:
    assert canonical(link) == kept


@pytest.mark.parametrize(
    ("link", "posted"),
    [
        ("https://a.example/x。買え", "https://a.example/x%E3%80%82%E8%B2%B7%E3%81%88"),
        ("https://a.example/<a>b</a>", "https://a.example/%3Ca%3Eb%3C/a%3E"),
        ("https://bücher.example/für?q=ä#ö", "https://bücher.example/f%C3%BCr?q=%C3%A4#%C3%B6"),
        ("https://a.example/x_(y)?a=b%20c&d=[e]", "https://a.example/x_(y)?a=b%20c&d=[e]"),
    ],
)
def test_a_link_is_posted_in_letters_of_which_x_makes_one_link(link: str, posted: str) -> None:
    assert in_ascii(link) == posted
