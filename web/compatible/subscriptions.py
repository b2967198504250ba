"""`/feeds/subscriptions`: which templates write from what comes in which feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import Conflict, NotFound
from domain.token import Scope
from scheduler.operations import subscribing
from scheduler.shown.compatible import Links, iso, iso_or_none
from scheduler.shown.schema_words import FLAG, TEXT, Schema, list_of, object_of, or_null
from storage import feed_subscriptions, templates
from storage.feed_subscriptions import Subscription
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.feeds import feed_of
from web.compatible.given import Given, from_json
from web.compatible.links import links_of
from web.compatible.recurring import recurring, seen
from web.compatible.refusal import Refusal, missing, wrong
from web.operation import Example, Manner, Operation
from web.parameters import flag

GONE = "Subscription not found or already removed"
REMOVED = "Subscription removed successfully"
LARGEST = 2**31 - 1


async def list_(call: Call) -> Response:
    links, removed = links_of(call), call.query["includeRemoved"]

    def found(c: Connection) -> list[dict[str, Any]]:
        return _shown(c, subscribing.list_all(c, owner=call.owner, include_removed=removed), links)

    return answered(await call.read(found))


async def subscribe(call: Call) -> Response:
    given = from_json(call.document)
    feed_id, template_id = given.integer("feedId", 1, LARGEST), given.text("requestId", limit=200)
    if feed_id is None:
        raise Refusal("Missing feedId parameter", field="feedId")
    if template_id is None:
        raise Refusal("Missing requestId parameter", field="requestId")
    behind = _item(given)

    def subscribed(c: Connection) -> dict[str, Any]:
        feed = feed_of(c, call, str(feed_id))
        made = subscribing.subscribe(
            c,
            feed.id,
            recurring(c, template_id, call.owner),
            behind=behind,
            cipher=call.parts.cipher,
            now=call.now,
            new_id=call.parts.new_id,
        )
        return _shown(c, [made], links_of(call))[0]

    try:
        return await call.create(subscribed)
    except Conflict as error:
        raise Refusal(str(error), code="conflict", status=409) from error


async def remove(call: Call) -> Response:
    def removed(c: Connection) -> None:
        try:
            found = subscribing.current(c, call.path["id"], owner=call.owner)
        except NotFound as error:
            raise missing(GONE) from error
        subscribing.unsubscribe(c, found, cipher=call.parts.cipher, now=call.now, new_id=call.parts.new_id)

    await call.write(removed)
    return answered({"success": True, "message": REMOVED})


def _item(given: Given) -> int | None:
    """Give the entry's number; its id is text there. Raises Refusal."""
    value = given.raw("lastProcessedItemId")
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, int | str) and str(value).isdecimal()):
        raise wrong("lastProcessedItemId", "must be the id of an entry of the feed, as `sources` of posts name it")
    if len(str(value)) > 18 or int(value) > LARGEST:
        raise wrong("lastProcessedItemId", "is no entry of the feed")
    return int(value)


def _shown(c: Connection, found: Sequence[Subscription], links: Links) -> list[dict[str, Any]]:
    stored = templates.get_many(c, {each.template_id for each in found})
    snapshots = {each.stored.template.id: each.shown(links) for each in seen(c, list(stored.values()))}
    last = feed_subscriptions.last_processed(c, found)
    return [
        {
            "id": each.id,
            "feedId": each.feed_id,
            "token": None,
            "requestId": each.template_id,
            "createdOn": iso(each.created_at),
            "removedOn": iso_or_none(each.removed_at),
            "lastProcessedItemId": str(last[each.id].item_id) if each.id in last else None,
            "lastProcessedOn": iso(last[each.id].at) if each.id in last else None,
            "request": snapshots.get(each.template_id),
        }
        for each in found
    ]


_SUBSCRIPTION = object_of(
    id=TEXT,
    feedId={"type": "integer"},
    token=words.MAYBE,
    requestId=TEXT,
    createdOn=words.WHEN,
    removedOn=or_null(words.WHEN),
    lastProcessedItemId=words.MAYBE,
    lastProcessedOn=or_null(words.WHEN),
    request=or_null(words.TEMPLATE),
)
_REQUEST: Schema = {
    "type": "object",
    "properties": {
        "feedId": {"type": "integer"},
        "requestId": TEXT,
        "lastProcessedItemId": or_null(TEXT),
    },
    "required": ["feedId", "requestId"],
}
_EXAMPLE = {
    "id": words.ID,
    "feedId": 1,
    "token": None,
    "requestId": words.TEMPLATE_ID,
    "createdOn": "2026-03-26T12:00:00Z",
    "removedOn": None,
    "lastProcessedItemId": None,
    "lastProcessedOn": None,
    "request": words.EXAMPLE_TEMPLATE,
}

OPERATIONS = (
    Operation(
        id="listFeedSubscriptions",
        method="GET",
        path="/feeds/subscriptions",
        tag="feeds",
        summary="List which templates were subscribed to which feeds.",
        scope=Scope.READ,
        parameters=(flag("includeRemoved", "Those that were removed too."),),
        answer=list_of(_SUBSCRIPTION),
        manner=Manner.COMPATIBLE,
        example=Example([_EXAMPLE]),
        endpoint=list_,
    ),
    Operation(
        id="subscribeFeed",
        method="POST",
        path="/feeds/subscriptions",
        tag="feeds",
        summary="Let a template that recurs write from each entry that comes in a feed.",
        description=(
            "Its runs take the entries one by one, each once, at the template's own times. What the feed holds already "
            "is left, or, with `lastProcessedItemId`, all up to that entry."
        ),
        scope=Scope.WRITE,
        request=_REQUEST,
        status=201,
        answer=_SUBSCRIPTION,
        refusals=(404,),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(_EXAMPLE, body={"feedId": 1, "requestId": words.TEMPLATE_ID}),
        endpoint=subscribe,
    ),
    Operation(
        id="unsubscribeFeed",
        method="DELETE",
        path="/feeds/subscriptions/{id}",
        tag="feeds",
        summary="Let a template read a feed no more.",
        scope=Scope.WRITE,
        answer=object_of(success=FLAG, message=TEXT),
        refusals=(400, 409),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "message": REMOVED}, path={"id": words.ID}),
        endpoint=remove,
    ),
)
