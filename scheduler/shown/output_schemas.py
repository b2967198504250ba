"""The JSON Schemas (draft 2020-12) of what commands print with --json."""

from __future__ import annotations

from domain.draft import SegmentKind
from domain.event import EventType
from domain.material import MaterialKind
from domain.publication import Outcome, PostStatus
from domain.reasons import Reason
from domain.research import OutputType, RecurringStatus, ResearchStatus
from domain.run import RunStatus, Trigger, Verdict
from domain.schedule import SlotNote
from domain.template import PostType, TemplateStatus
from domain.token import Scope
from scheduler.operations.why import Effect, Standing, Step
from scheduler.shown.picture_views import attachment_schema, picture_schema
from scheduler.shown.schema_words import (
    ANY_OBJECT,
    DIALECT,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    Schema,
    between,
    list_of,
    many,
    object_of,
    one_of,
    or_null,
    passed_slots,
)

SEVERAL = ("template", "run", "post", "feed", "style", "file", "token")


def output() -> Schema:
    """Give the schemas of what commands print with --json, by the names that docs/json.md uses. Keys may be added."""
    shapes = {
        "template": object_of(
            id=TEXT,
            name=TEXT,
            account=TEXT,
            type=one_of(PostType),
            schedule=ANY_OBJECT,
            status=one_of(TemplateStatus),
            next_slot_at=or_null(INSTANT),
            last_run_at=or_null(INSTANT),
            pause_reason=or_null(one_of(Reason)),
            pause_note=or_null(TEXT),
            created_at=INSTANT,
            updated_at=INSTANT,
            deleted_at=or_null(INSTANT),
        ),
        "run": object_of(
            id=TEXT,
            template=TEXT,
            template_id=TEXT,
            account=TEXT,
            slot_at=INSTANT,
            due_at=INSTANT,
            trigger=one_of(Trigger),
            retry_of=or_null(TEXT),
            status=one_of(RunStatus),
            reason=or_null(one_of(Reason)),
            sentence=TEXT,
            detail=or_null(TEXT),
            verdict=or_null(one_of(Verdict)),
            approved_revision=or_null(TEXT),
            decide_by=or_null(INSTANT),
            not_before=or_null(INSTANT),
            started_at=or_null(INSTANT),
            finished_at=or_null(INSTANT),
        ),
        "post": object_of(
            id=TEXT,
            run_id=TEXT,
            template_id=TEXT,
            account=TEXT,
            group=NUMBER,
            part=NUMBER,
            text=TEXT,
            status=one_of(PostStatus),
            tweet_id=or_null(TEXT),
            url=or_null(TEXT),
            error=or_null(TEXT),
            draft_id=or_null(TEXT),
            pictures=list_of(picture_schema()),
            created_at=INSTANT,
            published_at=or_null(INSTANT),
        ),
        "publication": object_of(
            id=TEXT,
            group=NUMBER,
            part=NUMBER,
            attempt=NUMBER,
            idempotency_key=TEXT,
            outcome=or_null(one_of(Outcome)),
            tweet_id=or_null(TEXT),
            reason=or_null(TEXT),
            intended_at=INSTANT,
            settled_at=or_null(INSTANT),
            settled_by=or_null(TEXT),
            made_with_ai=FLAG,
            picture=or_null(attachment_schema()),
            asks=NUMBER,
            next_ask_at=or_null(INSTANT),
        ),
        "material": object_of(
            id=TEXT,
            kind=one_of(MaterialKind),
            title=or_null(TEXT),
            url=or_null(TEXT),
            characters=NUMBER,
            text=TEXT,
        ),
        "segment": object_of(kind=one_of(SegmentKind), text=TEXT, material_id=or_null(TEXT)),
        "score": object_of(
            value=between(0, 100),
            scored_by=TEXT,
            checks={"type": "array", "items": object_of(factor=TEXT, passed=FLAG)},
        ),
        "draft": object_of(
            id=TEXT,
            chosen=FLAG,
            engine=TEXT,
            parts={"type": "array", "items": object_of(text=TEXT, segments=many("segment"))},
            material_ids={"type": "array", "items": TEXT},
            score=or_null({"$ref": "#/$defs/score"}),
        ),
        **_why(),
        "event": object_of(
            id=TEXT,
            type=one_of(EventType),
            created_at=INSTANT,
            template_id=or_null(TEXT),
            run_id=or_null(TEXT),
            sequence=NUMBER,
            data=ANY_OBJECT,
        ),
        "feed": object_of(id=NUMBER, url=TEXT, failures=NUMBER, last_error=or_null(TEXT)),
        "style": object_of(name=TEXT, username=or_null(TEXT), count=NUMBER, fetched_at=or_null(INSTANT)),
        "research": object_of(
            id=TEXT,
            topic=TEXT,
            output=one_of(OutputType),
            status=one_of(ResearchStatus),
            recurring_id=or_null(TEXT),
            run_id=or_null(TEXT),
            created_at=INSTANT,
            finished_at=or_null(INSTANT),
            attempts=NUMBER,
            pages=NUMBER,
            cost_micros=NUMBER,
            failure=or_null(TEXT),
            callback_data=or_null(TEXT),
        ),
        "recurring_research": object_of(
            id=TEXT,
            topic=TEXT,
            output=one_of(OutputType),
            status=one_of(RecurringStatus),
            daily_count=NUMBER,
            until=or_null(INSTANT),
            next_at=or_null(INSTANT),
            callback_data=or_null(TEXT),
        ),
        "project": object_of(
            id=TEXT,
            name=TEXT,
            description=TEXT,
            url=or_null(TEXT),
            image=or_null(TEXT),
            palette=ANY_OBJECT,
            deleted_at=or_null(INSTANT),
        ),
        "file": object_of(
            id=TEXT, name=TEXT, media_type=TEXT, size=NUMBER, digest=TEXT, created_at=INSTANT, needed=FLAG
        ),
        "token": object_of(
            id=TEXT,
            name=TEXT,
            owner=TEXT,
            prefix=TEXT,
            scopes={"type": "array", "items": one_of(Scope)},
            created_at=INSTANT,
            last_used_at=or_null(INSTANT),
            expires_at=or_null(INSTANT),
            revoked_at=or_null(INSTANT),
        ),
        "error": object_of(error=object_of(code=TEXT, message=TEXT, fields=ANY_OBJECT)),
    }
    lists = {f"{name}s": object_of(**{f"{name}s": many(name)}) for name in SEVERAL}
    any_of = [{"$ref": f"#/$defs/{name}"} for name in (*shapes, *lists)]
    return {"$schema": DIALECT, "title": "What Ostinato prints with --json", "anyOf": any_of, "$defs": shapes | lists}


