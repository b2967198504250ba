"""JSON Schemas (draft 2020-12) of what goes in and comes out: template files, events, and what --json prints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

from domain.draft import SegmentKind
from domain.event import EventType
from domain.material import MaterialKind
from domain.own_words import DecimalMark, Newest
from domain.publication import Outcome, PostStatus
from domain.question import Decision
from domain.reasons import Reason
from domain.run import RunStatus, Trigger, Verdict
from domain.schedule import DAILY_COUNT_LIMIT, Missed, Overlap, SlotNote
from domain.template import (
    AiLabel,
    Approval,
    ApproveDefault,
    Backlog,
    Goal,
    OnPartial,
    PostType,
    TemplateStatus,
    TweetStyle,
)
from domain.template_document.cadence import MONTHS, WEEKDAYS
from domain.template_document.names import (
    BUDGET_FIELDS,
    COUNTDOWN_FIELDS,
    CSV_FIELDS,
    FEED_FIELDS,
    FIELDS,
    PRE_PUBLISH_FIELDS,
    ROUNDUP_FIELDS,
    SCHEDULE_FIELDS,
    STYLE_FIELDS,
    UNBUILT,
)
from domain.template_document.own_words import DAYS_LIMIT, ENTRIES_LIMIT, SENTENCES_LIMIT, TIPS_LIMIT
from domain.template_document.reading import (
    ACCOUNT,
    CALLBACK_DATA_LIMIT,
    NAME,
    PROMPT_LIMIT,
    SAMPLE_LENGTH,
    SAMPLES_LIMIT,
    SOURCES_LIMIT,
    TEXT_LIMIT,
)
from scheduler.operations.why import Effect, Standing, Step

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
ANY_OBJECT: Schema = {"type": "object"}
CLOCK: Schema = {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}
LENGTH: Schema = {"type": "string", "pattern": "^([0-9]+(d|h|ms|m|us|s))+$"}
NOTHING: Schema = {"enum": [False, "", []]}  # for what is not supported: it may be named, and ask for nothing
DOLLARS: Schema = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\$?[0-9]{1,7}(\.[0-9]{1,6})?$"}]
}
URL: Schema = {"type": "string", "format": "uri", "pattern": "^https?://"}


def template() -> Schema:
    """Give the schema of a template file. Every name may also be written in camelCase.

    What it lets through may still be refused: a zone that does not exist, dates in the past, a name that is taken.
    """
    asked = {"url": URL, "within": LENGTH, "default": _one_of(ApproveDefault)}
    fields: dict[str, Schema] = {
        "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        "account": {"type": "string", "pattern": f"^@?{ACCOUNT.pattern}$"},
        "type": _one_of(PostType),
        "url": URL,
        "urls": _list(URL, SOURCES_LIMIT),
        "feeds": _list({"anyOf": [URL, _table(FEED_FIELDS, {"url": URL, "backlog": _one_of(Backlog)})]}, SOURCES_LIMIT),
        "feed_ids": _list({"type": "integer", "minimum": 1}, SOURCES_LIMIT),
        "text": {"type": "string", "maxLength": TEXT_LIMIT},
        **_own_words(),
        "prompt": {"type": "string", "maxLength": PROMPT_LIMIT},
        "tweet_style": _one_of(TweetStyle),
        "style": {"anyOf": [TEXT, _table(STYLE_FIELDS, {"username": TEXT, "samples": _samples()})]},
        "goal": _one_of(Goal),
        "count": _between(1, 10),
        "minimum_score": _between(0, 100),
        "maximum_drafts": _between(1, 20),
        "approval": _one_of(Approval),
        "approve_within": LENGTH,
        "approve_default": _one_of(ApproveDefault),
        "pre_publish": {"anyOf": [URL, _table(PRE_PUBLISH_FIELDS, asked) | {"required": ["url"]}]},
        "budget": _table(BUDGET_FIELDS, dict.fromkeys(BUDGET_FIELDS, DOLLARS)),
        "on_partial": _one_of(OnPartial),
        "made_with_ai": _one_of(AiLabel),
        "link": FLAG,
        "repeat_after": _between(0, 366),
        "freshness": TEXT,
        "callback_url": URL,
        "callback_data": {"type": "string", "maxLength": CALLBACK_DATA_LIMIT},
        "daily_count": _between(1, DAILY_COUNT_LIMIT),
        "schedule": _table(SCHEDULE_FIELDS, _schedule()),
        "schedule_end_date": TEXT,
        "is_active": FLAG,
        "is_scheduled": {"const": True},
    }
    return {
        "$schema": DIALECT,
        "title": "A template of Ostinato",
        **_table(FIELDS | set(UNBUILT), fields | dict.fromkeys(UNBUILT, NOTHING)),
        "required": ["name", "account", "type"],
    }


def _own_words() -> dict[str, Schema]:
    """Give the schemas of what is posted in the owner's own words; `tips` may name a text file beside the template."""
    sentences: Schema = {"anyOf": [TEXT, _list(TEXT, SENTENCES_LIMIT)]}
    countdown: dict[str, Schema] = {
        "to": {"type": "string", "format": "date"},
        "say": sentences,
        "tomorrow": TEXT,
        "today": TEXT,
        "days": _between(1, DAYS_LIMIT),
    }
    csv: dict[str, Schema] = {"url": URL, "say": TEXT, "newest": _one_of(Newest), "decimal": _one_of(DecimalMark)}
    entries = _between(1, ENTRIES_LIMIT)
    return {
        "tips": {"anyOf": [TEXT, _list(TEXT, TIPS_LIMIT)]},
        "countdown": _table(COUNTDOWN_FIELDS, countdown) | {"required": ["to", "say"]},
        "csv": {"anyOf": [URL, _table(CSV_FIELDS, csv) | {"required": ["url"]}]},
        "roundup": _table(ROUNDUP_FIELDS, {"entries": entries, "at_least": entries, "opening": TEXT}),
    }


