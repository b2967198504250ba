"""X accounts as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from typing import Any

from domain.duration import format_duration
from scheduler.operations.account import Gaps, Standing
from scheduler.shown.schema_words import FLAG, NUMBER, TEXT, Schema, list_of, object_of, or_null
from storage.restored import RestoredAccount
from xquik.accounts import Account


def connected(found: Account, gaps: Gaps) -> dict[str, Any]:
    """Show an account that is connected to the API key."""
    return {
        "id": found.id,
        "username": found.username,
        "display_name": found.display_name,
        "healthy": found.healthy,
        "health": found.health,
        "gap": format_duration(gaps.of(found.username)),
    }


def account(found: Standing) -> dict[str, Any]:
    """Show what is set for an account; amounts are in millionths of a US dollar."""
    budget = found.budget
    return {
        "account": found.account,
        "gap": format_duration(found.gap),
        "own": found.own,
        "budget": budget and {"day": budget.day, "month": budget.month, "timezone": budget.timezone},
        "templates": list(found.templates),
    }


def resumed(found: RestoredAccount) -> dict[str, Any]:
    return {"account": found.account, "since": found.since, "restored_at": found.restored_at}


CONNECTED: Schema = object_of(id=TEXT, username=TEXT, display_name=or_null(TEXT), healthy=FLAG, health=TEXT, gap=TEXT)
ACCOUNT: Schema = object_of(
    account=TEXT,
    gap=TEXT,
    own=FLAG,
    budget=or_null(object_of(day=or_null(NUMBER), month=or_null(NUMBER), timezone=TEXT)),
    templates=list_of(TEXT),
)