def _why() -> dict[str, Schema]:
    """Give the answers to "why?", each told by its `kind` (docs/why.md)."""
    reason = or_null(one_of(Reason))
    slots = passed_slots()
    status = or_null(one_of(RunStatus))
    near = or_null(object_of(slot_at=INSTANT, run_id=or_null(TEXT), status=status, reason=reason, sentence=TEXT))
    template = {"template": TEXT, "template_id": TEXT, "sentence": TEXT}
    return {
        "link": object_of(step=one_of(Step), effect=one_of(Effect), said=TEXT, reason=reason, at=or_null(INSTANT)),
        "why_run": object_of(
            kind={"const": "run"},
            id=TEXT,
            template=TEXT,
            slot_at=INSTANT,
            status=one_of(RunStatus),
            reason=reason,
            sentence=TEXT,
            chain=many("link"),
            material=many("material"),
            drafts=many("draft"),
            posts=many("post"),
            publications=many("publication"),
            callbacks={"type": "array", "items": ANY_OBJECT},
        ),
        "why_gap": object_of(kind={"const": "gap"}, **template, **slots, slot_at=or_null(INSTANT), chain=many("link")),
        "why_slot": object_of(
            kind={"const": "slot"},
            **template,
            slot_at=INSTANT,
            nominal=INSTANT,
            note=or_null(one_of(SlotNote)),
            standing=one_of(Standing),
            due_at=INSTANT,
            reason=reason,
            chain=many("link"),
        ),
        "why_nothing": object_of(
            kind={"const": "nothing"}, **template, at=INSTANT, before=near, after=near, gap=or_null(object_of(**slots))
        ),
    }
