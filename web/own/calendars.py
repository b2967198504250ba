"""Calendars over HTTP: those at URLs whose dates templates exclude."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.calendar import CalendarRead
from domain.token import Scope
from scheduler.operations import calendar_copies
from scheduler.operations.joined import Joined
from scheduler.shown import calendar_views
from scheduler.shown.calendar_views import CALENDAR, REFRESHED
from scheduler.shown.schema_words import TEXT, Schema, list_of, object_of, or_null
from web.answers import answered
from web.calendars import read_some
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.paging import LIMIT, NEXT, after, page
from web.problems import Refused

PATH = "/api/v1/calendars"
URL_LIMIT = 2048


async def list_(call: Call) -> Response:
    (behind,) = call.query["after"] or (None,)
    limit = call.query["limit"]
    found = await call.read(lambda c: calendar_copies.page(Joined(c), owner=call.owner, after=behind, limit=limit + 1))
    shown, following = page(found, limit, lambda each: (each.kept.url,))
    return answered({"calendars": [calendar_views.calendar(each) for each in shown], "next": following})


async def refresh(call: Call) -> Response:
    with fields(call.document, "url") as given:
        url = given.text("url", limit=URL_LIMIT)
    wanted = await call.read(lambda c: calendar_copies.wanted(Joined(c), url, owner=call.owner))
    if call.parts.read_calendar is None:
        raise Refused("no calendar is read from here; start `ostinato serve`", status=409, code="not_configured")
    found = await read_some(call.parts.read_calendar, wanted, call)
    reads = [each for each in found if isinstance(each, CalendarRead)]  # of the others the last good copy counts on

    def kept(c: Connection) -> list[str]:
        return sorted({*calendar_copies.keep(c, reads, now=call.now, owner=call.owner)})

    changed = await call.write(kept)
    return answered(calendar_views.refreshed([each.url for each in reads], wanted, changed))


_SHOWN: dict[str, Any] = {
    "url": "https://example.com/holidays.ics",
    "events": 11,
    "templates": ["morning"],
    "fetched_at": "2026-03-26T12:00:00.000000Z",
    "tried_at": "2026-03-26T12:00:00.000000Z",
    "failures": 0,
    "last_error": None,
}
_ONE: Schema = {
    "type": "object",
    "properties": {"url": or_null(TEXT | {"maxLength": URL_LIMIT})},
    "additionalProperties": False,
}

OPERATIONS = (
    Operation(
        id="listCalendars",
        method="GET",
        path=PATH,
        tag="sources",
        summary="List the calendars that templates follow, and how reading them goes.",
        scope=Scope.READ,
        parameters=(LIMIT, after(str)),
        answer=object_of(calendars=list_of(CALENDAR), next=NEXT),
        example=Example({"calendars": [_SHOWN], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="refreshCalendars",
        method="POST",
        path=PATH + "/refresh",
        tag="sources",
        summary="Read the calendar at `url`, or all of them, again, and let the templates follow.",
        description="Slots that are not planned yet follow. One that cannot be read keeps its last good copy.",
        scope=Scope.WRITE,
        request=_ONE,
        body_required=False,
        refusals=(404, 409),
        answer=REFRESHED,
        example=Example({"read": [_SHOWN["url"]], "failed": [], "changed": ["morning"]}, body={"url": _SHOWN["url"]}),
        endpoint=refresh,
    ),
)
