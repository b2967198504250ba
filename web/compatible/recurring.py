"""`GET /x/recurring` and `POST /x/recurring/{id}`: the templates that recur, and changing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.template import StoredTemplate, TemplateStatus
from domain.token import Scope
from scheduler.operations import editing, requests
from scheduler.operations.forecasting import Span
from scheduler.operations.joined import Joined
from scheduler.shown.compatible import Links
from scheduler.shown.compatible_template import template
from scheduler.shown.schema_words import FLAG, TEXT, list_of, object_of
from storage import feeds, templates
from storage.last_runs import LastRun, last_runs
from web import owned
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.changing import CHANGE, read_change, unlike
from web.compatible.given import from_json
from web.compatible.links import links_of
from web.compatible.refusal import in_its_words, missing
from web.compatible.sources import unreadable
from web.operation import Example, Manner, Operation
from web.parameters import flag
from web.streaming import streamed

UPDATED = "Recurring template updated successfully"
PIECE = 200  # templates read at a time


@dataclass(frozen=True, slots=True)
class _Seen:
    stored: StoredTemplate
    feeds: Mapping[str, int]
    last_run: LastRun | None

    def shown(self, links: Links) -> dict[str, Any]:
        return template(self.stored, feeds=self.feeds, last_run=self.last_run, links=links)


async def list_(call: Call) -> Response:
    opening = '{"success":true,"templates":['
    links, deleted = links_of(call), call.query["includeDeleted"]
    piece = partial(_piece, owner=call.owner, deleted=deleted, links=links)
    return await streamed(call, opening, piece, key=("recurring", call.owner, deleted, links))


async def change(call: Call) -> Response:
    parts, links = call.parts, links_of(call)
    heard = unreadable(hears=parts.hears)

    def changed(c: Connection) -> _Seen:
        stored = recurring(c, call.path["id"], call.owner)
        given = from_json(unlike(seen(c, [stored])[0].shown(links), call.document))
        asked = read_change(given, now=call.now, unreadable=heard, fast=stored.template.fast)
        fields = asked.document(requests.feed_urls(c, owner=call.owner) if asked.feed_ids is not None else {})
        span = Span(call.now, call.now, call.now)
        with in_its_words():
            editing.change(Joined(c), stored.template.id, fields, span=span, cipher=parts.cipher, new_id=parts.new_id)
        return seen(c, [templates.get(c, stored.template.id)])[0]

    found = await call.write(changed)
    return answered({"success": True, "message": UPDATED, "template": found.shown(links)})


def recurring(c: Connection, template_id: str, owner: str) -> StoredTemplate:
    """Give the owner's template of that id, one that recurs and is there. Raises Refusal."""
    found = None
    try:
        found = owned.template(c, template_id, owner)
    except NotFound:
        found = None
    if found is None or found.template.once or found.state.status is TemplateStatus.DELETED:
        raise missing("Recurring template not found or unauthorized")
    return found


def _piece(
    c: Connection, after: str | None, *, owner: str, deleted: bool, links: Links
) -> tuple[list[Any], str | None]:
    stored = templates.recurring(c, owner=owner, after=after or "", limit=PIECE, include_deleted=deleted)
    return [each.shown(links) for each in seen(c, stored)], stored[-1].template.id if stored else None


def seen(c: Connection, stored: list[StoredTemplate]) -> list[_Seen]:
    """Give what `shown` needs of templates that are one owner's."""
    reading = next((each.template for each in stored if _has_feeds(each)), None)
    theirs = feeds.list_feeds(c, owner=reading.owner_id) if reading else []
    numbers = {feed.url: feed.id for feed in theirs}
    newest = last_runs(c, [each.template.id for each in stored])
    return [_Seen(each, numbers, newest.get(each.template.id)) for each in stored]


def _has_feeds(stored: StoredTemplate) -> bool:
    return bool(stored.template.sources.feeds)


OPERATIONS = (
    Operation(
        id="listXRecurring",
        method="GET",
        path="/x/recurring",
        tag="x",
        summary="List the templates that recur.",
        scope=Scope.READ,
        parameters=(flag("includeDeleted", "Deleted ones too."),),
        answer=object_of(success=FLAG, templates=list_of(words.TEMPLATE)),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "templates": [words.EXAMPLE_TEMPLATE]}),
        endpoint=list_,
    ),
    Operation(
        id="changeXRecurring",
        method="POST",
        path="/x/recurring/{id}",
        tag="x",
        summary="Change a template that recurs, pause it or let it go on.",
        description="What is not named stays as it is; null takes away what can be missing.",
        scope=Scope.WRITE,
        request=CHANGE,
        body_required=False,
        answer=object_of(success=FLAG, message=TEXT, template=words.TEMPLATE),
        refusals=(409,),
        manner=Manner.COMPATIBLE,
        example=Example(
            {"success": True, "message": UPDATED, "template": words.EXAMPLE_TEMPLATE},
            path={"id": words.TEMPLATE_ID},
            body={"prompt": "plain words", "dailyCount": 2},
        ),
        endpoint=change,
    ),
)
