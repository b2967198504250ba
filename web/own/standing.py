"""How things stand, over HTTP: what is planned, what waits for whom, and which failures nobody has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.template import TemplateStatus
from domain.token import Scope
from scheduler.operations import status as operations
from scheduler.operations.joined import Joined
from scheduler.shown import standing
from scheduler.shown.schema_words import (
    ANY_OBJECT,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    Schema,
    list_of,
    object_of,
    or_null,
)
from storage import tables
from web import owned
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own.events import EVENT
from web.schemas import of

ID_LIMIT = 100  # characters


async def status(call: Call) -> Response:
    roles = await _roles(call)
    return answered(standing.status(await call.read(lambda c: _now(c, call, roles)), 0))


async def acknowledge(call: Call) -> Response:
    with fields(call.document, "up_to") as given:
        event_id = given.text("up_to", limit=ID_LIMIT)
        if event_id is None and not given.problems:
            given.problem("up_to", "is missing; give the id of the newest failure that was read")
    assert event_id is not None

    roles = await _roles(call)

    def acknowledged(c: Connection) -> dict[str, Any]:
        before = _now(c, call, roles)
        newest = owned.row(c, "event", tables.events, event_id, call.owner)
        operations.acknowledge_up_to(Joined(c), newest, owner=call.owner)
        now = _now(c, call, roles)
        return standing.status(now, len(before.unread) - len(now.unread))

    return answered(await call.write(acknowledged))


async def _roles(call: Call) -> Sequence[str]:
    find = call.parts.roles
    return await call.read(lambda _: find()) if find is not None else ()


def _now(c: Connection, call: Call, roles: Sequence[str]) -> operations.Status:
    return operations.status(Joined(c), roles=roles, now=call.now, owner=call.owner)


_TIMELINE = object_of(account=TEXT, since=INSTANT, next_at=or_null(INSTANT), tries=NUMBER, last_error=or_null(TEXT))
_STATUS: Schema = object_of(
    daemon={"enum": ["running", "stopped"]},
    daemons=ANY_OBJECT,
    missing_role=or_null(TEXT),
    sandbox=or_null(TEXT),
    templates=ANY_OBJECT,
    runs=ANY_OBJECT,
    unknown_outcomes=NUMBER,
    next_slot_at=or_null(INSTANT),
    overdue=FLAG,
    unread_timelines=list_of(_TIMELINE),
    dead_deliveries=NUMBER,
    unread_failures=list_of(of("event")),
    acknowledged=NUMBER,
    failed=FLAG,
)
_FAILURE = EVENT | {"type": "run.failed"}
_SHOWN: dict[str, Any] = {
    "daemon": "running",
    "daemons": {"all": 1},
    "missing_role": None,
    "sandbox": None,
    "templates": dict.fromkeys((each.value for each in TemplateStatus if each is not TemplateStatus.DELETED), 0)
    | {"active": 1},
    "runs": {each.value: 0 for each in operations.WATCHED},
    "unknown_outcomes": 0,
    "next_slot_at": "2026-03-27T08:00:00.000000Z",
    "overdue": False,
    "unread_timelines": [],
    "dead_deliveries": 0,
    "unread_failures": [_FAILURE],
    "acknowledged": 0,
    "failed": True,
}

OPERATIONS = (
    Operation(
        id="status",
        method="GET",
        path="/api/v1/status",
        tag="status",
        summary="Say how things stand: what is planned, what waits for whom, and which failures nobody has read.",
        description="`failed` is true while somebody must look.",
        scope=Scope.READ,
        answer=_STATUS,
        example=Example(_SHOWN),
        endpoint=status,
    ),
    Operation(
        id="acknowledgeFailures",
        method="POST",
        path="/api/v1/status/acknowledge",
        tag="status",
        summary="Mark failures as read, up to the event `up_to`; later ones stay unread.",
        scope=Scope.WRITE,
        request=object_of(up_to=TEXT | {"maxLength": ID_LIMIT}) | {"additionalProperties": False},
        refusals=(404,),
        answer=_STATUS,
        example=Example(
            _SHOWN | {"unread_failures": [], "acknowledged": 1, "failed": False}, body={"up_to": EVENT["id"]}
        ),
        endpoint=acknowledge,
    ),
)