def event() -> Schema:
    """Give the schema of an event as callbacks, the notify command and the hook get it. Fields may be added."""
    post = _object(
        id=TEXT,
        text=TEXT,
        group=NUMBER,
        order=NUMBER,
        status=_one_of(PostStatus),
        tweetId=_or_null(TEXT),
        tweetUrl=_or_null(TEXT),
    )
    data = {
        "template": _object(id=TEXT, name=TEXT),
        "callbackData": _or_null(TEXT),
        "run": _object(
            id=TEXT,
            slotAt=INSTANT,
            status=_one_of(RunStatus),
            reason=_or_null(_one_of(Reason)),
            detail=_or_null(TEXT),
        ),
        "posts": {"type": "array", "items": post},
        "publication": _object(id=TEXT, idempotencyKey=TEXT),
        "approval": _object(revision=TEXT, decideBy=_or_null(INSTANT), default=_or_null(_one_of(ApproveDefault))),
        "prePublish": _object(
            id=TEXT, decision=_or_null(_one_of(Decision)), reason=_or_null(TEXT), lastError=_or_null(TEXT)
        ),
        "slots": {**_object(count=NUMBER, reason=_one_of(Reason), to=INSTANT), "properties": _slots()},
        "settled": _object(outcome=_one_of(Outcome), by=TEXT, note=_or_null(TEXT)),
        "deleted": _object(by={"enum": ["person", "on_partial"]}, note=_or_null(TEXT)),
        "feed": _object(id=NUMBER, url=TEXT, failures=NUMBER, error=TEXT),
        "calendar": _object(url=TEXT, failures=NUMBER, error=TEXT, copyOf=INSTANT),
    }
    whole = _object(id=TEXT, type=_one_of(EventType), timestamp=INSTANT, sequence=NUMBER, data=ANY_OBJECT)
    whole["properties"]["data"] = {"type": "object", "properties": data}
    return {"$schema": DIALECT, "title": "An event of Ostinato", **whole}


