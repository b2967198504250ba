from __future__ import annotations

import pytest

from sources.links import canonical


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
