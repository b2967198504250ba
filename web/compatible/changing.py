"""Reading what `POST /x/recurring/{id}` is to change. What is not named stays; null takes away what can be missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.template import Approval, PostType, TweetStyle
from domain.template_document.reading import CALLBACK_DATA_LIMIT, PROMPT_LIMIT, TEXT_LIMIT
from scheduler.shown.schema_words import FLAG, TEXT, Schema, between, or_null
from web.compatible import words
from web.compatible.creating import read_account, refuse_unreadable
from web.compatible.given import Given
from web.compatible.refusal import DAILY_COUNT, wrong
from web.compatible.translation import feed_sources


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of a template document that change; *feed_ids* takes the place of its feeds, None leaves them."""

    fields: Mapping[str, Any]
    feed_ids: tuple[int, ...] | None = None

    def document(self, feeds: Mapping[int, str]) -> dict[str, Any]:
        """Give the change as a template document; *feeds* are the URLs of the known feeds. Raises Refusal."""
        if self.feed_ids is None:
            return dict(self.fields)
        return {**self.fields, "feeds": feed_sources(self.feed_ids, feeds)}


def unlike(shown: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what *document* says otherwise than a template that is *shown* so: who sends back what it got changes that.

    So a null that belongs to another kind of template takes nothing away, and the URL of a file stays the file.
    """
    return {
        name: value
        for name, value in document.items()
        if name not in shown or json.dumps(shown[name], sort_keys=True) != json.dumps(value, sort_keys=True)
    }


def read_change(given: Given, *, now: datetime, unreadable: Mapping[str, str], fast: bool = False) -> Change:
    """Read a request of `POST /x/recurring/{id}`; a *fast* template is written from a query, and another from a text.

    Raises Refusal with the first thing that is wrong.
    """
    own, other = ("queryText", "text") if fast else ("text", "queryText")
    if given.raw(other) is not None:
        made = "is" if fast else "is not"
        raise wrong(other, f"cannot be changed: this template {made} one that /x/post/quick made; send {own}")
    end = given.moment("scheduleEndDate")
    if end is not None and end <= now:
        raise wrong("scheduleEndDate", "is in the past; name a later date, or null for none")
    may_be_missing = {
        "prompt": given.text("prompt", limit=PROMPT_LIMIT),
        "tweetStyle": given.choice("tweetStyle", TweetStyle),
        "callbackData": given.opaque("callbackData", limit=CALLBACK_DATA_LIMIT),
        own: given.text(own, limit=TEXT_LIMIT),
        "url": given.url("url"),
        "audioUrl": given.url("audioUrl"),
        "imageUrl": given.url("imageUrl"),
        "promptAudioUrl": given.url("promptAudioUrl"),
        "deepResearchIds": list(given.texts("deepResearchIds")),
        "projectIds": list(given.texts("projectIds")),
        "scheduleEndDate": end.isoformat() if end else None,
    }
    always_there = {
        "dailyCount": given.integer("dailyCount", 1, 100, sentence=DAILY_COUNT),
        "isActive": given.boolean("isActive"),
        "deepResearch": given.boolean("deepResearch"),
        "type": given.choice("type", PostType),
        "count": given.integer("count", 1, 10),
        "account": read_account(given),
        "approval": given.choice("approval", Approval),
        "schedule": _schedule(given),
    }
    refuse_unreadable(given, unreadable)
    named = {name: value for name, value in may_be_missing.items() if given.has(name)}
    named |= {name: value for name, value in always_there.items() if value is not None}
    fields = {_NAMES.get(name, name): value for name, value in named.items()}
    return Change(fields, given.numbers("feedIds") if given.has("feedIds") else None)


def _schedule(given: Given) -> Any:
    value = given.raw("schedule")
    if value is not None and not isinstance(value, dict):
        raise wrong("schedule", "must be an object, such as the schedule of a template document")
    return value


_NAMES = {
    "tweetStyle": "tweet_style",
    "callbackData": "callback_data",
    "queryText": "text",
    "audioUrl": "audio",
    "imageUrl": "image",
    "promptAudioUrl": "prompt_audio",
    "deepResearch": "deep_research",
    "deepResearchIds": "deep_research_ids",
    "projectIds": "project_ids",
    "scheduleEndDate": "schedule_end_date",
    "dailyCount": "daily_count",
    "isActive": "is_active",
}
CHANGE: Schema = {
    "type": "object",
    "properties": {
        "prompt": or_null(TEXT | {"maxLength": PROMPT_LIMIT}),
        "dailyCount": between(1, 100),
        "scheduleEndDate": or_null(words.WHEN),
        "isActive": FLAG,
        "feedIds": {"type": ["array", "null"], "items": {"type": "integer"}, "maxItems": 10},
        "deepResearchIds": {"type": ["array", "null"], "items": TEXT, "maxItems": 10},
        "type": {"enum": [each.value for each in PostType]},
        "tweetStyle": {"enum": [*(each.value for each in TweetStyle), "", None]},
        "count": between(1, 10),
        "text": or_null(TEXT | {"maxLength": TEXT_LIMIT}),
        "queryText": or_null(TEXT | {"maxLength": TEXT_LIMIT}),
        "url": or_null(words.URL),
        "audioUrl": or_null(words.URL),
        "imageUrl": or_null(words.URL),
        "promptAudioUrl": or_null(words.URL),
        "deepResearch": FLAG,
        "projectIds": {"type": ["array", "null"], "items": TEXT, "maxItems": 10},
        "callbackData": or_null(TEXT | {"maxLength": CALLBACK_DATA_LIMIT}),
        "account": TEXT,
        "approval": {"enum": [each.value for each in Approval]},
        "schedule": {"type": "object"},
    },
}
