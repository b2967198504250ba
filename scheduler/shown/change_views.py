"""What an apply does, as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from scheduler.operations.applying import Action, Change
from scheduler.shown import views


def changes(found: Collection[Change]) -> dict[str, Any]:
    return {"templates": [_change(each) for each in found], "totals": totals(found)}


def totals(found: Collection[Change]) -> dict[str, int]:
    return {action.value: sum(each.action is action for each in found) for action in Action}


def _change(shown: Change) -> dict[str, Any]:
    state = shown.stored.state
    return {
        "name": shown.stored.template.name,
        "id": shown.stored.template.id,
        "action": shown.action.value,
        "file": shown.file and str(shown.file),
        "fields": [{"field": each.field, "old": each.old, "new": each.new} for each in shown.fields],
        "status": state.status.value,
        "next_slot_at": state.next_slot_at,
        **views.secrets(shown.secrets),
    }
