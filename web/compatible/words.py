"""The schemas of the compatible operations: what they take and what they answer, key by key."""

from __future__ import annotations

from domain.publication import PostStatus
from domain.template import Approval, PostType, TemplateStatus, TweetStyle
from scheduler.shown.picture_views import numbers_schema
from scheduler.shown.schema_words import FLAG, TEXT, Schema, between, list_of, object_of, one_of, or_null

ID = "0199f3a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b"
TEMPLATE_ID = "0199f3a0-1c2d-7e3f-8a4b-5c6d7e8f9a0c"
WHEN: Schema = {"type": "string", "format": "date-time"}
URL: Schema = {"type": "string", "maxLength": 2048}
MAYBE = or_null(TEXT)
_IDS: Schema = {"type": ["array", "string", "null"], "items": TEXT, "maxItems": 10}
_NUMBERS: Schema = {"type": ["array", "string", "null"], "items": {"type": "integer"}, "maxItems": 10}
_STYLE: Schema = {"enum": [*(each.value for each in TweetStyle), "", None]}
_COMMON: dict[str, Schema] = {
    "type": one_of(PostType),
    "tweetStyle": _STYLE | {"description": "Without one, a form is chosen for each post."},
    "count": between(1, 10) | {"default": 1},
    "deepResearch": FLAG | {"default": False},
    "callbackData": or_null(TEXT | {"maxLength": 500}),
    "isScheduled": FLAG | {"default": False},
    "dailyCount": between(1, 100) | {"default": 1},
    "scheduleEndDate": or_null(WHEN),
    "account": or_null(TEXT | {"description": "Which X account posts; without it OSTINATO_ACCOUNT, or the only one."}),
    "approval": {"enum": [*(each.value for each in Approval), "", None]},
}
POST: Schema = {
    "type": "object",
    "properties": {
        **_COMMON,
        "feedIds": _NUMBERS,
        "deepResearchIds": _IDS,
        "projectIds": _IDS,
        "audioUrl": or_null(URL),
        "promptAudioUrl": or_null(URL),
        "promptAudioFile": {"type": "string", "format": "binary", "description": "Multipart only."},
        "url": or_null(URL),
        "text": or_null(TEXT | {"maxLength": 20_000}),
        "prompt": or_null(TEXT | {"maxLength": 5_000}),
        "imageUrl": or_null(URL),
        "imageFile": {"type": "string", "description": "A file of at most 10 MB; in JSON a data URI."},
    },
    "required": ["type"],
}
QUICK: Schema = {
    "type": "object",
    "properties": {
        **_COMMON,
        "queryText": or_null(TEXT | {"maxLength": 20_000}),
        "queryAudioFile": {"type": "string", "format": "binary", "description": "Multipart only."},
        "imageFile": {"type": "string", "description": "A file of at most 10 MB; in JSON a data URI."},
    },
    "required": ["type"],
}
CREATED: Schema = {
    "anyOf": [
        object_of(request_id=TEXT) | {"additionalProperties": False},
        object_of(schedule_id=TEXT, message=TEXT, dailyCount=between(1, 100), endDate=or_null(WHEN))
        | {"additionalProperties": False},
    ]
}
BARE_POST: dict[str, Schema] = {
    "id": TEXT,
    "requestId": TEXT,
    "result": TEXT,
    "type": one_of(PostType),
    "order": {"type": "integer", "minimum": 0},
    "createdOn": WHEN,
    "tweetImageUrl": MAYBE,
    "dataTableImageUrl": MAYBE,
    "barChartImageUrl": MAYBE,
}
SOURCE = object_of(
    type={"enum": ["feed-item", "feed", "resource", "deep-research"]},
    sourceId=MAYBE,
    reference=MAYBE,
    description=MAYBE,
    metadata={"type": ["object", "null"]},
)
X_POST = object_of(
    **BARE_POST,
    sources=list_of(SOURCE),
    shareUrl=MAYBE,
    scheduleId=MAYBE,
    groupId=TEXT,
    groupIndex={"type": "integer", "minimum": 0},
    status=one_of(PostStatus),
    tweetId=MAYBE,
    tweetUrl=MAYBE,
    publishedOn=or_null(WHEN),
    accountId=TEXT,
    tweetStyle=MAYBE,
    error=MAYBE,
    data=or_null(numbers_schema()),
)
TEMPLATE = object_of(
    id=TEXT,
    type=one_of(PostType),
    deletedOn=or_null(WHEN),
    feedIds=list_of({"type": "integer"}),
    deepResearchIds=list_of(TEXT),
    projectIds=list_of(TEXT),
    audioUrl=MAYBE,
    url=MAYBE,
    text=MAYBE,
    prompt=MAYBE,
    imageUrl=MAYBE,
    promptAudioUrl=MAYBE,
    queryText=MAYBE,
    queryAudioUrl=MAYBE,
    fast=FLAG,
    tweetStyle=MAYBE,
    callbackData=MAYBE,
    dailyCount={"type": "integer", "minimum": 1},
    scheduleEndDate=or_null(WHEN),
    lastRunAt=or_null(WHEN),
    nextRunAt=or_null(WHEN),
    createdOn=WHEN,
    isActive=FLAG,
    count={"type": "integer"},
    deepResearch=FLAG,
    status=one_of(TemplateStatus),
    pauseReason=MAYBE,
    pauseNote=MAYBE,
    lastRun=or_null(object_of(id=TEXT, status=TEXT, error=MAYBE)),
    name=TEXT,
    accountId=TEXT,
    approval=one_of(Approval),
    schedule={"type": ["object", "null"]},
)
SHARED = f"{ID}-5f2d8c1e9b7a4c3e8d6f0a1b2c3d4e5f"
EXAMPLE_POST = {
    "id": ID,
    "requestId": TEMPLATE_ID,
    "result": "The tram line 7 opens on Tuesday.",
    "type": "tweet",
    "order": 0,
    "createdOn": "2026-03-26T12:00:00Z",
    "tweetImageUrl": None,
    "dataTableImageUrl": None,
    "barChartImageUrl": None,
}
EXAMPLE_X_POST = EXAMPLE_POST | {
    "sources": [
        {
            "type": "resource",
            "sourceId": None,
            "reference": "https://example.com/tram",
            "description": "Example: A new tram",
            "metadata": {"publishedOn": None},
        }
    ],
    "shareUrl": f"https://ostinato.example/share/podcast/{SHARED}/20260326",
    "scheduleId": None,
    "groupId": f"{TEMPLATE_ID}-0",
    "groupIndex": 0,
    "status": "published",
    "tweetId": "1900000000000000001",
    "tweetUrl": "https://x.com/i/status/1900000000000000001",
    "publishedOn": "2026-03-26T12:00:04Z",
    "accountId": "acme",
    "tweetStyle": "OneLiner",
    "error": None,
    "data": None,
}
EXAMPLE_TEMPLATE = {
    "id": TEMPLATE_ID,
    "type": "tweet",
    "deletedOn": None,
    "feedIds": [1],
    "deepResearchIds": [],
    "projectIds": [],
    "audioUrl": None,
    "url": None,
    "text": None,
    "prompt": "plain words",
    "imageUrl": None,
    "promptAudioUrl": None,
    "queryText": None,
    "queryAudioUrl": None,
    "fast": False,
    "tweetStyle": None,
    "callbackData": "user-data-123",
    "dailyCount": 2,
    "scheduleEndDate": "2030-12-31T23:59:59Z",
    "lastRunAt": "2026-03-26T12:00:00Z",
    "nextRunAt": "2026-03-27T00:00:00Z",
    "createdOn": "2026-03-26T12:00:00Z",
    "isActive": True,
    "count": 1,
    "deepResearch": False,
    "status": "active",
    "pauseReason": None,
    "pauseNote": None,
    "lastRun": None,
    "name": "x-5c6d7e8f9a0c",
    "accountId": "acme",
    "approval": "auto",
    "schedule": None,
}
