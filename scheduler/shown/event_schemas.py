"""The JSON Schema (draft 2020-12) of events."""

from __future__ import annotations

from domain.event import EventType
from domain.publication import Outcome, PostStatus
from domain.question import Decision
from domain.reasons import Reason
from domain.research import OutputType, ResearchStatus
from domain.run import RunStatus
from domain.template import ApproveDefault
from scheduler.shown.schema_words import (
    ANY_OBJECT,
    DIALECT,
    INSTANT,
    NUMBER,
    TEXT,
    Schema,
    object_of,
    one_of,
    or_null,
    passed_slots,
)


def event() -> Schema:
    """Give the schema of an event as callbacks, the notify command and the hook get it. Fields may be added."""
    post = object_of(
        id=TEXT,
        text=TEXT,
        group=NUMBER,
        order=NUMBER,
        status=one_of(PostStatus),
        tweetId=or_null(TEXT),
        tweetUrl=or_null(TEXT),
    )
    data = {
        "template": object_of(id=TEXT, name=TEXT),
        "callbackData": or_null(TEXT),
        "run": object_of(
            id=TEXT,
            slotAt=INSTANT,
            status=one_of(RunStatus),
            reason=or_null(one_of(Reason)),
            detail=or_null(TEXT),
        ),
        "posts": {"type": "array", "items": post},
        "publication": object_of(id=TEXT, idempotencyKey=TEXT),
        "approval": object_of(revision=TEXT, decideBy=or_null(INSTANT), default=or_null(one_of(ApproveDefault))),
        "prePublish": object_of(
            id=TEXT, decision=or_null(one_of(Decision)), reason=or_null(TEXT), lastError=or_null(TEXT)
        ),
        "slots": {**object_of(count=NUMBER, reason=one_of(Reason), to=INSTANT), "properties": passed_slots()},
        "settled": object_of(outcome=one_of(Outcome), by=TEXT, note=or_null(TEXT)),
        "deleted": object_of(by={"enum": ["person", "on_partial"]}, note=or_null(TEXT)),
        "research": object_of(
            id=TEXT,
            topic=TEXT,
            status=one_of(ResearchStatus),
            output=one_of(OutputType),
            recurringId=or_null(TEXT),
            failure=or_null(TEXT),
        ),
        "feed": object_of(id=NUMBER, url=TEXT, failures=NUMBER, error=TEXT),
        "account": {
            **object_of(name=TEXT, since=INSTANT, restoredAt=INSTANT),
            "properties": {
                "name": TEXT,
                "since": INSTANT,
                "restoredAt": INSTANT,
                "error": TEXT,
                "found": NUMBER,
                "by": {"enum": ["timeline", "person"]},
            },
        },
        "database": object_of(since=or_null(INSTANT), restoredAt=INSTANT),
        "calendar": object_of(url=TEXT, failures=NUMBER, error=TEXT, copyOf=INSTANT),
    }
    whole = object_of(id=TEXT, type=one_of(EventType), timestamp=INSTANT, sequence=NUMBER, data=ANY_OBJECT)
    whole["properties"]["data"] = {"type": "object", "properties": data}
    return {"$schema": DIALECT, "title": "An event of Ostinato", **whole}
