"""One run, one post, what deleting came to and a sample, as documents with all that belongs to each (docs/json.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domain.budget import Entry, cost
from scheduler.operations import why
from scheduler.operations.doubt import in_doubt
from scheduler.operations.posts import PostDetails
from scheduler.operations.runs import NamedRun, RunDetails
from scheduler.shown import views
from scheduler.shown.provenance import trace, traced_view

if TYPE_CHECKING:  # who shows other things need not wait for these
    from scheduler.operations.cancelling import Cancelled
    from scheduler.operations.deleting import Deletion
    from scheduler.operations.sampling import Sample


def named_run(found: NamedRun) -> dict[str, Any]:
    """Give a run as lists have it."""
    sentence = why.sentence(found.run, doubtful=found.doubtful)
    return views.run(found.run, found.template, sentence, doubtful=found.doubtful, decide_by=found.decide_by)


def run(details: RunDetails, site: str) -> dict[str, Any]:
    """Give a run with its posts, what it was asked, and what it has cost."""
    shown, doubtful = details.facts.run, in_doubt(details.facts.run, details.facts.publications)
    name, sentence = details.stored.template.name, why.sentence(shown, doubtful=doubtful)
    return views.run(shown, name, sentence, doubtful=doubtful, decide_by=details.decide_by) | {
        "revision": details.revision,
        "question": details.facts.question and views.question(details.facts.question),
        "posts": [views.post(each, site) for each in details.posts],
        "cost": _cost(details.payments),
    }


def cancelled(found: Cancelled) -> dict[str, Any]:
    """Give the run that was to be cancelled, and what stood in the way."""
    shown, out = found.details.facts.run, found.too_late
    return views.run(shown, found.details.stored.template.name, why.sentence(shown)) | {
        "answer": found.answer,
        "publication": out and views.publication(out),
    }


def post(details: PostDetails, written: why.Written, site: str) -> dict[str, Any]:
    """Give a post with where its words come from, and every attempt to publish it."""
    traced = trace(written.part, {material.id: material for material in written.material})
    return views.post(details.post, site) | {
        "template": details.template,
        "segments": [traced_view(each) for each in traced],
        "publications": [views.publication(each) for each in details.publications],
    }


def deletion(found: Deletion, site: str) -> dict[str, Any]:
    """Give what was deleted, what is out still, and why."""
    return {
        "deleted": [views.post(each, site) for each in found.deleted],
        "left": [views.post(each, site) for each in found.left],
        "error": found.error,
        "unclear": found.unclear,
    }


def sample(taken: Sample) -> dict[str, Any]:
    """Give what was gathered and written, and what would be posted."""
    chosen = {each.id for each in taken.chosen}
    found = views.evidence(taken.material, taken.rejected, taken.drafts, chosen, ())
    return {name: value for name, value in found.items() if name != "publications"} | {"choice_reason": taken.reason}


def _cost(payments: Sequence[Entry]) -> dict[str, Any]:
    total = cost(payments)
    return {
        "spent_micros": total.spent,
        "reserved_micros": total.reserved,
        "payments": [
            {
                "kind": each.kind.value,
                "state": each.state.value,
                "amount_micros": each.amount,
                "detail": each.detail,
                "at": each.at,
                "settled_at": each.settled_at,
            }
            for each in payments
        ],
    }