def output() -> Schema:
    """Give the schemas of what commands print with --json, by the names that docs/json.md uses. Keys may be added."""
    shapes = {
        "template": _object(
            id=TEXT,
            name=TEXT,
            account=TEXT,
            type=_one_of(PostType),
            schedule=ANY_OBJECT,
            status=_one_of(TemplateStatus),
            next_slot_at=_or_null(INSTANT),
            last_run_at=_or_null(INSTANT),
            pause_reason=_or_null(_one_of(Reason)),
            pause_note=_or_null(TEXT),
            created_at=INSTANT,
            updated_at=INSTANT,
            deleted_at=_or_null(INSTANT),
        ),
        "run": _object(
            id=TEXT,
            template=TEXT,
            template_id=TEXT,
            account=TEXT,
            slot_at=INSTANT,
            due_at=INSTANT,
            trigger=_one_of(Trigger),
            retry_of=_or_null(TEXT),
            status=_one_of(RunStatus),
            reason=_or_null(_one_of(Reason)),
            sentence=TEXT,
            detail=_or_null(TEXT),
            verdict=_or_null(_one_of(Verdict)),
            approved_revision=_or_null(TEXT),
            decide_by=_or_null(INSTANT),
            not_before=_or_null(INSTANT),
            started_at=_or_null(INSTANT),
            finished_at=_or_null(INSTANT),
        ),
        "post": _object(
            id=TEXT,
            run_id=TEXT,
            template_id=TEXT,
            account=TEXT,
            group=NUMBER,
            part=NUMBER,
            text=TEXT,
            status=_one_of(PostStatus),
            tweet_id=_or_null(TEXT),
            url=_or_null(TEXT),
            error=_or_null(TEXT),
            draft_id=_or_null(TEXT),
            created_at=INSTANT,
            published_at=_or_null(INSTANT),
        ),
        "publication": _object(
            id=TEXT,
            group=NUMBER,
            part=NUMBER,
            attempt=NUMBER,
            idempotency_key=TEXT,
            outcome=_or_null(_one_of(Outcome)),
            tweet_id=_or_null(TEXT),
            reason=_or_null(TEXT),
            intended_at=INSTANT,
            settled_at=_or_null(INSTANT),
            settled_by=_or_null(TEXT),
            made_with_ai=FLAG,
            asks=NUMBER,
            next_ask_at=_or_null(INSTANT),
        ),
        "material": _object(
            id=TEXT,
            kind=_one_of(MaterialKind),
            title=_or_null(TEXT),
            url=_or_null(TEXT),
            characters=NUMBER,
            text=TEXT,
        ),
        "segment": _object(kind=_one_of(SegmentKind), text=TEXT, material_id=_or_null(TEXT)),
        "score": _object(
            value=_between(0, 100),
            scored_by=TEXT,
            checks={"type": "array", "items": _object(factor=TEXT, passed=FLAG)},
        ),
        "draft": _object(
            id=TEXT,
            chosen=FLAG,
            engine=TEXT,
            parts={"type": "array", "items": _object(text=TEXT, segments=_many("segment"))},
            material_ids={"type": "array", "items": TEXT},
            score=_or_null({"$ref": "#/$defs/score"}),
        ),
        **_why(),
        "event": _object(
            id=TEXT,
            type=_one_of(EventType),
            created_at=INSTANT,
            template_id=_or_null(TEXT),
            run_id=_or_null(TEXT),
            sequence=NUMBER,
            data=ANY_OBJECT,
        ),
        "feed": _object(id=NUMBER, url=TEXT, failures=NUMBER, last_error=_or_null(TEXT)),
        "style": _object(name=TEXT, username=_or_null(TEXT), count=NUMBER, fetched_at=_or_null(INSTANT)),
        "error": _object(error=_object(code=TEXT, message=TEXT, fields=ANY_OBJECT)),
    }
    lists = {f"{name}s": _object(**{f"{name}s": _many(name)}) for name in ("template", "run", "post", "feed", "style")}
    any_of = [{"$ref": f"#/$defs/{name}"} for name in (*shapes, *lists)]
    return {"$schema": DIALECT, "title": "What Ostinato prints with --json", "anyOf": any_of, "$defs": shapes | lists}


SCHEMAS = {"template": template, "event": event, "output": output}


