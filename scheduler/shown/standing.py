"""How things stand, as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scheduler.operations.status import Status
from scheduler.shown import views


def status(found: Status, acknowledged: int) -> dict[str, Any]:
    return {
        "daemon": "running" if found.roles else "stopped",
        "daemons": dict(Counter(found.roles)),
        "missing_role": found.missing_role,
        "sandbox": found.sandbox,
        "templates": {each.value: count for each, count in found.templates.items()},
        "runs": {each.value: count for each, count in found.runs.items()},
        "unknown_outcomes": found.unknown,
        "next_slot_at": found.next_slot_at,
        "overdue": found.overdue,
        "unread_timelines": [
            {
                "account": each.account,
                "since": each.since,
                "next_at": each.next_at,
                "tries": each.tries,
                "last_error": each.last_error,
            }
            for each in found.unread_timelines
        ],
        "dead_deliveries": found.dead_deliveries,
        "unread_failures": [views.event(each) for each in found.unread],
        "acknowledged": acknowledged,
        "failed": found.failed,
    }
