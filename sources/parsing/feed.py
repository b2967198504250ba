"""From the bytes of a feed to entries: plain text, absolute links, UTC dates."""

from __future__ import annotations

import calendar
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
from lxml import etree  # type: ignore[import-untyped]
from lxml.html import document_fromstring  # type: ignore[import-untyped]

from domain.material import Entry, FeedRead
from sources.links import canonical
from sources.offloaded import NotAFeed
from sources.parsing.charset import decode
from sources.parsing.markup import plain_text

ENTRIES_LIMIT = 200
_TITLE_LIMIT = 500
_TEXT_LIMIT = 50_000
_GUID_LIMIT = 500
_TAG_LIMIT = 12
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")


_value = dict[str, Any].get  # of what feedparser keeps: its own takes its time, and gives one date for another


def parse(body: bytes, url: str, content_type: str = "") -> FeedRead:
    """Give the entries of the feed in *body*, at most 200, the newest if they are dated. *url* is where it was read.

    Raises NotAFeed with the reason; for a web page that names its feed, with the feed's URL.
    """
    parsed = _parse(body, content_type)
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeed(_why_no_feed(body, url))
    site_url = canonical(parsed.feed.get("link"), url)
    author = parsed.feed.get("author", "")
    entries = [_entry(entry, url, author) for entry in _newest(parsed.entries)]
    return FeedRead(
        url=url,
        entries=tuple(entry for entry in entries if entry.title or entry.text or entry.url),
        title=_one_line(parsed.feed.get("title", "")),
        site_url=site_url,
    )


def _parse(body: bytes, content_type: str) -> Any:
    # As a file object: feedparser opens what it is given as bytes if that names a file. Its own resolving and
    # sanitising of HTML cost more than half of its time, and only text is kept of it here. Nor is it told where the
    # feed was read, which it would join to every element's base: links are made absolute here.
    try:
        return feedparser.parse(
            io.BytesIO(body),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": content_type},
        )
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeed(f"no parser can make sense of it ({type(error).__name__})") from error


def _newest(entries: list[Any]) -> list[Any]:
    if len(entries) <= ENTRIES_LIMIT:
        return entries
    dated = [(_published_at(entry), position, entry) for position, entry in enumerate(entries)]
    if any(moment is None for moment, _, _ in dated):
        return entries[:ENTRIES_LIMIT]
    newest = sorted(dated, key=lambda item: (item[0], -item[1]), reverse=True)[:ENTRIES_LIMIT]
    return [entry for _, _, entry in sorted(newest, key=lambda item: item[1])]


def _entry(entry: Any, url: str, feed_author: str) -> Entry:
    return Entry(
        guid=_guid(_value(entry, "id")),
        url=_link(entry, url),
        title=_one_line(_value(entry, "title")),
        text=_text(entry),
        published_at=_published_at(entry),
        author=_one_line(_value(entry, "author") or feed_author)[:200] or None,
        tags=_tags(_value(entry, "tags")),
    )


def _guid(guid: str | None) -> str | None:
    guid = (guid or "").strip()
    return (guid if len(guid) <= _GUID_LIMIT else hashlib.sha256(guid.encode()).hexdigest()) or None


def _link(entry: Any, url: str) -> str | None:
    """Give the entry's own page; feedparser has resolved links against xml:base already."""
    for candidate in _candidates(entry):
        if link := canonical(candidate, url):
            return link
    return None


def _candidates(entry: Any) -> Iterator[str | None]:
    yield _value(entry, "feedburner_origlink")
    yield _value(entry, "link")
    for link in _value(entry, "links") or ():
        if _value(link, "rel") == "alternate":
            yield _value(link, "href")


def _text(entry: Any) -> str:
    """Give the longer of the entry's content and its summary."""
    contents = (_value(entry, "content") or ())[:5]
    markups = [*[_value(content, "value") for content in contents], _value(entry, "summary")]
    return max([plain_text(markup, limit=_TEXT_LIMIT) for markup in markups if markup], key=len, default="")


def _one_line(markup: str | None) -> str:
    return plain_text(markup, limit=_TITLE_LIMIT).replace("\n", " ") if markup else ""


def _published_at(entry: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        if moment := _utc(_value(entry, name)):
            return moment
    return None


def _utc(parsed: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def _tags(tags: Iterable[Any] | None) -> tuple[str, ...]:
    if not tags:
        return ()
    words = (_one_line(_value(tag, "label") or _value(tag, "term")) for tag in tags)
    return tuple(dict.fromkeys(word for word in words if 1 < len(word) <= 40))[:_TAG_LIMIT]


def _why_no_feed(body: bytes, url: str) -> str:
    markup = decode(body[:500_000])
    if "<html" not in markup[:5_000].lower():
        return "not a feed" if body.strip() else "the feed is empty"
    try:
        links = document_fromstring(markup).xpath("//link[@rel='alternate' and @href]")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        links = []
    for link in links:
        if link.get("type", "").lower() in _FEED_TYPES and (found := canonical(link.get("href"), url)):
            return f"a web page, not a feed; it names {found} as its feed"
    return "a web page, not a feed, and it names no feed of its own"
