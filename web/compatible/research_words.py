"""The schemas of the deep research operations: what they take and what they answer, key by key."""

from __future__ import annotations

from domain.research import OutputType, RecurringStatus
from domain.template_document.reading import CALLBACK_DATA_LIMIT
from scheduler.operations.research import MOST_A_DAY, TOPIC_LIMIT
from scheduler.shown.schema_words import FLAG, TEXT, Schema, between, object_of, one_of, or_null
from web.compatible import words
from web.compatible.research_reading import Provider

_COUNT = between(1, MOST_A_DAY)
_TOPIC: Schema = {"type": "string", "maxLength": TOPIC_LIMIT}
REQUEST: Schema = {
    "type": "object",
    "properties": {
        "text": _TOPIC,
        "outputType": one_of(OutputType),
        "provider": {"enum": [*(each.value for each in Provider), "", None], "description": "Taken and not used."},
        "files": {"type": ["array", "null"], "items": words.URL, "maxItems": 10},
        "feedIds": {"type": ["array", "null"], "items": {"type": "integer"}, "maxItems": 10},
        "callbackData": or_null(TEXT | {"maxLength": CALLBACK_DATA_LIMIT}),
        "isScheduled": FLAG | {"default": False},
        "dailyCount": _COUNT | {"default": 1},
        "scheduleEndDate": or_null(words.WHEN),
    },
    "required": ["text", "outputType"],
}
CHANGE: Schema = {
    "type": "object",
    "properties": {
        "text": _TOPIC,
        "dailyCount": _COUNT,
        "scheduleEndDate": or_null(words.WHEN),
        "isActive": FLAG,
    },
}
STARTED: Schema = {
    "anyOf": [
        object_of(request_id=TEXT) | {"additionalProperties": False},
        object_of(schedule_id=TEXT, message=TEXT, dailyCount=_COUNT, endDate=or_null(words.WHEN))
        | {"additionalProperties": False},
    ]
}
RESEARCH: dict[str, Schema] = {
    "id": TEXT,
    "requestedOn": words.WHEN,
    "succeededOn": or_null(words.WHEN),
    "status": between(0, 100),
    "errorOn": or_null(words.WHEN),
    "errorMessage": words.MAYBE,
    "errorCode": {"type": "integer"},
    "prompt": TEXT,
    "outputType": one_of(OutputType),
    "jsonFormat": words.MAYBE,
    "isScheduleTemplate": FLAG,
    "scheduleId": words.MAYBE,
    "dailyCount": or_null(_COUNT),
    "scheduleEndDate": or_null(words.WHEN),
    "lastScheduleExecutionOn": or_null(words.WHEN),
    "nextScheduleExecutionOn": or_null(words.WHEN),
    "callbackData": words.MAYBE,
}
TEMPLATE = object_of(
    id=TEXT,
    text=TEXT,
    provider=words.MAYBE,
    outputType=one_of(OutputType),
    jsonFormat=words.MAYBE,
    deletedOn=or_null(words.WHEN),
    callbackData=words.MAYBE,
    dailyCount=_COUNT,
    scheduleEndDate=or_null(words.WHEN),
    lastRunAt=or_null(words.WHEN),
    nextRunAt=or_null(words.WHEN),
    createdOn=words.WHEN,
    isActive=FLAG,
    status=one_of(RecurringStatus),
)
EXAMPLE = {
    "id": words.ID,
    "requestedOn": "2026-03-26T12:00:00Z",
    "succeededOn": "2026-03-26T12:02:10Z",
    "status": 100,
    "errorOn": None,
    "errorMessage": None,
    "errorCode": 0,
    "prompt": "solid state batteries",
    "outputType": "text",
    "jsonFormat": None,
    "isScheduleTemplate": False,
    "scheduleId": None,
    "dailyCount": None,
    "scheduleEndDate": None,
    "lastScheduleExecutionOn": None,
    "nextScheduleExecutionOn": None,
    "callbackData": "mine",
}
EXAMPLE_TEMPLATE = {
    "id": words.TEMPLATE_ID,
    "text": "solid state batteries",
    "provider": None,
    "outputType": "text",
    "jsonFormat": None,
    "deletedOn": None,
    "callbackData": None,
    "dailyCount": 2,
    "scheduleEndDate": "2030-12-31T23:59:59Z",
    "lastRunAt": "2026-03-26T12:00:00Z",
    "nextRunAt": "2026-03-27T00:00:00Z",
    "createdOn": "2026-03-26T12:00:00Z",
    "isActive": True,
    "status": "active",
}
