"""Projects over HTTP: what posts are about, as `ostinato project` has them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.project import COLOURS_LIMIT, DESCRIPTION_LIMIT, NAME_LIMIT, Project
from domain.template_document.fields import URL_LIMIT, Fields
from domain.token import Scope
from scheduler.operations import projects as operations
from scheduler.operations.joined import Joined
from scheduler.operations.projects import IMAGE_LIMIT, Described
from scheduler.shown import researches as views
from scheduler.shown.schema_words import TEXT, Schema, list_of, or_null
from storage import projects as storage
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.paging import LIMIT, after, page
from web.parameters import flag
from web.schemas import of, paged

PATH = "/api/v1/projects"
ONE = PATH + "/{project}"
PARTS = ("text", "background", "brand", "accent")
ID = "01998e6c-5d2b-7c10-9f3a-6b7c8d9e0f1b"
_FIELDS = ("name", "description", "url", "colours", "palette", "image")


async def list_(call: Call) -> Response:
    limit, given = call.query["limit"], call.query
    found = await call.read(
        lambda c: storage.page(
            c, limit=limit + 1, after=given["after"], include_deleted=given["deleted"], owner=call.owner
        )
    )
    shown, following = page(found, limit, lambda each: (each.name, each.id))
    return answered({"projects": [views.project(each) for each in shown], "next": following})


async def add(call: Call) -> Response:
    described = _described(call)
    made = await operations.draft(
        described, read_page=call.parts.read_page, now=call.now, new_id=call.parts.new_id, owner=call.owner
    )

    def kept(c: Connection) -> dict[str, Any]:
        storage.add(c, made)
        return views.project(made)

    return await call.create(kept, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    return answered(views.project(await call.read(lambda c: _project(c, call))))


async def edit(call: Call) -> Response:
    before = await call.read(lambda c: _project(c, call))
    described = _described(call)
    page = await operations.page_of(before, described, read_page=call.parts.read_page)

    def kept(c: Connection) -> Project:
        # While its page was read it may have been changed, or removed.
        changed = operations.changed(_project(c, call), described, page, now=call.now)
        storage.replace(c, changed)
        return changed

    return answered(views.project(await call.write(kept)))


async def remove(call: Call) -> Response:
    def removed(c: Connection) -> Project:
        return operations.remove(Joined(c), _project(c, call).id, now=call.now, owner=call.owner)

    return answered(views.project(await call.write(removed)))


def _project(c: Connection, call: Call) -> Project:
    """Give the caller's project that was not removed. Raises NotFound."""
    found = storage.get(c, call.path["project"], owner=call.owner)
    if found.deleted_at is not None:
        raise NotFound("project", found.id, "it was removed; the list has it with deleted=true")
    return found


def _described(call: Call) -> Described:
    """Read what is said of a project: null empties a field, and what is not named stays. Raises InvalidInput."""
    with fields(call.document, *_FIELDS) as given:
        return Described(
            name=_text(given, call, "name", NAME_LIMIT),
            description=_text(given, call, "description", DESCRIPTION_LIMIT),
            url=_text(given, call, "url", URL_LIMIT),
            colours=_colours(given, call),
            image=_text(given, call, "image", IMAGE_LIMIT),
            palette=_palette(given),
        )


def _text(given: Fields, call: Call, name: str, limit: int) -> str | None:
    empties = name in call.document and not given.has(name)
    return "" if empties else given.text(name, limit=limit, keep_blank=True)


def _colours(given: Fields, call: Call) -> tuple[str, ...] | None:
    if not given.has("colours"):
        return () if "colours" in call.document else None
    value = given.raw("colours")
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        given.problem("colours", "must be a list of colours such as #0a7cff")
        return None
    return tuple(value)


def _palette(given: Fields) -> dict[str, str]:
    if not given.has("palette"):
        return {}
    value = given.raw("palette")
    if not isinstance(value, dict):
        given.problem("palette", f"must be an object of {', '.join(PARTS)}")
        return {}
    for part, colour in value.items():
        if part not in PARTS or not isinstance(colour, str | None):
            given.problem("palette", f"holds {str(part)[:40]!r}; it takes {', '.join(PARTS)}, each a colour or null")
            return {}
    return {part: colour or "" for part, colour in value.items()}


_COLOUR: Schema = {"type": "string", "pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"}
_DESCRIBED: dict[str, Schema] = {
    "name": TEXT | {"maxLength": NAME_LIMIT},
    "description": or_null(TEXT | {"maxLength": DESCRIPTION_LIMIT}),
    "url": or_null(TEXT | {"maxLength": URL_LIMIT}),
    "colours": list_of(_COLOUR, COLOURS_LIMIT),
    "palette": {
        "type": "object",
        "properties": dict.fromkeys(PARTS, or_null(_COLOUR)),
        "additionalProperties": False,
    },
    "image": or_null(TEXT | {"maxLength": IMAGE_LIMIT}),
}
_CHANGE: Schema = {"type": "object", "properties": _DESCRIBED, "additionalProperties": False}
_NEW: Schema = _CHANGE | {"required": ["name"]}
_SHOWN = {
    "id": ID,
    "name": "Acme Ferries",
    "description": "Ferries for islanders; dry, friendly.",
    "url": None,
    "found": None,
    "colours": ["#0a7cff"],
    "palette": {"text": None, "background": None, "brand": "#0a7cff", "accent": None},
    "image": None,
    "created_at": "2026-03-26T12:00:00.000000Z",
    "updated_at": "2026-03-26T12:00:00.000000Z",
    "deleted_at": None,
}
_NAMED = {"project": ID}

OPERATIONS = (
    Operation(
        id="listOwnProjects",
        method="GET",
        path=PATH,
        tag="projects",
        summary="List the projects by name.",
        scope=Scope.READ,
        parameters=(flag("deleted", "Those that were removed too."), LIMIT, after(str, str)),
        answer=paged("project", "projects"),
        example=Example({"projects": [_SHOWN], "next": None}),
        endpoint=list_,
    ),
    Operation(
        id="addProject",
        method="POST",
        path=PATH,
        tag="projects",
        summary="Keep a project, with a description or the URL of its page.",
        description="With a URL alone its page is read at once; what that says is kept as `found`.",
        scope=Scope.WRITE,
        request=_NEW,
        status=201,
        answer=of("project"),
        creates=True,
        example=Example(
            _SHOWN,
            body={
                "name": "Acme Ferries",
                "description": "Ferries for islanders; dry, friendly.",
                "colours": ["#0a7cff"],
                "palette": {"brand": "#0a7cff"},
            },
        ),
        endpoint=add,
    ),
    Operation(
        id="getProject",
        method="GET",
        path=ONE,
        tag="projects",
        summary="Show a project.",
        scope=Scope.READ,
        answer=of("project"),
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="editProject",
        method="PATCH",
        path=ONE,
        tag="projects",
        summary="Change a project; what is not named stays, and null empties a field.",
        scope=Scope.WRITE,
        request=_CHANGE,
        refusals=(409,),
        answer=of("project"),
        example=Example(_SHOWN, path=_NAMED, body={"description": "Ferries for islanders; dry, friendly."}),
        endpoint=edit,
    ),
    Operation(
        id="removeProject",
        method="DELETE",
        path=ONE,
        tag="projects",
        summary="Hide a project; templates that name it go on without it.",
        scope=Scope.WRITE,
        answer=of("project"),
        example=Example(_SHOWN | {"deleted_at": "2026-03-26T12:00:00.000000Z"}, path=_NAMED),
        endpoint=remove,
    ),
)
