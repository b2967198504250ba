"""`POST /x/post` and `POST /x/post/quick`: one post made now, or a template that recurs."""

from __future__ import annotations

import math
from datetime import UTC
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import OverBudget
from domain.media import AUDIO, AUDIO_LIMIT_BYTES, IMAGE_LIMIT_BYTES, IMAGES
from domain.token import Scope
from scheduler.operations import files, requests
from scheduler.shown.compatible import iso_or_none
from storage import blobs
from web.call import Call
from web.compatible import words
from web.compatible.bringing import fields_of
from web.compatible.creating import Asked, read_post, read_quick
from web.compatible.given import Upload
from web.compatible.refusal import BUDGET_EXCEEDED, NOT_CONFIGURED, TOO_SOON, Refusal, in_its_words
from web.compatible.sources import unreadable
from web.compatible.translation import document
from web.operation import FORM, JSON, Example, Manner, Operation

BODY_LIMIT = 2 * IMAGE_LIMIT_BYTES + AUDIO_LIMIT_BYTES  # an image of JSON is a third longer; a recording may be beside


async def post(call: Call) -> Response:
    asked = read_post(await fields_of(call), now=call.now, unreadable=unreadable(hears=call.parts.hears))
    await refuse_broken(call, asked)
    return await call.create(lambda c: _made(c, call, asked))


async def quick(call: Call) -> Response:
    asked = read_quick(await fields_of(call), now=call.now, unreadable=unreadable(hears=call.parts.hears))
    await refuse_broken(call, asked)
    return await call.create(lambda c: _made(c, call, asked))


async def refuse_broken(call: Call, asked: Asked) -> None:
    """Check the files that were brought as `ostinato file add` does; a picture is taken apart in a process of its own.

    Raises InvalidInput, naming the field, for another type than it takes, what is too large or two things at once, and
    a picture that is truncated, damaged or a bomb.
    """
    brought = (
        (asked.image, "imageFile", IMAGES),
        (asked.prompt_audio, "promptAudioFile", AUDIO),
        (asked.query_audio, "queryAudioFile", AUDIO),
    )
    for given, field, wanted in brought:
        if isinstance(given, Upload) and call.parts.offload is not None:
            await files.checked(given.content, offload=call.parts.offload, wanted=wanted, field=field)


def _made(c: Connection, call: Call, asked: Asked) -> dict[str, Any]:
    """Keep what was asked for, and give the answer's one form or the other. Raises Refusal."""
    refuse_too_soon(call)
    new_id, now = call.parts.new_id, call.now
    template_id = new_id()
    feeds = requests.feed_urls(c, owner=call.owner) if asked.feed_ids else {}
    name, account = f"x-{template_id[-12:]}", _account(c, call, asked)
    written = document(asked, name=name, account=account, feeds=feeds, keep=partial(_keep, c, call))
    kept = {
        "fast": asked.quick,
        "prices": call.parts.prices,
        "now": now,
        "new_id": new_id,
        "template_id": template_id,
        "owner": call.owner,
    }
    try:
        with in_its_words():
            answer = _scheduled(c, call, asked, written, **kept) if asked.scheduled else _once(c, written, **kept)
    except OverBudget as error:
        raise Refusal(str(error), code=BUDGET_EXCEEDED) from None
    call.parts.asked_at[call.owner] = now
    return answer


def _once(c: Connection, written: dict[str, Any], **kept: Any) -> dict[str, Any]:
    return {"request_id": requests.post_once(c, written, **kept).id}


def _scheduled(c: Connection, call: Call, asked: Asked, written: dict[str, Any], **kept: Any) -> dict[str, Any]:
    stored = requests.recur(c, written, cipher=call.parts.cipher, **kept)
    return {
        "schedule_id": stored.template.id,
        "message": _message(asked),
        "dailyCount": asked.daily_count,
        "endDate": iso_or_none(asked.end),
    }


def _keep(c: Connection, call: Call, upload: Upload, field: str) -> str:
    """Keep a file that was brought, told by its content, and give its id. Raises InvalidInput."""
    wanted = IMAGES if field == "imageFile" else AUDIO
    return blobs.keep(
        c, upload.content, name=upload.name, now=call.now, wanted=wanted, field=field, owner=call.owner
    ).id


def refuse_too_soon(call: Call) -> None:
    """Refuse the second post of an owner within the time that posts are to be apart."""
    last = call.parts.asked_at.get(call.owner)
    if last is None:
        return
    left = (last + call.parts.posts_apart - call.now).total_seconds()
    if 0 < left <= call.parts.posts_apart.total_seconds():
        headers = {"Retry-After": str(math.ceil(left))}
        raise Refusal(TOO_SOON, code="rate_limited", status=429, headers=headers)


def _account(c: Connection, call: Call, asked: Asked) -> str:
    found = asked.account or call.parts.account or requests.only_account(c, owner=call.owner)
    if found is None:
        sentence = "Missing account: send it, or set OSTINATO_ACCOUNT to the X account that posts"
        raise Refusal(sentence, code=NOT_CONFIGURED, field="account")
    return found


def _message(asked: Asked) -> str:
    until = f"until {iso_or_none(asked.end.astimezone(UTC))}" if asked.end else "indefinitely"
    return f"X {asked.type.value} scheduled {asked.daily_count} time(s) per day {until}"


OPERATIONS = (
    Operation(
        id="createXPost",
        method="POST",
        path="/x/post",
        tag="x",
        summary="Create a post or a thread, once or as a template that recurs.",
        description=(
            "At least one source is needed: feedIds, deepResearchIds, audioUrl, url, text, imageUrl or imageFile. Text "
            "that stands alone is posted as it is. With isScheduled a template is made, which runs at once and then "
            "dailyCount times a day; without it, one post."
        ),
        scope=Scope.PUBLISH,
        request=words.POST,
        takes=(JSON, FORM),
        body_limit=BODY_LIMIT,
        answer=words.CREATED,
        refusals=(429,),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(
            {"request_id": words.ID},
            body={"type": "tweet", "text": "Here are my thoughts on today's AI news...", "account": "acme"},
        ),
        endpoint=post,
    ),
    Operation(
        id="createXPostQuick",
        method="POST",
        path="/x/post/quick",
        tag="x",
        summary="Create a post or a thread from a query.",
        scope=Scope.PUBLISH,
        request=words.QUICK,
        takes=(FORM, JSON),
        body_limit=BODY_LIMIT,
        answer=words.CREATED,
        refusals=(429,),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(
            {"request_id": words.ID},
            body={"type": "tweet", "queryText": "The tram line 7 opens on Tuesday.", "account": "acme"},
        ),
        endpoint=quick,
    ),
)
