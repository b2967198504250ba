"""JSON Schemas (draft 2020-12) of what a `pre_publish` callback is sent, and of what it may answer."""

from __future__ import annotations

from collections.abc import Callable

from callbacks.asking import ANSWERS
from domain.draft import SegmentKind
from domain.material import MaterialKind
from domain.template import Approval
from scheduler.question_body import TYPE
from scheduler.shown.schema_words import DIALECT, INSTANT, NUMBER, TEXT, Schema, list_of, object_of, one_of
from scheduler.shown.schemas import SCHEMAS

TEXT_OR_NULL: Schema = {"type": ["string", "null"]}


def question() -> Schema:
    """Give the schema of a question. Fields may be added."""
    segment = object_of(
        kind=one_of(SegmentKind),
        text=TEXT,
        source=TEXT_OR_NULL,
    )
    post = object_of(
        id=TEXT,
        text=TEXT,
        group=NUMBER,
        order=NUMBER,
        draft=TEXT,
        engine=TEXT,
        score={"type": ["integer", "null"]},
        failedChecks=list_of(TEXT),
        segments=list_of(segment),
    )
    source = object_of(id=TEXT, kind=one_of(MaterialKind), url=TEXT_OR_NULL, title=TEXT_OR_NULL)
    data = object_of(
        template=object_of(id=TEXT, name=TEXT),
        callbackData=TEXT_OR_NULL,
        run=object_of(id=TEXT, slotAt=INSTANT, account=TEXT),
        approval=one_of(Approval),
        revision=TEXT,
        deadline=INSTANT,
        attempt=NUMBER,
        lastError=TEXT_OR_NULL,
        posts=list_of(post),
        sources=list_of(source),
    )
    whole = object_of(id=TEXT, type={"const": TYPE}, timestamp=INSTANT, data=data)
    return {"$schema": DIALECT, "title": "What a pre_publish callback of Ostinato is asked", **whole}


def answer() -> Schema:
    """Give the schema of an answer. What else stands in one is not looked at."""
    whole = object_of(decision={"enum": [each.value for each in ANSWERS]}, revision=TEXT)
    whole["properties"] |= {
        "posts": {"type": "array", "minItems": 1, "items": object_of(id=TEXT, text=TEXT)},
        "reason": TEXT_OR_NULL,
    }
    return {"$schema": DIALECT, "title": "What a pre_publish callback of Ostinato answers", **whole}


ALL: dict[str, Callable[[], Schema]] = {**SCHEMAS, "question": question, "answer": answer}