def _why() -> dict[str, Schema]:
    """Give the answers to "why?", each told by its `kind` (docs/why.md)."""
    reason = _or_null(_one_of(Reason))
    slots = {"from": INSTANT, "to": INSTANT, "count": {"type": "integer", "minimum": 1}, "reason": _one_of(Reason)}
    status = _or_null(_one_of(RunStatus))
    near = _or_null(_object(slot_at=INSTANT, run_id=_or_null(TEXT), status=status, reason=reason, sentence=TEXT))
    template = {"template": TEXT, "template_id": TEXT, "sentence": TEXT}
    return {
        "link": _object(step=_one_of(Step), effect=_one_of(Effect), said=TEXT, reason=reason, at=_or_null(INSTANT)),
        "why_run": _object(
            kind={"const": "run"},
            id=TEXT,
            template=TEXT,
            slot_at=INSTANT,
            status=_one_of(RunStatus),
            reason=reason,
            sentence=TEXT,
            chain=_many("link"),
            material=_many("material"),
            drafts=_many("draft"),
            posts=_many("post"),
            publications=_many("publication"),
            callbacks={"type": "array", "items": ANY_OBJECT},
        ),
        "why_gap": _object(kind={"const": "gap"}, **template, **slots, slot_at=_or_null(INSTANT), chain=_many("link")),
        "why_slot": _object(
            kind={"const": "slot"},
            **template,
            slot_at=INSTANT,
            nominal=INSTANT,
            note=_or_null(_one_of(SlotNote)),
            standing=_one_of(Standing),
            due_at=INSTANT,
            reason=reason,
            chain=_many("link"),
        ),
        "why_nothing": _object(
            kind={"const": "nothing"}, **template, at=INSTANT, before=near, after=near, gap=_or_null(_object(**slots))
        ),
    }


def _schedule() -> dict[str, Schema]:
    days = "|".join(WEEKDAYS)
    day = {"type": "string", "pattern": f"^({days})(-({days}))?$"}
    months = "|".join(MONTHS)
    month = {"type": "string", "pattern": f"^({months})(-({months}))?$"}
    return {
        "times": {"type": "array", "items": CLOCK, "minItems": 1, "maxItems": 100},
        "weekdays": {"anyOf": [day, {"type": "array", "items": day, "minItems": 1}]},
        "months": {"anyOf": [month, {"type": "array", "items": month, "minItems": 1}]},
        "timezone": TEXT,
        "window": TEXT,
        "cron": TEXT,
        "rrule": TEXT,
        "jitter": LENGTH,
        "quiet_hours": {"type": "array", "items": TEXT},
        "exclude_dates": {"type": "array", "items": TEXT},
        "missed": _one_of(Missed),
        "grace": LENGTH,
        "spread_gap": LENGTH,
        "overlap": _one_of(Overlap),
        "max_runs": {"type": "integer", "minimum": 1},
    }


def _slots() -> dict[str, Schema]:
    return {"from": INSTANT, "to": INSTANT, "count": {"type": "integer", "minimum": 1}, "reason": _one_of(Reason)}


def _samples() -> Schema:
    return {**_list({"type": "string", "maxLength": SAMPLE_LENGTH}, SAMPLES_LIMIT), "minItems": 1}


def _table(known: Iterable[str], fields: dict[str, Schema]) -> Schema:
    """Give a table of the *known* names, in both spellings; one that *fields* does not describe may be anything.

    Null counts as not given, so it fits everywhere.
    """
    described = {name: _nullable(fields.get(name, {})) for name in sorted(known)}
    camel = {re.sub(r"_(\w)", lambda match: match[1].upper(), name): schema for name, schema in described.items()}
    return {"type": "object", "properties": described | camel, "additionalProperties": False}


def _nullable(schema: Schema) -> Schema:
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "const" in schema:
        return {"enum": [schema["const"], None]}
    return {"anyOf": [*schema["anyOf"], {"type": "null"}]} if "anyOf" in schema else schema


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _many(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def _list(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _one_of(words: type[Enum]) -> Schema:
    return {"enum": [each.value for each in words]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _between(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}
