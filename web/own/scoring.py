"""A text of one's own, scored as drafts are."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from domain.token import Scope
from scheduler.operations import scoring
from scheduler.shown import views
from scheduler.shown.schema_words import FLAG, TEXT, Schema, list_of, object_of, or_null
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.outside import asking
from web.schemas import of, with_more


async def score(call: Call) -> Response:
    with fields(call.document, "text", "media", "local") as given:
        text = given.text("text", limit=scoring.TEXT_LIMIT) or ""
        media, local = given.boolean("media", default=False), given.boolean("local", default=False)
    if local:
        return answered(views.score(await scoring.score(None, text, has_media=media)))
    async with asking(call.parts.outside) as transport:
        return answered(views.score(await scoring.score(transport, text, has_media=media)))


_CHECK = object_of(factor=TEXT, passed=FLAG, suggestion=or_null(TEXT))
_SCORE = with_more(of("score"), part={"type": ["integer", "null"]}, top_suggestion=or_null(TEXT))
_SCORE = _SCORE | {"properties": _SCORE["properties"] | {"checks": list_of(_CHECK)}}
_ASKED: Schema = {
    "type": "object",
    "properties": {
        "text": TEXT | {"maxLength": scoring.TEXT_LIMIT},
        "media": or_null(FLAG) | {"default": False, "description": "Whether it will carry a picture or video."},
        "local": or_null(FLAG) | {"default": False, "description": "Ask no API; take the built-in copy of its checks."},
    },
    "required": ["text"],
    "additionalProperties": False,
}
_SHOWN: dict[str, Any] = {
    "value": 50,
    "scored_by": "local",
    "checks": [
        {"factor": "has_question", "passed": True, "suggestion": None},
        {"factor": "no_link", "passed": False, "suggestion": "Leave the link to a reply."},
    ],
    "part": None,
    "top_suggestion": "Leave the link to a reply.",
}

OPERATIONS = (
    Operation(
        id="scoreText",
        method="POST",
        path="/api/v1/score",
        tag="posts",
        summary="Score a text with the checks of the Xquik API.",
        description="The score is 100 times the checks passed, divided by the checks made.",
        scope=Scope.WRITE,
        request=_ASKED,
        refusals=(409, 502, 503),
        answer=_SCORE,
        example=Example(_SHOWN, body={"text": "We measured 412 cold starts. What do yours take?", "local": True}),
        endpoint=score,
    ),
)
