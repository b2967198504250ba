"""What commands print as JSON: plain values under stable snake_case keys (docs/json.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.draft import Draft, Score
from domain.event import Event
from domain.material import Material, ReadFile
from domain.publication import Post, Publication
from domain.question import Question
from domain.run import Gap, Rejected, Run
from domain.template import StoredTemplate
from domain.template_document import to_document
from domain.token import Token, in_order
from scheduler.operations.places import X, link
from scheduler.shown import picture_views, plan_views
from scheduler.shown.provenance import segment_view
from storage.blobs import Blob

if TYPE_CHECKING:  # commands that show other things need not wait for these
    from scheduler.forecast import Comparison
    from scheduler.operations.applying import FieldChange
    from scheduler.operations.forecasting import Span
    from scheduler.operations.slots import Ahead
    from scheduler.operations.templates import Stopped
    from scheduler.operations.told import Secrets


def template(stored: StoredTemplate) -> dict[str, Any]:
    state = stored.state
    return {
        "id": stored.template.id,
        **to_document(stored.template),
        "status": state.status.value,
        "next_slot_at": state.next_slot_at,
        "last_run_at": state.last_run_at,
        "pause_reason": state.pause_reason and state.pause_reason.value,
        "pause_note": state.pause_note,
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "deleted_at": state.deleted_at,
    }


def stopped(found: Stopped) -> dict[str, Any]:
    more = {"cancelled_runs": found.cancelled, "runs_going_on": found.going_on}
    return template(found.stored) | more


def edited(
    stored: StoredTemplate, fields: Iterable[FieldChange], span: Span, slots: Iterable[Comparison]
) -> dict[str, Any]:
    changed = [{"field": each.field, "old": each.old, "new": each.new} for each in fields]
    return template(stored) | {"fields": changed, "slots": plan_views.comparison(span, slots)}


def secrets(made: Secrets) -> dict[str, Any]:
    return {"callback_secret": made.callback, "pre_publish_secret": made.pre_publish}


def secret_lines(made: Secrets) -> list[str]:
    """Say which new webhooks are signed with what."""
    lines = [f"callbacks are signed with {made.callback}"] if made.callback else []
    return [*lines, f"pre_publish is signed with {made.pre_publish}"] if made.pre_publish else lines


def slot(ahead: Ahead) -> dict[str, Any]:
    planned = ahead.slot
    return {
        "at": planned.at,
        "due_at": ahead.due_at,
        "nominal": planned.nominal or planned.at,
        "note": planned.note and planned.note.value,
        "reason": planned.reason and planned.reason.value,
    }


def run(
    shown: Run, template_name: str, sentence: str, *, doubtful: bool = False, decide_by: datetime | None = None
) -> dict[str, Any]:
    return {
        "id": shown.id,
        "template": template_name,
        "template_id": shown.template_id,
        "account": shown.account,
        "slot_at": shown.slot_at,
        "due_at": shown.due_at,
        "trigger": shown.trigger.value,
        "retry_of": shown.retry_of,
        "status": shown.status.value,
        "unknown_outcome": doubtful,
        "reason": shown.reason and shown.reason.value,
        "sentence": sentence,
        "detail": shown.detail,
        "verdict": shown.verdict and shown.verdict.value,
        "approved_revision": shown.approved_revision,
        "decide_by": decide_by,
        "not_before": shown.not_before,
        "started_at": shown.started_at,
        "finished_at": shown.finished_at,
    }


def question(shown: Question) -> dict[str, Any]:
    return {
        "id": shown.id,
        "revision": shown.revision,
        "asked_at": shown.asked_at,
        "deadline": shown.deadline,
        "attempts": shown.attempts,
        "last_error": shown.last_error,
        "decision": shown.decision and shown.decision.value,
        "reason": shown.reason,
        "decided_at": shown.decided_at,
    }


def gap(found: Gap, template_name: str, sentence: str) -> dict[str, Any]:
    return {
        "template": template_name,
        "template_id": found.template_id,
        "from": found.start,
        "to": found.end,
        "count": found.count,
        "reason": found.reason.value,
        "sentence": sentence,
    }


def post(shown: Post, site: str = X) -> dict[str, Any]:
    return {
        "id": shown.id,
        "run_id": shown.run_id,
        "template_id": shown.template_id,
        "account": shown.account,
        "group": shown.group,
        "part": shown.part,
        "text": shown.text,
        "status": shown.status.value,
        "tweet_id": shown.tweet_id,
        "url": link(site, shown.tweet_id),
        "error": shown.error,
        "draft_id": shown.draft_id,
        "pictures": [picture_views.picture(each) for each in shown.pictures],
        "created_at": shown.created_at,
        "published_at": shown.published_at,
    }


def publication(shown: Publication) -> dict[str, Any]:
    return {
        "id": shown.id,
        "group": shown.group,
        "part": shown.part,
        "attempt": shown.attempt,
        "idempotency_key": shown.idempotency_key,
        "outcome": shown.outcome and shown.outcome.value,
        "tweet_id": shown.tweet_id,
        "reason": shown.reason,
        "intended_at": shown.intended_at,
        "settled_at": shown.settled_at,
        "settled_by": shown.settled_by,
        "made_with_ai": shown.made_with_ai,
        "picture": picture_views.attachment(shown.picture),
        "asks": shown.asks,
        "next_ask_at": shown.next_ask_at,
    }


def material(shown: Material) -> dict[str, Any]:
    return {
        "id": shown.id,
        "kind": shown.kind.value,
        "title": shown.title,
        "url": shown.url,
        "site": shown.site,
        "author": shown.author,
        "language": shown.language,
        "tags": list(shown.tags),
        "published_at": shown.published_at,
        "fetched_at": shown.fetched_at,
        "characters": len(shown.text),
        "text": shown.text,
        "figures": [{"text": shown.text[slice(*each.span)], "source": each.source} for each in shown.figures],
        "file": shown.file and _read_file(shown.file),
    }


def _read_file(shown: ReadFile) -> dict[str, Any]:
    return {
        "source": shown.source,
        "digest": shown.digest,
        "media_type": shown.media_type,
        "size": shown.size,
        "reader": shown.reader,
        "why": shown.why or None,
        "facts": shown.facts or None,
        "file": shown.blob,
        "alt": shown.alt or None,
        "attach": shown.attach,
    }


def draft(shown: Draft, *, chosen: bool) -> dict[str, Any]:
    return {
        "id": shown.id,
        "chosen": chosen,
        "engine": shown.engine,
        "tweet_style": shown.tweet_style and shown.tweet_style.value,
        "language": shown.language,
        "parts": [
            {"text": part.text, "segments": [segment_view(segment) for segment in part.segments]}
            for part in shown.parts
        ],
        "material_ids": list(shown.material_ids),
        "refined_from": shown.refined_from,
        "refinements": list(shown.refinements),
        "unmet_hints": list(shown.unmet_hints),
        "score": shown.score and score(shown.score),
        "origin": shown.origin and asdict(shown.origin),
        "repeats": shown.repeats and asdict(shown.repeats),
    }


def score(shown: Score) -> dict[str, Any]:
    return {
        "value": shown.value,
        "scored_by": shown.scored_by,
        "checks": [
            {"factor": check.factor, "passed": check.passed, "suggestion": check.suggestion} for check in shown.checks
        ],
        "part": shown.part,
        "top_suggestion": shown.top_suggestion,
    }


def file(shown: Blob, *, needed: bool) -> dict[str, Any]:
    return {
        "id": shown.id,
        "name": shown.name,
        "media_type": shown.media_type,
        "size": shown.size,
        "digest": shown.digest,
        "created_at": shown.created_at,
        "needed": needed,
    }


def token(shown: Token) -> dict[str, Any]:
    return {
        "id": shown.id,
        "name": shown.name,
        "owner": shown.owner,
        "prefix": shown.prefix,
        "scopes": [each.value for each in in_order(shown.scopes)],
        "created_at": shown.created_at,
        "last_used_at": shown.last_used_at,
        "expires_at": shown.expires_at,
        "revoked_at": shown.revoked_at,
    }


def event(shown: Event) -> dict[str, Any]:
    return {
        "id": shown.id,
        "type": shown.type.value,
        "created_at": shown.created_at,
        "template_id": shown.template_id,
        "run_id": shown.run_id,
        "sequence": shown.sequence,
        "data": shown.data,
    }


def evidence(
    materials: Sequence[Material],
    rejected: Sequence[Rejected],
    drafts: Sequence[Draft],
    chosen: Collection[str],
    publications: Sequence[Publication],
) -> dict[str, Any]:
    """Give what was gathered, written and chosen, and every attempt to publish it."""
    return {
        "material": [material(each) for each in materials],
        "rejected": [{"reference": each.reference, "reason": each.reason} for each in rejected],
        "drafts": [draft(each, chosen=each.id in chosen) for each in drafts],
        "publications": [publication(each) for each in publications],
    }
