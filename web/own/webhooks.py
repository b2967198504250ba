"""Webhooks over HTTP: who is told what happened."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import Conflict
from domain.event import EventType
from domain.template_document.fields import Fields
from domain.token import Scope
from scheduler.operations import callbacks, secrets
from scheduler.operations import webhooks as operations
from scheduler.operations.callbacks import OWN_IDS
from scheduler.operations.joined import Joined
from scheduler.operations.webhooks import Changes, Types
from scheduler.shown import webhook_views
from scheduler.shown.schema_words import FLAG, INSTANT, TEXT, Schema, list_of, object_of, one_of, or_null
from scheduler.shown.webhook_views import WEBHOOK
from storage import webhook_pages
from storage import webhooks as storage
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own import examples
from web.paging import LIMIT, NEXT, after, page
from web.problems import Refused
from web.schemas import with_more

PATH = "/api/v1/webhooks"
ONE = PATH + "/{webhook}"
URL_LIMIT = 2048


async def list_(call: Call) -> Response:
    behind = call.query["after"] or (None,)
    limit = call.query["limit"]
    found = await call.read(lambda c: webhook_pages.page(c, owner=call.owner, after=behind[0], limit=limit + 1))
    shown, following = page(found, limit, lambda each: (each.id,))
    return answered({"webhooks": [webhook_views.webhook(each) for each in shown], "next": following})


async def create(call: Call) -> Response:
    with fields(call.document, "url", "events") as given:
        url = given.text("url", limit=URL_LIMIT)
        events = _types(given)
        if url is None and not given.problems:
            given.problem("url", "is missing; name the https URL that is to be told")
    url = operations.check_url(url or "", call.parts.allow)

    def made(c: Connection) -> dict[str, Any]:
        new = operations.add(
            Joined(c), call.parts.cipher, url, events, now=call.now, new_id=call.parts.new_id, owner=call.owner
        )
        return _shown(c, call, new.id) | {"secret": new.secret}

    return await call.create(made, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    return answered(await call.read(lambda c: _shown(c, call, call.path["webhook"])))


async def change(call: Call) -> Response:
    with fields(call.document, "url", "events", "active") as given:
        url = given.text("url", limit=URL_LIMIT)
        events = _types(given)
        active = given.boolean("active", default=True) if given.has("active") else None
    changes = Changes(
        url=None if url is None else operations.check_url(url, call.parts.allow),
        active=active,
        events=events,
        names_events="events" in call.document,
    )

    def changed(c: Connection) -> dict[str, Any]:
        found = operations.change(Joined(c), call.path["webhook"], changes, owner=call.owner)
        return webhook_views.webhook(found)

    return answered(await call.write(changed))


async def remove(call: Call) -> Response:
    def removed(c: Connection) -> dict[str, Any]:
        return webhook_views.webhook(operations.remove(Joined(c), call.path["webhook"], owner=call.owner))

    return answered(await call.write(removed))


async def rotate(call: Call) -> Response:
    with fields(call.document, "at_once") as given:
        at_once = given.boolean("at_once", default=False)

    def rotated(c: Connection) -> dict[str, Any]:
        wanted = webhook_pages.get(c, call.path["webhook"], owner=call.owner).id
        if wanted in OWN_IDS.values() and call.parts.outside.callback_secret:
            raise Conflict(secrets.FIXED)
        new = secrets.rotate_callback(Joined(c), call.parts.cipher, wanted, at_once=at_once, now=call.now)
        return _shown(c, call, wanted) | {"secret": new.secret, "old_secret_until": secrets.old_until(new)}

    return await call.create(rotated)


async def test(call: Call) -> Response:
    def wanted(c: Connection) -> Any:
        return storage.get(c, webhook_pages.get(c, call.path["webhook"], owner=call.owner).id, call.parts.cipher)

    webhook = await call.read(wanted)
    if call.parts.outside.tell is None:
        raise Refused("nothing is sent from here; start `ostinato serve`", status=409, code="not_configured")
    found = await callbacks.test(
        webhook, tell=call.parts.outside.tell, now=call.now, new_id=call.parts.new_id, monotonic=time.monotonic
    )
    return answered(webhook_views.tested(found))


def _shown(c: Connection, call: Call, webhook_id: str) -> dict[str, Any]:
    return webhook_views.webhook(webhook_pages.get(c, webhook_id, owner=call.owner))


def _types(given: Fields) -> Types:
    """Read the types of events that are wanted; None for all of them. Notes what is wrong."""
    if not given.has("events"):
        return None
    words = [each.value for each in EventType]
    named = given.raw("events")
    if not isinstance(named, list) or not named or any(each not in words for each in named):
        given.problem("events", f"must be a list of one or more of {', '.join(words)}, or null for all of them")
        return None
    return frozenset(EventType(each) for each in named)


_EVENTS: Schema = or_null({**list_of(one_of(EventType)), "minItems": 1})
_URL: Schema = TEXT | {"maxLength": URL_LIMIT}
_NEW: Schema = {
    "type": "object",
    "properties": {"url": _URL, "events": _EVENTS},
    "required": ["url"],
    "additionalProperties": False,
}
_CHANGES: Schema = {
    "type": "object",
    "properties": {"url": _URL, "events": _EVENTS, "active": FLAG},
    "additionalProperties": False,
}
_SECRET = with_more(WEBHOOK, secret=TEXT)
_SHOWN: dict[str, Any] = {
    "id": "0197f3a2-8b30-7f66-8d40-2e1f3a4b5c6d",
    "channel": "http",
    "url": "https://example.com/hook",
    "template": None,
    "active": True,
    "gets": "events",
    "events": ["post.published", "run.failed"],
    "compatible": False,
    "inactive_reason": None,
    "created_at": "2026-03-26T12:00:00.000000Z",
}
_NAMED = {"webhook": _SHOWN["id"]}

OPERATIONS = (
    Operation(
        id="listWebhooks",
        method="GET",
        path=PATH,
        tag="webhooks",
        summary="List the webhooks: those of the settings, of templates, and those made here.",
        scope=Scope.READ,
        parameters=(LIMIT, after(str)),
        answer=object_of(webhooks=list_of(WEBHOOK), next=NEXT),
        example=Example({"webhooks": [_SHOWN], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="createWebhook",
        method="POST",
        path=PATH,
        tag="webhooks",
        summary="Tell a URL what happens, of all templates; the secret that signs it is shown this once.",
        description="Without `events` it is told all. The URL is https and public, or in OSTINATO_ALLOW_NETWORKS.",
        scope=Scope.WRITE,
        request=_NEW,
        status=201,
        answer=_SECRET,
        creates=True,
        example=Example(
            _SHOWN | {"secret": "whsec_…"},
            body={"url": "https://example.com/hook", "events": ["post.published", "run.failed"]},
        ),
        endpoint=create,
    ),
    Operation(
        id="getWebhook",
        method="GET",
        path=ONE,
        tag="webhooks",
        summary="Show a webhook, and why it is switched off where it is.",
        scope=Scope.READ,
        answer=WEBHOOK,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="changeWebhook",
        method="PATCH",
        path=ONE,
        tag="webhooks",
        summary="Change a webhook's URL or types of events (null: all), or switch it off or on; its secret stays.",
        description="What waits for one that is switched off is dead. Those of templates and settings change there; "
        "one of a template can be switched on again, after its receiver answered that it was gone.",
        scope=Scope.WRITE,
        request=_CHANGES,
        refusals=(409,),
        answer=WEBHOOK,
        example=Example(_SHOWN | {"events": None}, path=_NAMED, body={"events": None, "active": True}),
        endpoint=change,
    ),
    Operation(
        id="deleteWebhook",
        method="DELETE",
        path=ONE,
        tag="webhooks",
        summary="Tell a webhook nothing more; its deliveries are kept.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=WEBHOOK,
        example=Example(_SHOWN | {"active": False, "inactive_reason": "it was removed"}, path=_NAMED),
        endpoint=remove,
    ),
    Operation(
        id="rotateWebhookSecret",
        method="POST",
        path=ONE + "/rotate",
        tag="webhooks",
        summary="Sign what a webhook is sent with a new secret, from now on; it is shown this once.",
        description="What waits to be sent again is signed with the new one too. The old one signs beside it for 24 "
        "hours, until `old_secret_until`, so that the receiver has time to be told; with `at_once` it does not, since "
        "somebody else knows it.",
        scope=Scope.WRITE,
        request={"type": "object", "properties": {"at_once": FLAG}, "additionalProperties": False},
        body_required=False,
        answer=with_more(WEBHOOK, secret=TEXT, old_secret_until=or_null(INSTANT)),
        creates=True,
        example=Example(
            _SHOWN | {"secret": "whsec_…", "old_secret_until": "2026-03-27T12:00:00.000000Z"},
            path=_NAMED,
            body={"at_once": False},
        ),
        endpoint=rotate,
    ),
    Operation(
        id="testWebhook",
        method="POST",
        path=ONE + "/test",
        tag="webhooks",
        summary="Send the event callback.test to a webhook now, and say what its receiver answered.",
        description="It has 10 seconds; redirects are not followed. Nothing of it is kept.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=webhook_views.TESTED,
        example=Example(
            {
                "webhook_id": _SHOWN["id"],
                "event_id": examples.RUN_ID,
                "accepted": False,
                "status": 500,
                "error": "https://example.com/hook: answered 500",
                "duration_ms": 112,
            },
            path=_NAMED,
        ),
        endpoint=test,
    ),
)
