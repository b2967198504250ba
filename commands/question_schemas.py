"""JSON Schemas (draft 2020-12) of what a `pre_publish` callback is sent, and of what it may answer."""

from __future__ import annotations

from callbacks.asking import ANSWERS
from commands.schemas import DIALECT, INSTANT, NUMBER, TEXT, Schema
from domain.draft import SegmentKind
from domain.material import MaterialKind
from domain.template import Approval
from scheduler.question_body import TYPE

TEXT_OR_NULL: Schema = {"type": ["string", "null"]}


def question() -> Schema:
    """Give the schema of a question. Fields may be added."""
    segment = _object(
        kind={"enum": [each.value for each in SegmentKind]},
        text=TEXT,
        source=TEXT_OR_NULL,
    )
    post = _object(
        id=TEXT,
        text=TEXT,
        group=NUMBER,
        order=NUMBER,
        draft=TEXT,
        engine=TEXT,
        score={"type": ["integer", "null"]},
        failedChecks=_list(TEXT),
        segments=_list(segment),
    )
    source = _object(
        id=TEXT, kind={"enum": [each.value for each in MaterialKind]}, url=TEXT_OR_NULL, title=TEXT_OR_NULL
    )
    data = _object(
        template=_object(id=TEXT, name=TEXT),
        callbackData=TEXT_OR_NULL,
        run=_object(id=TEXT, slotAt=INSTANT, account=TEXT),
        approval={"enum": [each.value for each in Approval]},
        revision=TEXT,
        deadline=INSTANT,
        attempt=NUMBER,
        lastError=TEXT_OR_NULL,
        posts=_list(post),
        sources=_list(source),
    )
    whole = _object(id=TEXT, type={"const": TYPE}, timestamp=INSTANT, data=data)
    return {"$schema": DIALECT, "title": "What a pre_publish callback of Ostinato is asked", **whole}


def answer() -> Schema:
    """Give the schema of an answer. What else stands in one is not looked at."""
    whole = _object(decision={"enum": [each.value for each in ANSWERS]}, revision=TEXT)
    whole["properties"] |= {
        "posts": {"type": "array", "minItems": 1, "items": _object(id=TEXT, text=TEXT)},
        "reason": TEXT_OR_NULL,
    }
    return {"$schema": DIALECT, "title": "What a pre_publish callback of Ostinato answers", **whole}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}
