"""What the examples of several operations show: plain values, checked against the schemas by tests."""

from __future__ import annotations

from typing import Any

TEMPLATE_ID = "0197f3a2-5b1c-7c3e-9a41-5d2f8e6b7c10"
RUN_ID = "0197f3a2-6f10-7d44-8b2e-0c9d1e2f3a4b"
SLOT = "2026-03-27T08:00:00.000000Z"
DOCUMENT: dict[str, Any] = {
    "name": "morning",
    "account": "acme",
    "type": "tweet",
    "url": "https://example.com/news",
    "schedule": {"times": ["09:00"], "timezone": "Europe/Berlin"},
}
TEMPLATE: dict[str, Any] = {
    "id": TEMPLATE_ID,
    **DOCUMENT,
    "status": "active",
    "next_slot_at": SLOT,
    "last_run_at": None,
    "pause_reason": None,
    "pause_note": None,
    "created_at": "2026-03-26T12:00:00.000000Z",
    "updated_at": "2026-03-26T12:00:00.000000Z",
    "deleted_at": None,
}
PAUSED: dict[str, Any] = TEMPLATE | {
    "status": "paused",
    "next_slot_at": None,
    "pause_reason": "by_owner",
    "pause_note": "the site is being moved",
}
DELETED: dict[str, Any] = TEMPLATE | {
    "status": "deleted",
    "next_slot_at": None,
    "pause_reason": "by_owner",
    "deleted_at": "2026-03-26T13:00:00.000000Z",
}
RUN: dict[str, Any] = {
    "id": RUN_ID,
    "template": "morning",
    "template_id": TEMPLATE_ID,
    "account": "acme",
    "slot_at": "2026-03-26T12:30:00.000000Z",
    "due_at": "2026-03-26T12:30:00.000000Z",
    "trigger": "request",
    "retry_of": None,
    "status": "queued",
    "unknown_outcome": False,
    "reason": None,
    "sentence": "it waits to be worked on",
    "detail": None,
    "verdict": None,
    "approved_revision": None,
    "decide_by": None,
    "not_before": None,
    "started_at": None,
    "finished_at": None,
}
SKIPPED: dict[str, Any] = RUN | {
    "slot_at": SLOT,
    "due_at": SLOT,
    "trigger": "schedule",
    "status": "skipped",
    "reason": "owner_skipped",
    "sentence": "its owner skipped this slot",
    "finished_at": "2026-03-26T12:00:00.000000Z",
}
