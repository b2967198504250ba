"""Calendars as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from scheduler.operations.calendar_copies import Followed
from scheduler.shown.schema_words import INSTANT, NUMBER, TEXT, Schema, list_of, object_of, or_null


def calendar(found: Followed) -> dict[str, Any]:
    return {
        "url": found.kept.url,
        "events": len(found.kept.spans),
        "templates": list(found.templates),
        "fetched_at": found.kept.fetched_at,
        "tried_at": found.kept.tried_at,
        "failures": found.kept.failures,
        "last_error": found.kept.last_error,
    }


def refreshed(read: Sequence[str], wanted: Collection[str], changed: Sequence[str]) -> dict[str, Any]:
    """Show which of the *wanted* URLs were read, and which templates have other dates now."""
    return {"read": list(read), "failed": sorted({*wanted} - {*read}), "changed": list(changed)}


CALENDAR: Schema = object_of(
    url=TEXT,
    events=NUMBER,
    templates=list_of(TEXT),
    fetched_at=INSTANT,
    tried_at=INSTANT,
    failures=NUMBER,
    last_error=or_null(TEXT),
)
REFRESHED: Schema = object_of(read=list_of(TEXT), failed=list_of(TEXT), changed=list_of(TEXT))
