"""Deliveries over HTTP: what webhooks were told, and telling them again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.event import DeliveryStatus, EventType
from domain.token import Scope
from scheduler.operations import callbacks
from scheduler.operations.joined import Joined
from scheduler.shown import webhook_views
from scheduler.shown.schema_words import NUMBER, list_of, object_of
from scheduler.shown.webhook_views import DELIVERY, TRIES
from storage import delivery_pages, tables
from web import owned
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.own import examples
from web.paging import LIMIT, NEXT, after, page
from web.parameters import choice, text
from web.schemas import with_more

PATH = "/api/v1/deliveries"
ONE = PATH + "/{delivery}"


async def list_(call: Call) -> Response:
    asked = call.query

    def found(c: Connection) -> list[delivery_pages.Told]:
        return delivery_pages.page(
            c,
            owner=call.owner,
            after=asked["after"],
            limit=asked["limit"] + 1,
            status=asked["status"],
            webhook_id=asked["webhook"],
            event=asked["event"],
        )

    shown, following = page(await call.read(found), asked["limit"], lambda each: (each.position, each.webhook_id))
    return answered({"deliveries": [webhook_views.delivery(each) for each in shown], "next": following})


async def show(call: Call) -> Response:
    told, tries = await call.read(lambda c: delivery_pages.get(c, call.path["delivery"], owner=call.owner))
    return answered(webhook_views.delivery(told) | {"tries": webhook_views.tried(tries)})


async def redeliver(call: Call) -> Response:
    def again(c: Connection) -> dict[str, Any]:
        wanted = owned.row(c, "delivery", tables.deliveries, call.path["delivery"], call.owner)
        callbacks.redeliver(Joined(c), wanted, now=call.now)
        return webhook_views.delivery(delivery_pages.get(c, wanted, owner=call.owner)[0])

    return answered(await call.write(again))


async def revive(call: Call) -> Response:
    queued = await call.write(lambda c: callbacks.revive(Joined(c), now=call.now, owner=call.owner))
    return answered({"queued": queued})


_SHOWN: dict[str, Any] = {
    "id": "7d0f5f3a9b6e4c0e8b5a1f2d3c4b5a69",
    "webhook_id": "0197f3a2-8b30-7f66-8d40-2e1f3a4b5c6d",
    "event_id": "0197f3a2-9c40-7a77-9e51-3f2a4b5c6d7e",
    "event": "run.failed",
    "template_id": examples.TEMPLATE_ID,
    "run_id": examples.RUN_ID,
    "sequence": 12,
    "status": "dead",
    "attempts": 12,
    "next_attempt_at": None,
    "delivered_at": None,
    "last_status": 500,
    "last_error": "answered 500",
    "waits_for_an_earlier_one": False,
}
_TRY = {"at": "2026-03-26T12:00:00.000000Z", "ok": False, "status": 500, "error": "answered 500", "duration_ms": 112}
_AGAIN = {"status": "pending", "attempts": 0, "next_attempt_at": "2026-03-26T13:00:00.000000Z"}
_NAMED = {"delivery": _SHOWN["id"]}

OPERATIONS = (
    Operation(
        id="listDeliveries",
        method="GET",
        path=PATH,
        tag="webhooks",
        summary="List what webhooks were told, or are to be told: that of the newest events first.",
        scope=Scope.READ,
        parameters=(
            choice("status", "Only such deliveries.", DeliveryStatus),
            text("webhook", "Only those to the webhook of that id.", most=100),
            choice("event", "Only those that tell of such events.", EventType),
            LIMIT,
            after(int, str),
        ),
        answer=object_of(deliveries=list_of(DELIVERY), next=NEXT),
        example=Example({"deliveries": [_SHOWN], "next": None}, query={"status": "dead"}),
        endpoint=list_,
    ),
    Operation(
        id="redeliverDead",
        method="POST",
        path=PATH + "/redeliver",
        tag="webhooks",
        summary="Send the dead deliveries again, the newest thousand, each with twelve new attempts.",
        scope=Scope.WRITE,
        answer=object_of(queued=NUMBER),
        example=Example({"queued": 3}),
        endpoint=revive,
    ),
    Operation(
        id="getDelivery",
        method="GET",
        path=ONE,
        tag="webhooks",
        summary="Show a delivery with every try: what the receiver answered, and how long that took.",
        scope=Scope.READ,
        answer=with_more(DELIVERY, tries=TRIES),
        example=Example(_SHOWN | {"tries": [_TRY]}, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="redeliver",
        method="POST",
        path=ONE + "/redeliver",
        tag="webhooks",
        summary="Send a delivery again, whatever became of it before; the daemon does it, and its event keeps its id.",
        scope=Scope.WRITE,
        answer=DELIVERY,
        example=Example(_SHOWN | _AGAIN, path=_NAMED),
        endpoint=redeliver,
    ),
)
