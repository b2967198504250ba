"""`/content/…`: the state of a request, and the webhooks that are told how requests end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from callbacks.signing import new_secret
from domain.errors import NotFound
from domain.event import Channel, Webhook
from domain.publication import PostStatus
from domain.run import FINAL
from domain.token import Scope
from scheduler.operations import cancelling
from scheduler.operations.cancelling import Cancelled
from scheduler.operations.joined import Joined
from scheduler.shown.compatible import iso
from scheduler.shown.compatible_request import of_any
from scheduler.shown.schema_words import FLAG, TEXT, list_of, object_of, or_null
from storage import post_pages, webhooks
from storage import runs as runs_storage
from storage.post_pages import Wanted
from storage.tables import runs
from web import owned
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.given import from_json
from web.compatible.hook_address import refuse_address
from web.compatible.links import links_of
from web.compatible.refusal import Refusal, missing
from web.operation import Example, Manner, Operation

NO_REQUEST = "Request not found or unauthorized"
NO_WEBHOOK = "Webhook not found or unauthorized"
REMOVED = "it was removed"
MOST = 20  # webhooks in use


async def status(call: Call) -> Response:
    try:
        found = await call.read(lambda c: of_any(c, call.path["id"], owner_id=call.owner, links=links_of(call)))
    except NotFound:
        raise missing(NO_REQUEST) from None
    return answered(found)


async def add_webhook(call: Call) -> Response:
    url = from_json(call.document).url("url")
    if url is None:
        raise Refusal("Missing url parameter", field="url")
    refuse_address(url, call.parts.allow)

    def added(c: Connection) -> dict[str, Any]:
        if len(_in_use(c, call)) >= MOST:
            raise Refusal(f"Webhook limit reached. You can have up to {MOST} webhooks.", code="limit_reached")
        new = Webhook(
            id=call.parts.new_id(),
            channel=Channel.HTTP,
            url=url,
            secret=new_secret(),
            template_id=None,
            active=True,
            created_at=call.now,
            compatible=True,
            owner_id=call.owner,
        )
        webhooks.upsert(c, new, call.parts.cipher)
        return _shown(new) | {"secret": new.secret}

    return await call.create(added)


async def list_webhooks(call: Call) -> Response:
    return answered([_shown(each) for each in await call.read(lambda c: _in_use(c, call))])


async def remove_webhook(call: Call) -> Response:
    webhook_id = from_json(call.document).text("id", limit=200)
    if webhook_id is None:
        raise Refusal("Missing id parameter", field="id")

    def removed(c: Connection) -> None:
        if webhook_id not in {each.id for each in _in_use(c, call)}:
            raise missing(NO_WEBHOOK)
        webhooks.deactivate(c, webhook_id, REMOVED)

    await call.write(removed)
    return answered({"success": True})


async def delete_request(call: Call) -> Response:
    request_id = from_json(call.document).text("id", limit=200)
    if request_id is None:
        raise Refusal("Missing id parameter", field="id")

    def deleted(c: Connection) -> Cancelled | None:
        try:
            owned.row(c, "request", runs, request_id, call.owner)
        except NotFound:
            raise missing(NO_REQUEST) from None
        out = Wanted(run_id=request_id, status=PostStatus.PUBLISHED, owner_id=call.owner)
        if post_pages.page(c, out, limit=1):
            sentence = f"request {request_id} is out; DELETE /api/v1/posts/{{post}} takes a post of it down from X"
            raise Refusal(sentence, code="conflict", status=409)
        if runs_storage.get(c, request_id).status in FINAL:
            return None
        return cancelling.cancel(Joined(c), request_id, note="deleted", now=call.now, new_id=call.parts.new_id)

    found = await call.write(deleted)
    if found is not None and found.too_late is not None:
        sentence = f"request {request_id} has begun to publish; see how it ends, then DELETE /api/v1/posts/{{post}}"
        raise Refusal(sentence, code="conflict", status=409)
    return answered({"success": True})


def _in_use(c: Connection, call: Call) -> list[Webhook]:
    """Give the compatible webhooks that were not removed; one that is switched off says so."""
    return webhooks.list_compatible(c, call.parts.cipher, owner=call.owner, besides=REMOVED)


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {"id": webhook.id, "url": webhook.url, "active": webhook.active, "createdOn": iso(webhook.created_at)}


_WEBHOOK = {"id": TEXT, "url": TEXT, "active": FLAG, "createdOn": words.WHEN}
_EXAMPLE = {"id": words.ID, "url": "https://example.com/hook", "active": True, "createdOn": "2026-03-26T12:00:00Z"}
_STATUS = {
    "id": TEXT,
    "request_id": TEXT,
    "requestId": TEXT,
    "schedule_id": words.MAYBE,
    "request_type": TEXT,
    "status": {"type": "integer", "minimum": 0, "maximum": 100},
    "requested_on": words.WHEN,
    "updated_on": words.WHEN,
    "error_on": or_null(words.WHEN),
    "error_code": {"type": "integer"},
    "errorCode": {"type": "integer"},
    "error_message": words.MAYBE,
    "reason": words.MAYBE,
    "callback_data": words.MAYBE,
    "callbackData": words.MAYBE,
    "response_text": words.MAYBE,
    "share_url": words.MAYBE,
    "notes": list_of(TEXT),
    "posts": list_of(words.X_POST),
}
_STATUS_EXAMPLE = {
    "id": words.TEMPLATE_ID,
    "request_id": words.TEMPLATE_ID,
    "requestId": words.TEMPLATE_ID,
    "schedule_id": None,
    "request_type": "x_post",
    "status": 100,
    "requested_on": "2026-03-26T12:00:00Z",
    "updated_on": "2026-03-26T12:00:04Z",
    "error_on": None,
    "error_code": 0,
    "errorCode": 0,
    "error_message": None,
    "reason": None,
    "callback_data": "user-data-123",
    "callbackData": "user-data-123",
    "response_text": "The tram line 7 opens on Tuesday.",
    "share_url": words.EXAMPLE_X_POST["shareUrl"],
    "notes": [],
    "posts": [words.EXAMPLE_X_POST],
}

OPERATIONS = (
    Operation(
        id="showContentStatus",
        method="GET",
        path="/content/Status/{id}",
        tag="content",
        summary="Show how far a request is: 0 queued, 5 to 90 at work, 100 done; error_code tells a failure.",
        scope=Scope.READ,
        answer=object_of(**_STATUS),
        manner=Manner.COMPATIBLE,
        example=Example(_STATUS_EXAMPLE, path={"id": words.TEMPLATE_ID}),
        endpoint=status,
    ),
    Operation(
        id="createContentWebhook",
        method="POST",
        path="/content/Webhook",
        tag="content",
        summary="Tell a URL how every request ends.",
        description="Its secret signs what it is told (Standard Webhooks) and is shown this once.",
        scope=Scope.WRITE,
        request=object_of(url=words.URL),
        answer=object_of(**_WEBHOOK, secret=TEXT),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(
            _EXAMPLE | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
            body={"url": "https://example.com/hook"},
        ),
        endpoint=add_webhook,
    ),
    Operation(
        id="listContentWebhooks",
        method="GET",
        path="/content/Webhooks",
        tag="content",
        summary="List the URLs that are told how requests end.",
        scope=Scope.READ,
        answer=list_of(object_of(**_WEBHOOK)),
        manner=Manner.COMPATIBLE,
        example=Example([_EXAMPLE]),
        endpoint=list_webhooks,
    ),
    Operation(
        id="removeContentWebhook",
        method="POST",
        path="/content/RemoveWebhook",
        tag="content",
        summary="Tell a URL nothing more.",
        scope=Scope.WRITE,
        request=object_of(id=TEXT),
        answer=object_of(success=FLAG),
        refusals=(404,),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True}, body={"id": words.ID}),
        endpoint=remove_webhook,
    ),
    Operation(
        id="deleteContentRequest",
        method="POST",
        path="/content/DeleteRequest",
        tag="content",
        summary="Let a request post nothing, where nothing of it is out.",
        description="What it has written is kept. One that ended with nothing out stays as it ended.",
        scope=Scope.PUBLISH,
        request=object_of(id=TEXT),
        answer=object_of(success=FLAG),
        refusals=(404, 409),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True}, body={"id": words.TEMPLATE_ID}),
        endpoint=delete_request,
    ),
)
