"""What happened, over HTTP: in the order of its recording, at once or when it happens."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from sqlalchemy import Connection
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive

from domain.event import EventType
from domain.token import Scope, Token
from scheduler.shown import views
from scheduler.shown.schema_words import TEXT, Schema, list_of, object_of
from storage import event_pages
from storage.event_pages import START, Page, Place, Wanted
from web import owned, paging
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation, Parameter
from web.own import examples
from web.paging import LIMIT
from web.parameters import text, whole
from web.problems import Refused
from web.schemas import of
from web.tokens import unauthorised

PATH = "/api/v1/events"
LONGEST = 60  # seconds that a call may wait
MOST_WAITING = 250  # calls of one owner: half of the connections that there may be
NOW = "now"
_CURSOR = paging.after(int, str)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Begin = Place | str  # a place, the id of an event, or NOW


async def list_(call: Call) -> Response:
    begin = call.query["after"] or START

    def found(c: Connection) -> tuple[Wanted, Page]:
        wanted, after = beginning(c, call, begin)
        return wanted, event_pages.page(c, wanted, after=after, limit=call.query["limit"])

    wanted, page = await call.read(found)
    if not page.placed and call.query["wait"]:
        page = await _awaited(call, wanted, page.end)
    return answered({"events": [views.event(each.event) for each in page.placed], "next": cursor(page.end)})


def read_begin(given: str) -> Begin:
    """Read where somebody wants to begin. Raises ValueError with the remedy."""
    if given == NOW or _ID.fullmatch(given):
        return given
    try:
        return Place(*_CURSOR.read(given))
    except ValueError:
        raise ValueError("is no cursor; take a `next` as it is, the id of an event, or now") from None


def cursor(place: Place) -> str:
    """Give the cursor of *place*, good for ever."""
    return paging.cursor(place.position, place.mark)


def beginning(c: Connection, call: Call, begin: Begin) -> tuple[Wanted, Place]:
    """Give which events the call wants, and behind which place. Raises NotFound for a template or an event."""
    named = call.query["template"]
    template_id = owned.template_id(c, named, call.owner) if named else None
    wanted = Wanted(call.owner, template_id, call.query["types"])
    if isinstance(begin, Place):
        return wanted, event_pages.standing(c, begin)
    return wanted, event_pages.newest(c) if begin == NOW else event_pages.behind(c, begin, owner=call.owner)


async def following(call: Call, wanted: Wanted, after: Place, limit: int) -> Page:
    """Give the events behind *after* for somebody who attends the tail: mostly from memory."""
    found = call.parts.tail.page(wanted, after=after, limit=limit)
    if found is None:
        found = await call.read(lambda c: event_pages.page(c, wanted, after=after, limit=limit))
    return found


def too_many(sentence: str) -> Refused:
    """Give the refusal of somebody who has as many as one owner may."""
    return Refused(sentence, status=429, code="rate_limited", headers={"Retry-After": "5"})


async def left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _awaited(call: Call, wanted: Wanted, after: Place) -> Page:
    """Wait for the first event behind *after*. Raises Refused when the token is revoked meanwhile."""
    tail, token, page = call.parts.tail, _token(call), Page((), after)
    if tail.calls[call.owner] >= MOST_WAITING:
        raise too_many(f"{MOST_WAITING} calls of {call.owner} wait for events, and no more may; ask without wait")
    until = time.monotonic() + call.query["wait"]
    gone = asyncio.ensure_future(left(call.request.receive))
    tail.calls[call.owner] += 1
    try:
        with tail.attended(token, after):
            while not page.placed and not tail.closed and (remains := until - time.monotonic()) > 0:
                await tail.news(page.end, gone, remains)
                if gone.done():
                    raise ClientDisconnect
                if tail.is_over(token):
                    raise unauthorised()
                page = await following(call, wanted, page.end, call.query["limit"])
    finally:
        gone.cancel()
        tail.calls[call.owner] -= 1
    return page


def _token(call: Call) -> Token:
    assert call.token is not None  # the operations have a scope
    return call.token


def _types(given: str) -> frozenset[EventType]:
    try:
        return frozenset(EventType(each.strip()) for each in given.split(","))
    except ValueError:
        raise ValueError(f"must be some of {', '.join(EventType)}, with commas between them") from None


AFTER = Parameter(
    "after",
    "Only what was recorded behind this: a `next` of before, the id of an event, or `now`; without it from the oldest "
    "that is kept.",
    TEXT,
    read_begin,
)
TYPES = Parameter("types", "Only events of these types, with commas between them.", TEXT, _types)
TEMPLATE = text("template", "Only events of this template, by its name or id.", most=200)
EVENT: dict[str, Any] = {
    "id": "0197f3a2-7b30-7f11-8a55-2c4d6e8f0a1b",
    "type": "run.skipped",
    "created_at": "2026-03-27T08:00:01.250000Z",
    "template_id": examples.TEMPLATE_ID,
    "run_id": examples.RUN_ID,
    "sequence": 7,
    "data": {
        "template": {"id": examples.TEMPLATE_ID, "name": "morning"},
        "run": {
            "id": examples.RUN_ID,
            "slotAt": examples.SLOT,
            "status": "skipped",
            "reason": "nothing_new",
            "detail": None,
        },
    },
}
CURSOR = cursor(Place(4711, EVENT["id"][-event_pages.MARK :]))
_PAGE: Schema = object_of(
    events=list_of(of("event")),
    next=TEXT | {"description": "The cursor behind all that was looked at, also where there was nothing."},
)

OPERATIONS = (
    Operation(
        id="listEvents",
        method="GET",
        path=PATH,
        tag="events",
        summary="Give what happened, in the order of its recording, or wait for it.",
        description="With `wait` it answers when there is an event, or with none when the time is over. Go on with "
        "`next`: nothing is left out and nothing comes twice.",
        scope=Scope.READ,
        parameters=(
            AFTER,
            LIMIT,
            TYPES,
            TEMPLATE,
            whole("wait", "For how many seconds to wait where there is no event yet.", 0, LONGEST, 0),
        ),
        refusals=(404, 429),
        answer=_PAGE,
        example=Example({"events": [EVENT], "next": CURSOR}, query={"types": "run.failed,run.skipped", "wait": "0"}),
        endpoint=list_,
    ),
)
