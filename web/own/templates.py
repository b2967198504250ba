"""Templates over HTTP: the same documents, operations and answers as `ostinato template`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.template import TemplateStatus
from domain.template_document import refuse_unheard
from domain.token import Scope
from scheduler.operations import editing, why
from scheduler.operations import templates as operations
from scheduler.operations.editing import Edited
from scheduler.operations.forecasting import Span
from scheduler.operations.joined import Joined
from scheduler.shown import schemas as documents
from scheduler.shown import views
from scheduler.shown.schema_words import (
    ANY_OBJECT,
    NUMBER,
    TEXT,
    Schema,
    list_of,
    object_of,
    or_null,
)
from storage import template_pages
from web import callback_address, owned
from web.answers import answered
from web.calendars import fetched
from web.call import Call
from web.operation import Example, Operation
from web.own import examples
from web.paging import LIMIT, after, page
from web.parameters import choice
from web.schemas import of, paged, with_more

PATH = "/api/v1/templates"
ONE = PATH + "/{template}"
NOTE_LIMIT = 500  # characters of a pause's reason
LOOKS_AHEAD = timedelta(days=14)  # what an edit does to the slots of so many days is answered


async def list_(call: Call) -> Response:
    limit = call.query["limit"]

    def found(c: Connection) -> dict[str, Any]:
        places, stored = template_pages.page(
            c, after=call.query["after"], limit=limit + 1, status=call.query["status"], owner=call.owner
        )
        shown, following = page(places, limit, lambda place: place)
        readable = [views.template(stored[place[1]]) for place in shown if place[1] in stored]
        return {"templates": readable, "next": following}

    return answered(await call.read(found))


async def create(call: Call) -> Response:
    refuse_unheard(call.document, hears=call.parts.hears)
    calendars = await fetched(call, call.document)

    def added(c: Connection) -> dict[str, Any]:
        new = operations.add(
            Joined(c),
            call.document,
            calendars=calendars,
            cipher=call.parts.cipher,
            now=call.now,
            new_id=call.parts.new_id,
            owner=call.owner,
        )
        callback_address.refuse(new.stored.template, call.parts.allow)
        return views.template(new.stored) | views.secrets(new.secrets)

    return await call.create(added, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    return answered(views.template(await call.read(lambda c: owned.template(c, call.path["template"], call.owner))))


async def replace(call: Call) -> Response:
    return await _revised(call, editing.put)


async def edit(call: Call) -> Response:
    return await _revised(call, editing.change)


async def delete(call: Call) -> Response:
    def deleted(c: Connection) -> operations.Stopped:
        name = owned.template_id(c, call.path["template"], call.owner)
        return operations.delete(Joined(c), name, now=call.now, new_id=call.parts.new_id)

    return answered(views.stopped(await call.write(deleted)))


async def run(call: Call) -> Response:
    def queued(c: Connection) -> dict[str, Any]:
        template = owned.template(c, call.path["template"], call.owner).template
        new = operations.run_now(Joined(c), template.id, now=call.now, new_id=call.parts.new_id)
        return views.run(new, template.name, why.sentence(new))

    return await call.create(queued, lambda shown: f"/api/v1/runs/{shown['id']}")


async def _revised(call: Call, revise: Callable[..., Edited]) -> Response:
    refuse_unheard(call.document, hears=call.parts.hears)
    calendars = await fetched(call, call.document)
    span = Span(call.now, call.now, call.now + LOOKS_AHEAD)

    def revised(c: Connection) -> Edited:
        name = owned.template(c, call.path["template"], call.owner).template.id
        done = revise(
            Joined(c),
            name,
            call.document,
            calendars=calendars,
            span=span,
            cipher=call.parts.cipher,
            new_id=call.parts.new_id,
        )
        callback_address.refuse_new(done.stored.template, done.fields, call.parts.allow)
        return done

    return _edited(await call.write(revised), span)


def _edited(found: Edited, span: Span) -> Response:
    differ = found.slots.moved or found.slots.added or found.slots.dropped
    return answered(views.edited(found.stored, found.fields, span, [found.slots] if differ else []))


def _in_one_spelling(schema: Schema) -> Schema:
    """Give the schema of a template file with its names in snake_case only: both are taken, one is enough to read."""
    if not isinstance(schema, dict):
        return schema
    kept = {name: each for name, each in schema.items() if name not in ("$schema", "title")}
    if isinstance(properties := kept.get("properties"), dict):
        kept["properties"] = {
            name: _in_one_spelling(each) for name, each in properties.items() if not re.search("[A-Z]", name)
        }
    return {name: [_in_one_spelling(one) for one in each] if name == "anyOf" else each for name, each in kept.items()}


_TEMPLATE = of("template")
_SECRET = or_null(TEXT | {"description": "Shown this once."})
_ADDED = with_more(_TEMPLATE, callback_secret=_SECRET, pre_publish_secret=_SECRET)
_STOPPED = with_more(_TEMPLATE, cancelled_runs=NUMBER, runs_going_on=NUMBER)
_EDITED = with_more(_TEMPLATE, fields=list_of(object_of(field=TEXT, old={}, new={})), slots=ANY_OBJECT)
DOCUMENT: Schema = _in_one_spelling(documents.template())
_FIELDS: Schema = {name: each for name, each in DOCUMENT.items() if name != "required"}
_NAMED = {"template": "morning"}
_STAYS = {"from": "2026-03-26T12:00:00.000000Z", "until": "2026-04-09T12:00:00.000000Z", "templates": []}


OPERATIONS = (
    Operation(
        id="listTemplates",
        method="GET",
        path=PATH,
        tag="templates",
        summary="List the templates by name.",
        description="Deleted ones are there only with `status=deleted`.",
        scope=Scope.READ,
        parameters=(LIMIT, after(str, str), choice("status", "Only those of this status.", TemplateStatus)),
        answer=paged("template", "templates"),
        example=Example({"templates": [examples.TEMPLATE], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="createTemplate",
        method="POST",
        path=PATH,
        tag="templates",
        summary="Add a template.",
        description="The body is a template document, as in a template file. Every wrong field is named at once.",
        scope=Scope.WRITE,
        request=DOCUMENT,
        status=201,
        answer=_ADDED,
        creates=True,
        example=Example(
            examples.TEMPLATE | {"callback_secret": None, "pre_publish_secret": None}, body=examples.DOCUMENT
        ),
        endpoint=create,
    ),
    Operation(
        id="getTemplate",
        method="GET",
        path=ONE,
        tag="templates",
        summary="Show a template, by its name or id.",
        scope=Scope.READ,
        refusals=(409,),
        answer=_TEMPLATE,
        example=Example(examples.TEMPLATE, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="replaceTemplate",
        method="PUT",
        path=ONE,
        tag="templates",
        summary="Put a whole document in the place of a template.",
        description="Its runs, posts and used feed entries stay. `fields` and `slots` of the answer say what changed.",
        scope=Scope.WRITE,
        request=DOCUMENT,
        refusals=(409,),
        answer=_EDITED,
        example=Example(examples.TEMPLATE | {"fields": [], "slots": _STAYS}, path=_NAMED, body=examples.DOCUMENT),
        endpoint=replace,
    ),
    Operation(
        id="editTemplate",
        method="PATCH",
        path=ONE,
        tag="templates",
        summary="Change some fields of a template and leave the others.",
        description="Null takes a field away; `is_active` pauses or resumes.",
        scope=Scope.WRITE,
        request=_FIELDS,
        refusals=(409,),
        answer=_EDITED,
        example=Example(
            examples.TEMPLATE | {"count": 2, "fields": [{"field": "count", "old": 1, "new": 2}], "slots": _STAYS},
            path=_NAMED,
            body={"count": 2},
        ),
        endpoint=edit,
    ),
    Operation(
        id="deleteTemplate",
        method="DELETE",
        path=ONE,
        tag="templates",
        summary="Delete a template; its runs and posts are kept, and its name is free again.",
        scope=Scope.WRITE,
        answer=_STOPPED,
        example=Example(examples.DELETED | {"cancelled_runs": 1, "runs_going_on": 0}, path=_NAMED),
        endpoint=delete,
    ),
    Operation(
        id="runTemplate",
        method="POST",
        path=ONE + "/runs",
        tag="templates",
        summary="Queue a run of the template now, whatever its schedule says. The daemon works on it.",
        scope=Scope.PUBLISH,
        status=201,
        answer=of("run"),
        creates=True,
        example=Example(examples.RUN, path=_NAMED),
        endpoint=run,
    ),
)
