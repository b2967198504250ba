"""JSON Schemas (draft 2020-12) by what they describe; here that of template files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.own_words import DecimalMark, Newest
from domain.picture import Charts
from domain.schedule import DAILY_COUNT_LIMIT, Missed, Overlap
from domain.template import AiLabel, Approval, ApproveDefault, Backlog, Goal, OnPartial, PostType, TweetStyle
from domain.template_document.cadence import MONTHS, WEEKDAYS
from domain.template_document.media import ALT_LIMIT, FILE_ID, SOUNDS_LIMIT
from domain.template_document.names import (
    AUDIO_FIELDS,
    BUDGET_FIELDS,
    COUNTDOWN_FIELDS,
    CSV_FIELDS,
    FEED_FIELDS,
    FIELDS,
    IMAGE_FIELDS,
    PICTURE_FIELDS,
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
    ID,
    NAME,
    PROMPT_LIMIT,
    SAMPLE_LENGTH,
    SAMPLES_LIMIT,
    SOURCES_LIMIT,
    TEXT_LIMIT,
)
from scheduler.shown.event_schemas import event
from scheduler.shown.output_schemas import output
from scheduler.shown.schema_words import DIALECT, FLAG, TEXT, Schema, between, list_of, one_of

CLOCK: Schema = {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}
LENGTH: Schema = {"type": "string", "pattern": "^([0-9]+(d|h|ms|m|us|s))+$"}
NOTHING: Schema = {"enum": [False, "", []]}  # for what is not supported: it may be named, and ask for nothing
DOLLARS: Schema = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\$?[0-9]{1,7}(\.[0-9]{1,6})?$"}]
}
ID_OF: Schema = {"type": "string", "pattern": f"^{ID.pattern}$"}
URL: Schema = {"type": "string", "format": "uri", "pattern": "^https?://"}


def template() -> Schema:
    """Give the schema of a template file. Every name may also be written in camelCase.

    What it lets through may still be refused: a zone that does not exist, dates in the past, a name that is taken.
    """
    asked = {"url": URL, "within": LENGTH, "default": one_of(ApproveDefault)}
    fields: dict[str, Schema] = {
        "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        "account": {"type": "string", "pattern": f"^@?{ACCOUNT.pattern}$"},
        "type": one_of(PostType),
        "url": URL,
        "urls": list_of(URL, SOURCES_LIMIT),
        "feeds": list_of(
            {"anyOf": [URL, _table(FEED_FIELDS, {"url": URL, "backlog": one_of(Backlog)})]}, SOURCES_LIMIT
        ),
        "feed_ids": list_of({"type": "integer", "minimum": 1}, SOURCES_LIMIT),
        "text": {"type": "string", "maxLength": TEXT_LIMIT},
        **_own_words(),
        **_media(),
        "prompt": {"type": "string", "maxLength": PROMPT_LIMIT},
        "tweet_style": one_of(TweetStyle),
        "style": {"anyOf": [TEXT, _table(STYLE_FIELDS, {"username": TEXT, "samples": _samples()})]},
        "goal": one_of(Goal),
        "count": between(1, 10),
        "minimum_score": between(0, 100),
        "maximum_drafts": between(1, 20),
        "approval": one_of(Approval),
        "approve_within": LENGTH,
        "approve_default": one_of(ApproveDefault),
        "pre_publish": {"anyOf": [URL, _table(PRE_PUBLISH_FIELDS, asked) | {"required": ["url"]}]},
        "budget": _table(BUDGET_FIELDS, dict.fromkeys(BUDGET_FIELDS, DOLLARS)),
        "on_partial": one_of(OnPartial),
        "picture": _picture(),
        "charts": one_of(Charts),
        "research": list_of(ID_OF, SOURCES_LIMIT),
        "deep_research_ids": list_of(ID_OF, SOURCES_LIMIT),
        "deep_research": FLAG,
        "projects": list_of(ID_OF, SOURCES_LIMIT),
        "project_ids": list_of(ID_OF, SOURCES_LIMIT),
        "picture_required": FLAG,
        "made_with_ai": one_of(AiLabel),
        "link": FLAG,
        "repeat_after": between(0, 366),
        "freshness": TEXT,
        "callback_url": URL,
        "callback_data": {"type": "string", "maxLength": CALLBACK_DATA_LIMIT},
        "daily_count": between(1, DAILY_COUNT_LIMIT),
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
    sentences: Schema = {"anyOf": [TEXT, list_of(TEXT, SENTENCES_LIMIT)]}
    countdown: dict[str, Schema] = {
        "to": {"type": "string", "format": "date"},
        "say": sentences,
        "tomorrow": TEXT,
        "today": TEXT,
        "days": between(1, DAYS_LIMIT),
    }
    csv: dict[str, Schema] = {"url": URL, "say": TEXT, "newest": one_of(Newest), "decimal": one_of(DecimalMark)}
    entries = between(1, ENTRIES_LIMIT)
    return {
        "tips": {"anyOf": [TEXT, list_of(TEXT, TIPS_LIMIT)]},
        "countdown": _table(COUNTDOWN_FIELDS, countdown) | {"required": ["to", "say"]},
        "csv": {"anyOf": [URL, _table(CSV_FIELDS, csv) | {"required": ["url"]}]},
        "roundup": _table(ROUNDUP_FIELDS, {"entries": entries, "at_least": entries, "opening": TEXT}),
    }


def _media() -> dict[str, Schema]:
    """Give the schemas of sound and pictures."""
    place: dict[str, Schema] = {"url": URL, "file": {"type": "string", "pattern": f"^{FILE_ID.pattern}$"}}
    shown: dict[str, Schema] = {"alt": {"type": "string", "maxLength": ALT_LIMIT}, "attach": FLAG}
    sound = [URL, _table(AUDIO_FIELDS, place)]
    return {
        "audio": {"anyOf": [*sound, list_of({"anyOf": sound}, SOUNDS_LIMIT)]},
        "audio_url": URL,
        "image": {"anyOf": [URL, _table(IMAGE_FIELDS, place | shown)]},
        "image_url": URL,
        "prompt_audio": {"anyOf": sound},
        "prompt_audio_url": URL,
    }


def _picture() -> Schema:
    """Give the schema of the picture that posts show."""
    file: Schema = {"type": "string", "pattern": f"^{FILE_ID.pattern}$"}
    return {
        "anyOf": [
            URL,
            _table(PICTURE_FIELDS, {"url": URL, "file": file, "alt": {"type": "string", "maxLength": ALT_LIMIT}}),
        ]
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
        "missed": one_of(Missed),
        "grace": LENGTH,
        "spread_gap": LENGTH,
        "overlap": one_of(Overlap),
        "max_runs": {"type": "integer", "minimum": 1},
    }


def _samples() -> Schema:
    return {**list_of({"type": "string", "maxLength": SAMPLE_LENGTH}, SAMPLES_LIMIT), "minItems": 1}


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


SCHEMAS = {"template": template, "event": event, "output": output}
