"""RSS and Atom feeds: fetched here, taken apart in a process of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import httpx

from domain.errors import SourceError
from domain.material import Entry, FeedRead, Material, MaterialKind
from domain.protocols import Offload
from sources.fetch import fetch
from sources.links import in_ascii
from sources.offloaded import NotAFeed, parse_feed

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)


async def read_feed(
    url: str,
    *,
    client: httpx.AsyncClient,
    offload: Offload,
    etag: str | None = None,
    last_modified: str | None = None,
) -> FeedRead:
    """Read the feed at *url*; with the last read's *etag* and *last_modified* an unchanged feed is `not_modified`.

    Entries have plain text and canonical links and stand in the feed's own order. Raises SourceError when the feed
    cannot be had or is none.
    """
    fetched = await fetch(client, url, etag=etag, last_modified=last_modified, accept=ACCEPT)
    if fetched.not_modified:
        return FeedRead(
            url=url,
            entries=(),
            etag=fetched.etag or etag,
            last_modified=fetched.last_modified or last_modified,
            not_modified=True,
        )
    kind = f"{fetched.content_type}; charset={fetched.charset}" if fetched.charset else fetched.content_type
    try:
        read = await offload(parse_feed, fetched.body, fetched.url, kind)
    except NotAFeed as error:
        raise SourceError(url, str(error)) from error
    except TimeoutError as error:
        raise SourceError(url, "the feed took too long to take apart") from error
    except MemoryError as error:
        raise SourceError(url, "the feed needed too much memory to take apart") from error
    return replace(read, url=url, etag=fetched.etag, last_modified=fetched.last_modified)


def item_material(entry: Entry, *, item_id: int, feed_title: str, material_id: str, now: datetime) -> Material:
    """Give *entry* as material. An entry without text of its own speaks by its title."""
    return Material(
        id=material_id,
        kind=MaterialKind.FEED_ITEM,
        text=entry.text or entry.title,
        title=entry.title,
        url=in_ascii(entry.url) if entry.url else None,
        site=feed_title or (httpx.URL(entry.url).host if entry.url else None),
        author=entry.author,
        tags=entry.tags,
        published_at=entry.published_at,
        fetched_at=now,
        item_id=item_id,
    )
