"""Webhooks and deliveries as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.event import Channel, DeliveryStatus, EventType
from scheduler.operations.callbacks import Tested
from scheduler.shown.schema_words import FLAG, INSTANT, NUMBER, TEXT, Schema, list_of, object_of, one_of, or_null
from storage.delivery_pages import Told, Try
from storage.webhook_pages import Listed


def webhook(listed: Listed) -> dict[str, Any]:
    """Show a webhook; never its secret."""
    return {
        "id": listed.id,
        "channel": listed.channel.value,
        "url": listed.url,
        "template": listed.template,
        "active": listed.active,
        "gets": "questions" if listed.asked else "events",
        "events": None if listed.events is None else sorted(listed.events),
        "compatible": listed.compatible,
        "inactive_reason": listed.inactive_reason,
        "created_at": listed.created_at,
    }


def delivery(told: Told) -> dict[str, Any]:
    return {
        "id": told.id,
        "webhook_id": told.webhook_id,
        "event_id": told.event_id,
        "event": told.event.value,
        "template_id": told.template_id,
        "run_id": told.run_id,
        "sequence": told.sequence,
        "status": told.status.value,
        "attempts": told.attempts,
        "next_attempt_at": told.next_attempt_at,
        "delivered_at": told.delivered_at,
        "last_status": told.last_status,
        "last_error": told.last_error,
        "waits_for_an_earlier_one": told.waits,
    }


def tried(tries: list[Try]) -> list[dict[str, Any]]:
    return [asdict(each) for each in tries]


def tested(found: Tested) -> dict[str, Any]:
    return {
        "webhook_id": found.webhook_id,
        "event_id": found.event_id,
        "accepted": found.error is None,
        "status": found.status,
        "error": found.error and str(found.error),
        "duration_ms": round(found.took.total_seconds() * 1000),
    }


WEBHOOK: Schema = object_of(
    id=TEXT,
    channel=one_of(Channel),
    url=TEXT,
    template=or_null(TEXT),
    active=FLAG,
    gets={"enum": ["events", "questions"]},
    events=or_null(list_of(one_of(EventType))),
    compatible=FLAG,
    inactive_reason=or_null(TEXT),
    created_at=INSTANT,
)
TRIES: Schema = list_of(object_of(at=INSTANT, ok=FLAG, status=or_null(NUMBER), error=or_null(TEXT), duration_ms=NUMBER))
TESTED: Schema = object_of(
    webhook_id=TEXT,
    event_id=TEXT,
    accepted=FLAG,
    status=or_null(NUMBER),
    error=or_null(TEXT),
    duration_ms=NUMBER,
)
DELIVERY: Schema = object_of(
    id=TEXT,
    webhook_id=TEXT,
    event_id=TEXT,
    event=one_of(EventType),
    template_id=or_null(TEXT),
    run_id=or_null(TEXT),
    sequence=NUMBER,
    status=one_of(DeliveryStatus),
    attempts=NUMBER,
    next_attempt_at=or_null(INSTANT),
    delivered_at=or_null(INSTANT),
    last_status=or_null(NUMBER),
    last_error=or_null(TEXT),
    waits_for_an_earlier_one=FLAG,
)
