"""What a `pre_publish` callback is sent: the posts as they would go out, and where each of their words comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.draft import Draft
from domain.publication import Post
from domain.question import Question
from domain.run import Facts
from domain.template import Template
from scheduler.events import iso

TYPE = "pre_publish"


def body(facts: Facts, question: Question, template: Template, posts: Sequence[Post]) -> dict[str, Any]:
    """Give the question as JSON; its envelope is that of an event, but it has no sequence."""
    run = facts.run
    used = {name for draft in facts.chosen or () for name in draft.material_ids}
    sources = [
        {"id": each.id, "kind": each.kind.value, "url": each.url, "title": each.title}
        for each in facts.material or ()
        if each.id in used
    ]
    return {
        "id": question.id,
        "type": TYPE,
        "timestamp": iso(question.asked_at),
        "data": {
            "template": {"id": template.id, "name": template.name},
            "callbackData": template.callback_data,
            "run": {"id": run.id, "slotAt": iso(run.slot_at), "account": run.account},
            "approval": template.approval.value,
            "revision": question.revision,
            "deadline": iso(question.deadline),
            "attempt": question.attempts + 1,
            "lastError": question.last_error,
            "posts": [_post(post, (facts.chosen or ())[post.group]) for post in posts],
            "sources": sources,
        },
    }


def _post(post: Post, draft: Draft) -> dict[str, Any]:
    """Give one post; of a thread every part, which has the score of its thread."""
    return {
        "id": post.id,
        "text": post.text,
        "group": post.group,
        "order": post.part,
        "draft": draft.id,
        "engine": draft.engine,
        "score": draft.score and draft.score.value,
        "failedChecks": [check.factor for check in draft.score.failed] if draft.score else [],
        "segments": [
            {"kind": each.kind.value, "text": each.text, "source": each.material_id}
            for each in draft.parts[post.part].segments
        ],
    }
