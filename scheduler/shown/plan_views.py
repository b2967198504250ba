"""What `ostinato template plan` prints as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduler.forecast import Collision, Comparison, Outlook
    from scheduler.operations.forecasting import Plan, Span


def plan(found: Plan) -> dict[str, Any]:
    return {
        **_span(found.span),
        "totals": totals(found),
        "days": [
            {
                "day": day.day.isoformat(),
                "runs": day.runs,
                "posts": day.posts,
                "not_run": {reason.value: count for reason, count in day.closed},
                "first": day.first,
                "last": day.last,
                "cost_micros": found.costs.days.get(day.day, 0),
                "over_budget": found.costs.over.get(day.day, 0),
            }
            for day in found.days
        ],
        "templates": [_outlook(each, found, paused=each.template.name in found.paused) for each in found.outlooks],
        "forecast": {
            "collisions": [_collision(each) for each in found.collisions],
            "overlaps": {each.template.name: each.tight for each in found.outlooks if each.tight},
            "over_budget": {
                name: {"count": len(each.over), "first_at": each.over[0]}
                for name, each in found.costs.templates.items()
                if each.over
            },
            "model_cost_unknown": found.costs.model_unknown,
        },
    }


def totals(found: Plan) -> dict[str, Any]:
    return {
        "templates": len(found.outlooks),
        "runs": sum(len(each.runs) for each in found.outlooks),
        "posts": sum(each.posts for each in found.outlooks),
        "not_run": _not_run(found.outlooks),
        "cost_micros": found.costs.total,
    }


def comparison(span: Span, found: Iterable[Comparison]) -> dict[str, Any]:
    return {
        **_span(span),
        "templates": [
            {
                "name": each.name,
                "kept": each.kept,
                "moved": [{"from": old, "to": new} for old, new in each.moved],
                "added": list(each.added),
                "dropped": list(each.dropped),
            }
            for each in found
        ],
    }


def _span(span: Span) -> dict[str, Any]:
    return {"from": span.start, "until": span.until}


def _outlook(shown: Outlook, found: Plan, *, paused: bool) -> dict[str, Any]:
    cost = found.costs.templates[shown.template.name]
    over = set(cost.over)
    slots = sorted((*shown.runs, *shown.closed), key=lambda slot: slot.at)
    return {
        "name": shown.template.name,
        "account": shown.template.account,
        "paused": paused,
        "runs": len(shown.runs),
        "posts": shown.posts,
        "not_run": _not_run([shown]),
        "overdue": [
            {"from": each.start, "to": each.end, "count": each.count, "reason": each.reason.value}
            for each in shown.overdue
        ],
        "ended_at": shown.ended_at,
        "cost_micros": cost.total,
        "post_cost_micros": cost.each.posts,
        "model_cost_micros": cost.each.model,
        "without_model": cost.without_model,
        "slots": [
            {
                "at": slot.at,
                "nominal": slot.nominal,
                "note": slot.note and slot.note.value,
                "reason": slot.reason and slot.reason.value,
                "forecast": "over_budget" if slot.at in over else None,
            }
            for slot in slots
        ],
    }


def _collision(shown: Collision) -> dict[str, Any]:
    return {
        "account": shown.account,
        "first": shown.first,
        "second": shown.second,
        "count": shown.count,
        "first_at": shown.first_at,
        "nearest": shown.nearest,
        "delay": shown.delay,
        "gap": shown.gap,
    }


def _not_run(outlooks: Iterable[Outlook]) -> dict[str, int]:
    reasons = (slot.reason for each in outlooks for slot in each.closed)
    return dict(sorted(Counter(reason.value for reason in reasons if reason).items()))
