"""The answers to "why?" as JSON: a run, a gap, a slot to come, or an instant that is no slot (docs/json.md)."""

from __future__ import annotations

from typing import Any

from domain.run import Gap
from scheduler.operations import why
from scheduler.shown import views


def answer(found: why.Answer, site: str) -> dict[str, Any]:
    """Give the answer as JSON; its `kind` says which one it is."""
    if isinstance(found, why.Why):
        return {"kind": "run", **_run(found, site)}
    if isinstance(found, why.WhyGap):
        gap = views.gap(found.gap, found.template, found.sentence)
        return {"kind": "gap", **gap, "slot_at": found.slot_at, "chain": chain(found.chain)}
    if isinstance(found, why.WhySlot):
        return {"kind": "slot", **_slot(found)}
    return {"kind": "nothing", **_nothing(found)}


def chain(links: why.Chain) -> list[dict[str, Any]]:
    return [
        {
            "step": each.step.value,
            "effect": each.effect.value,
            "said": each.said,
            "reason": each.reason and each.reason.value,
            "at": each.at,
        }
        for each in links
    ]


def _run(found: why.Why, site: str) -> dict[str, Any]:
    return {
        **views.run(found.run, found.template, found.sentence, doubtful=found.doubtful),
        "chain": chain(found.chain),
        **views.evidence(found.material, found.rejected, found.drafts, found.chosen, found.publications),
        "choice_reason": found.choice_reason,
        "posts": [views.post(each, site) for each in found.posts],
        "callbacks": [_callback(each) for each in found.callbacks],
    }


def _callback(told: why.Callback) -> dict[str, Any]:
    return {
        "event": told.event,
        "webhook_id": told.webhook_id,
        "status": told.status.value,
        "attempts": told.attempts,
        "last_error": told.last_error,
        "tries": [
            {
                "at": each.at,
                "ok": each.ok,
                "status": each.status,
                "error": each.error,
                "duration_ms": each.duration_ms,
            }
            for each in told.tries
        ],
    }


def _slot(found: why.WhySlot) -> dict[str, Any]:
    slot = found.slot
    return {
        "template": found.template,
        "template_id": found.template_id,
        "slot_at": slot.at,
        "nominal": slot.nominal or slot.at,
        "note": slot.note and slot.note.value,
        "standing": found.standing.value,
        "due_at": found.due_at,
        "reason": found.reason and found.reason.value,
        "sentence": found.sentence,
        "chain": chain(found.chain),
    }


def _nothing(found: why.WhyNothing) -> dict[str, Any]:
    return {
        "template": found.template,
        "template_id": found.template_id,
        "at": found.at,
        "sentence": found.sentence,
        "before": found.before and _neighbour(found.before),
        "after": found.after and _neighbour(found.after),
        "gap": found.gap and _gap(found.gap),
    }


def _neighbour(near: why.Neighbour) -> dict[str, Any]:
    return {
        "slot_at": near.at,
        "run_id": near.run_id,
        "status": near.status and near.status.value,
        "reason": near.reason and near.reason.value,
        "sentence": near.sentence,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"from": gap.start, "to": gap.end, "count": gap.count, "reason": gap.reason.value}
