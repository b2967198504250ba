"""Feeds and their entries as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scheduler.shown.schema_words import INSTANT, NUMBER, TEXT, Schema, list_of, object_of, or_null
from storage.feed_entries import Held
from storage.feed_pages import Shown
from storage.feeds import Feed


def feed(feed: Feed) -> dict[str, Any]:
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "fetched_at": feed.fetched_at,
        "failures": feed.failures,
        "last_error": feed.last_error,
    }


def shown(found: Shown) -> dict[str, Any]:
    """Show a feed with its owner's name for it, and who reads it."""
    return feed(found.feed) | {"name": found.name, "templates": list(found.templates)}


def entry(held: Held) -> dict[str, Any]:
    return {
        "id": held.id,
        "title": held.entry.title,
        "url": held.entry.url,
        "dated": held.dated,
        "uses": [asdict(use) for use in held.uses],
    }


FEED: Schema = object_of(
    id=NUMBER,
    url=TEXT,
    title=TEXT,
    name=or_null(TEXT),
    fetched_at=or_null(INSTANT),
    failures=NUMBER,
    last_error=or_null(TEXT),
    templates=list_of(TEXT),
)
ENTRY: Schema = object_of(
    id=NUMBER,
    title=TEXT,
    url=or_null(TEXT),
    dated=INSTANT,
    uses=list_of(object_of(template=TEXT, status=TEXT, run_id=or_null(TEXT), at=INSTANT)),
)
