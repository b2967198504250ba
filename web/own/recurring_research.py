"""Research that recurs, over HTTP: what about, how often and until when, as `ostinato research recurring` has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.research import Recurring
from domain.template_document.fields import Fields
from domain.token import Scope
from scheduler.operations import research as operations
from scheduler.operations.joined import Joined
from scheduler.operations.research import MOST_A_DAY, TOPIC_LIMIT, Change
from scheduler.shown import researches as views
from scheduler.shown.schema_words import INSTANT, Schema, between, list_of, object_of, or_null
from storage import recurring_research as storage
from storage import research as research_storage
from web.answers import answered
from web.call import Call
from web.fields import fields, moment
from web.operation import Example, Operation
from web.own.research import ASKED, EXAMPLE, ID, WANTED, read_asked
from web.paging import LIMIT, NEXT, after_instant, number_of, page
from web.schemas import of, with_more

PATH = "/api/v1/recurring-research"
ONE = PATH + "/{recurring}"
CAME = 10  # of the newest researches that came of one


async def list_(call: Call) -> Response:
    limit = call.query["limit"]
    found = await call.read(lambda c: storage.page(c, limit=limit + 1, after=call.query["after"], owner=call.owner))
    shown, following = page(found, limit, lambda each: (number_of(each.created_at), each.id))
    return answered({"recurring": [views.recurring(each) for each in shown], "next": following})


async def repeat(call: Call) -> Response:
    with fields(call.document, *ASKED, "daily_count", "until") as given:
        asked, count, until = read_asked(given), given.integer("daily_count", 1, MOST_A_DAY, 1), _until(given)

    def repeated(c: Connection) -> dict[str, Any]:
        made = operations.repeat(
            Joined(c),
            asked,
            daily_count=count,
            until=until,
            now=call.now,
            new_id=call.parts.new_id,
            owner=call.owner,
        )
        return views.recurring(made)

    return await call.create(repeated, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        one = storage.get(c, call.path["recurring"], owner=call.owner)
        came = research_storage.outlines(c, limit=CAME, recurring_id=one.id, owner=call.owner)
        return views.recurring(one) | {"research": [views.research(each) for each in came]}

    return answered(await call.read(found))


async def edit(call: Call) -> Response:
    with fields(call.document, "topic", "daily_count", "until") as given:
        topic = given.text("topic", limit=TOPIC_LIMIT, keep_blank=True)
        count = given.integer("daily_count", 1, MOST_A_DAY, 0) or None
        until: datetime | str | None = _until(given)
    if until is None and "until" in call.document:
        until = ""  # null lifts the end
    return await _changed(call, Change(topic, count, until))


async def pause(call: Call) -> Response:
    return await _changed(call, Change(active=False))


async def resume(call: Call) -> Response:
    return await _changed(call, Change(active=True))


async def _changed(call: Call, wanted: Change) -> Response:
    def changed(c: Connection) -> Recurring:
        found = storage.get(c, call.path["recurring"], owner=call.owner)
        return operations.change(Joined(c), found.id, wanted, now=call.now, owner=call.owner)

    return answered(views.recurring(await call.write(changed)))


def _until(given: Fields) -> datetime | None:
    return moment(given, "until") if given.has("until") else None


_COUNT = between(1, MOST_A_DAY)
_NEW: Schema = {
    "type": "object",
    "properties": {**WANTED, "daily_count": _COUNT | {"default": 1}, "until": or_null(INSTANT)},
    "required": ["topic"],
    "additionalProperties": False,
}
_CHANGE: Schema = {
    "type": "object",
    "properties": {"topic": WANTED["topic"], "daily_count": _COUNT, "until": or_null(INSTANT)},
    "additionalProperties": False,
}
_SHOWN: dict[str, Any] = {
    "id": ID,
    "topic": "solid state batteries",
    "output": "text",
    "status": "active",
    "feeds": [],
    "urls": [],
    "daily_count": 2,
    "until": "2030-12-31T00:00:00.000000Z",
    "next_at": "2026-03-27T00:00:00.000000Z",
    "created_at": "2026-03-26T12:00:00.000000Z",
    "updated_at": "2026-03-26T12:00:00.000000Z",
    "callback_data": None,
}
_PAUSED = _SHOWN | {"status": "paused", "next_at": None}
_NAMED = {"recurring": ID}

OPERATIONS = (
    Operation(
        id="listRecurringResearch",
        method="GET",
        path=PATH,
        tag="research",
        summary="List the researches that recur, the newest first.",
        scope=Scope.READ,
        parameters=(LIMIT, after_instant(str)),
        answer=object_of(recurring=list_of(of("recurring_research")), next=NEXT),
        example=Example({"recurring": [_SHOWN], "next": None}),
        endpoint=list_,
    ),
    Operation(
        id="repeatResearch",
        method="POST",
        path=PATH,
        tag="research",
        summary="Have a topic looked up so many times a day, at once for the first time.",
        description="A template that names its id takes its newest finished report.",
        scope=Scope.WRITE,
        request=_NEW,
        status=201,
        answer=of("recurring_research"),
        creates=True,
        example=Example(
            _SHOWN, body={"topic": "solid state batteries", "daily_count": 2, "until": "2030-12-31T00:00:00Z"}
        ),
        endpoint=repeat,
    ),
    Operation(
        id="getRecurringResearch",
        method="GET",
        path=ONE,
        tag="research",
        summary=f"Show one that recurs, and the newest {CAME} of what came of it.",
        scope=Scope.READ,
        answer=with_more(of("recurring_research"), research=list_of(of("research"))),
        example=Example(_SHOWN | {"research": [EXAMPLE | {"recurring_id": ID}]}, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="editRecurringResearch",
        method="PATCH",
        path=ONE,
        tag="research",
        summary="Change what it is about, how often or until when it comes.",
        description="What is not named stays; `until` null lifts the end. Another count is counted from now on.",
        scope=Scope.WRITE,
        request=_CHANGE,
        answer=of("recurring_research"),
        refusals=(409,),
        example=Example(_SHOWN, path=_NAMED, body={"daily_count": 2}),
        endpoint=edit,
    ),
    Operation(
        id="pauseRecurringResearch",
        method="POST",
        path=f"{ONE}/pause",
        tag="research",
        summary="Do it no more until it is resumed. Its reports stay.",
        scope=Scope.WRITE,
        answer=of("recurring_research"),
        example=Example(_PAUSED, path=_NAMED),
        endpoint=pause,
    ),
    Operation(
        id="resumeRecurringResearch",
        method="POST",
        path=f"{ONE}/resume",
        tag="research",
        summary="Do it again from its next time on. What passed meanwhile is not made up.",
        scope=Scope.WRITE,
        answer=of("recurring_research"),
        refusals=(409,),
        example=Example(_SHOWN, path=_NAMED),
        endpoint=resume,
    ),
)
