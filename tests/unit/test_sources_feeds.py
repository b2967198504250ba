from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.material import Entry, MaterialKind
from sources.feed import item_material
from sources.offloaded import NotAFeed
from sources.parsing.feed import parse

SAVED = sorted((Path(__file__).parents[1] / "data" / "sources" / "feeds").glob("*.xml"))
URL = "https://quay.test/feed.xml"


def rss(*items: str, head: str = "") -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>T</title>{body}</channel></rss>'.encode()


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_saved_feed_gives_what_its_first_lines_expect(path: Path) -> None:
    body = path.read_bytes()
    text = body.decode("latin-1" if b"ISO-8859-1" in body else "utf-8")
    found = re.search(r"<!-- expect: (.*?) -->", text, re.DOTALL)
    assert found is not None, f"{path} says not what is expected of it"
    expected: dict[str, Any] = json.loads(found[1])
    read = parse(body, URL)
    assert read.title == expected["title"]
    assert read.site_url == expected["site_url"]
    entries = [asdict(entry) for entry in read.entries]
    for entry in entries:
        entry["published_at"] = entry["published_at"].isoformat() if entry["published_at"] else None
        entry["tags"] = list(entry["tags"])
    assert entries == expected["entries"]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://u:p@quay.test/"]
)
def test_a_link_that_is_no_web_link_is_dropped_and_the_entry_stays(link: str) -> None:
    (entry,) = parse(rss(f"<title>x</title><link>{link}</link>"), URL).entries
    assert entry.url is None


def test_an_entry_without_any_content_is_no_entry() -> None:
    assert parse(rss("<guid isPermaLink='false'>1</guid>"), URL).entries == ()


def test_an_overlong_guid_is_kept_by_its_hash() -> None:
    (entry,) = parse(rss(f"<title>x</title><guid isPermaLink='false'>{'g' * 5_000}</guid>"), URL).entries
    assert entry.guid is not None
    assert len(entry.guid) == 64


def test_of_a_long_feed_the_newest_two_hundred_entries_are_read_in_its_own_order() -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    items = [
        f"<title>{day}</title><pubDate>{(start + timedelta(days=day)).strftime('%a, %d %b %Y %H:%M:%S GMT')}</pubDate>"
        for day in range(300)
    ]
    assert [entry.title for entry in parse(rss(*items), URL).entries] == [str(day) for day in range(100, 300)]
    assert [entry.title for entry in parse(rss(*items[::-1]), URL).entries] == [str(day) for day in range(299, 99, -1)]


def test_of_a_long_undated_feed_the_first_two_hundred_entries_are_read() -> None:
    items = [f"<title>{number}</title>" for number in range(300)]
    assert [entry.title for entry in parse(rss(*items), URL).entries] == [str(number) for number in range(200)]


def test_huge_entries_are_cut() -> None:
    (entry,) = parse(rss(f"<title>{'t' * 10_000}</title><description>{'d ' * 400_000}</description>"), URL).entries
    assert len(entry.title) == 500
    assert len(entry.text) <= 50_000


def test_a_bomb_of_entities_does_not_go_off() -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = rss("<title>&e9;</title>", head=f'<!DOCTYPE rss [<!ENTITY e0 "boom">{levels}]>')
    for entry in parse(bomb, URL).entries:
        assert len(entry.title) <= 500


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    feed = rss("<title>a &x; b</title>", head=f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>')
    assert all("secret" not in entry.title for entry in parse(feed, URL).entries)


def test_bytes_that_name_a_file_are_not_opened(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("<title>x</title>"))
    with pytest.raises(NotAFeed):
        parse(str(feed).encode(), URL)


@pytest.mark.parametrize("date", ["yesterday", "32 Foo 2025", "Tue, 04 Mar 99999 09:30:00 GMT", ""])
def test_a_date_that_is_none_leaves_the_entry_undated(date: str) -> None:
    (entry,) = parse(rss(f"<title>x</title><pubDate>{date}</pubDate>"), URL).entries
    assert entry.published_at is None


@pytest.mark.parametrize("body", [b"", b"  ", b"hello", b"{}", b"\x89PNG\r\n\x1a\n\x00\x00", b"<a><b/></a>"])
def test_what_is_no_feed_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAFeed, match=r"not a feed|feed is empty"):
        parse(body, URL)


def test_bytes_that_upset_the_parser_are_no_feed() -> None:
    with pytest.raises(NotAFeed, match="no parser can make sense of it"):
        parse(b'<?xml version="1.0" encoding="ut\x00f-8"?><rss version="2.0"/>', URL)


def test_a_web_page_is_told_apart_and_its_feed_is_named() -> None:
    page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/news.xml"></head><body>x</body></html>'
    with pytest.raises(NotAFeed, match=r"it names https://quay\.test/news\.xml as its feed"):
        parse(page, URL)
    with pytest.raises(NotAFeed, match="names no feed"):
        parse(b"<!DOCTYPE html><html><body>x</body></html>", URL)


def test_an_entry_becomes_material_with_its_provenance() -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    entry = Entry(guid="1", url="https://quay.test/1", title="Title", text="", tags=("a",))
    material = item_material(entry, item_id=7, feed_title="", material_id="m0", now=now)
    assert material.kind is MaterialKind.FEED_ITEM
    assert (material.text, material.site, material.item_id, material.fetched_at) == ("Title", "quay.test", 7, now)
    assert item_material(entry, item_id=7, feed_title="Notes", material_id="m0", now=now).site == "Notes"
