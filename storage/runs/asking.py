"""What a worker records about the question that a run's owner is asked before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, update

from domain.draft import Draft
from domain.question import Question
from domain.run import Hold, RunStatus
from storage import codec
from storage.fencing import fence, fenced
from storage.runs.rows import CHOSEN
from storage.statements import Prepared, Statement, Write, insert_into
from storage.tables import drafts, posts

_ASKED = fenced(question=...)
# Without a detail, which an earlier wait may have left: the run waits for itself alone, and not its account.
_ASKED_LATER = fenced(
    question=...,
    status=RunStatus.QUEUED.value,
    not_before=...,
    detail=None,
    lease_owner=None,
    leased_until=None,
)
_REPLACED = fenced(question=..., chosen=...)
_DRAFT = Prepared(insert_into(drafts, "run_id", "id", "position", "document"))
_TEXT = Prepared(
    update(posts)
    .where(
        posts.c.run_id == bindparam("of_run"),
        posts.c.grp == bindparam("of_group"),
        posts.c.part == bindparam("of_part"),
    )
    .values(text=bindparam("new_text"), draft_id=bindparam("new_draft"))
)


def record_question(hold: Hold, question: Question) -> Write:
    """Record the question before it is asked, and again with what was decided, before that is acted on."""
    return Write((fence(_ASKED, hold, _document(question)),), hold)


def release_asked(hold: Hold, question: Question, *, not_before: datetime) -> Write:
    """Record what came of asking, and give the run back: it is asked again from *not_before* on."""
    return Write((fence(_ASKED_LATER, hold, {**_document(question), "not_before": not_before}),), hold)


def record_replaced(
    hold: Hold, question: Question, revisions: Sequence[Draft], chosen: Sequence[Draft], *, written: int
) -> Write:
    """Record the decision to replace, the new drafts beside the *written* ones, and what the posts then say."""
    ids = codec.dump(CHOSEN, tuple(draft.id for draft in chosen))
    rows = [
        {"run_id": hold.run_id, "id": draft.id, "position": position, "document": codec.dump(Draft, draft)}
        for position, draft in enumerate(revisions, start=written)
    ]
    texts = [
        {"of_run": hold.run_id, "of_group": group, "of_part": part, "new_text": each.text, "new_draft": draft.id}
        for group, draft in enumerate(chosen)
        for part, each in enumerate(draft.parts)
    ]
    changed = fence(_REPLACED, hold, {**_document(question), "chosen": ids})
    return Write((changed, Statement(_DRAFT, rows), Statement(_TEXT, texts, expect=len(texts))), hold)


def _document(question: Question) -> dict[str, object]:
    return {"question": codec.dump(Question, question)}
