"""`/projects`: what posts are about, as `projectIds` name it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.project import DESCRIPTION_LIMIT, NAME_LIMIT, Project
from domain.token import Scope
from scheduler.operations import projects as operations
from scheduler.operations.joined import Joined
from scheduler.operations.projects import Described
from scheduler.shown.compatible import Links, iso
from scheduler.shown.schema_words import FLAG, TEXT, Schema, list_of, object_of, or_null
from storage import projects as storage
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.given import Given, from_json
from web.compatible.links import links_of
from web.compatible.refusal import NOT_CONFIGURED, Refusal, in_its_words, missing
from web.operation import Example, Manner, Operation

NOT_FOUND = "Project not found or unauthorized"
DELETED = "Project deleted successfully"
COLOURS = {"textColor": "text", "backgroundColor": "background", "brandColor": "brand", "accentColor": "accent"}


async def list_(call: Call) -> Response:
    found = await call.read(lambda c: storage.list_all(c, owner=call.owner))
    newest = sorted(found, key=lambda each: (each.updated_at, each.id), reverse=True)
    return answered([_shown(each, links_of(call)) for each in newest])


async def create(call: Call) -> Response:
    described = _described(from_json(call.document), new=True)
    with in_its_words():
        made = await operations.draft(
            described, read_page=call.parts.read_page, now=call.now, new_id=call.parts.new_id, owner=call.owner
        )

    def kept(c: Connection) -> dict[str, Any]:
        storage.add(c, made)
        return {"success": True, "project": _shown(made, links_of(call))}

    return await call.create(kept)


async def show(call: Call) -> Response:
    return answered(_shown(await call.read(lambda c: _project(c, call)), links_of(call)))


async def change(call: Call) -> Response:
    before = await call.read(lambda c: _project(c, call))
    described = _described(from_json(call.document), new=False)
    with in_its_words():
        page = await operations.page_of(before, described, read_page=call.parts.read_page)

    def kept(c: Connection) -> Project:
        # While its page was read it may have been changed, or deleted.
        with in_its_words():
            changed = operations.changed(_project(c, call), described, page, now=call.now)
        storage.replace(c, changed)
        return changed

    return answered({"success": True, "project": _shown(await call.write(kept), links_of(call))})


async def delete(call: Call) -> Response:
    def deleted(c: Connection) -> None:
        operations.remove(Joined(c), _project(c, call).id, now=call.now, owner=call.owner)

    await call.write(deleted)
    return answered({"success": True, "message": DELETED})


def _project(c: Connection, call: Call) -> Project:
    """Give the caller's project that is there. Raises Refusal."""
    try:
        found = storage.get(c, call.path["id"], owner=call.owner)
    except NotFound:
        raise missing(NOT_FOUND) from None
    if found.deleted_at is not None:
        raise missing(NOT_FOUND)
    return found


def _described(given: Given, *, new: bool) -> Described:
    """Read what is said of a project. What is not named stays; null takes a colour or the picture away."""
    name = given.text("name", limit=10 * NAME_LIMIT)
    if name is None:
        raise Refusal("Missing required field: name", field="name")
    if len(name.strip()) > NAME_LIMIT:
        raise Refusal(f"Project name must be {NAME_LIMIT} characters or less", field="name")
    description, url = given.text("description", limit=DESCRIPTION_LIMIT), given.url("url")
    if new and description is None and url is None:
        raise Refusal("Either description or url must be provided", field="description")
    if given.raw("imageData") is not None:
        sentence = "imageData: a project's picture is named by its URL here; send imageUrl"
        raise Refusal(sentence, code=NOT_CONFIGURED, field="imageData")
    gone = given.has("imageUrl") or given.has("imageData")
    return Described(
        name=name,
        description=description if description is not None else "" if given.has("description") else None,
        url=url if url is not None else "" if given.has("url") else None,
        image=given.url("imageUrl") or ("" if gone else None),
        palette={part: given.text(field, limit=20) or "" for field, part in COLOURS.items() if given.has(field)},
    )


def _shown(project: Project, links: Links) -> dict[str, Any]:
    """Give a project as the vendor's API does. `found` in the answer is what its page says: not its owner's words."""
    palette = project.palette
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "url": project.url,
        "token": None,
        "createdOn": iso(project.created_at),
        "updatedOn": iso(project.updated_at),
        "active": project.deleted_at is None,
        "imageUrl": _image(project, links),
        "textColor": palette.text,
        "backgroundColor": palette.background,
        "brandColor": palette.brand,
        "accentColor": palette.accent,
        "found": project.found,
    }


def _image(project: Project, links: Links) -> str | None:
    """Give where the picture is: its URL, or that of the file that it names."""
    if project.image is None or "://" in project.image:
        return project.image
    return links.file(project.image)


_COLOUR: Schema = or_null({"type": "string", "pattern": "^(#[0-9A-Fa-f]{6})?$"})
_REQUEST: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": NAME_LIMIT},
        "description": or_null(TEXT | {"maxLength": DESCRIPTION_LIMIT}),
        "url": or_null(words.URL),
        "imageUrl": or_null(words.URL),
        **dict.fromkeys(COLOURS, _COLOUR),
    },
    "required": ["name"],
}
_PROJECT = object_of(
    id=TEXT,
    name=TEXT,
    description=TEXT,
    url=words.MAYBE,
    token=words.MAYBE,
    createdOn=words.WHEN,
    updatedOn=words.WHEN,
    active=FLAG,
    imageUrl=words.MAYBE,
    textColor=words.MAYBE,
    backgroundColor=words.MAYBE,
    brandColor=words.MAYBE,
    accentColor=words.MAYBE,
    found=words.MAYBE,
)
_EXAMPLE = {
    "id": words.ID,
    "name": "Acme Ferries",
    "description": "Ferries for islanders; dry, friendly.",
    "url": "https://ferries.example.com",
    "token": None,
    "createdOn": "2026-03-26T12:00:00Z",
    "updatedOn": "2026-03-26T12:00:00Z",
    "active": True,
    "imageUrl": None,
    "textColor": None,
    "backgroundColor": None,
    "brandColor": "#0a7cff",
    "accentColor": None,
    "found": None,
}
_BODY = {
    "name": "Acme Ferries",
    "description": "Ferries for islanders; dry, friendly.",
    "url": "https://ferries.example.com",
    "brandColor": "#0a7cff",
}

OPERATIONS = (
    Operation(
        id="listProjects",
        method="GET",
        path="/projects",
        tag="projects",
        summary="List the projects, the one that was changed last first.",
        scope=Scope.READ,
        answer=list_of(_PROJECT),
        manner=Manner.COMPATIBLE,
        example=Example([_EXAMPLE]),
        endpoint=list_,
    ),
    Operation(
        id="createProject",
        method="POST",
        path="/projects",
        tag="projects",
        summary="Keep a project, with a description or the URL of its page.",
        description=(
            "It is context for the language model, and no source. With a URL alone, what its page says is kept as "
            "`found`, beside the owner's own words."
        ),
        scope=Scope.WRITE,
        request=_REQUEST,
        status=201,
        answer=object_of(success=FLAG, project=_PROJECT),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "project": _EXAMPLE}, body=_BODY),
        endpoint=create,
    ),
    Operation(
        id="showProject",
        method="GET",
        path="/projects/{id}",
        tag="projects",
        summary="Show a project.",
        scope=Scope.READ,
        answer=_PROJECT,
        manner=Manner.COMPATIBLE,
        example=Example(_EXAMPLE, path={"id": words.ID}),
        endpoint=show,
    ),
    Operation(
        id="changeProject",
        method="POST",
        path="/projects/{id}/update",
        tag="projects",
        summary="Change a project.",
        description="What is not named stays as it is; null takes a colour or the picture away.",
        scope=Scope.WRITE,
        request=_REQUEST,
        answer=object_of(success=FLAG, project=_PROJECT),
        refusals=(409,),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "project": _EXAMPLE}, path={"id": words.ID}, body=_BODY),
        endpoint=change,
    ),
    Operation(
        id="deleteProject",
        method="POST",
        path="/projects/{id}/delete",
        tag="projects",
        summary="Hide a project; templates that name it go on without it.",
        scope=Scope.WRITE,
        answer=object_of(success=FLAG, message=TEXT),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "message": DELETED}, path={"id": words.ID}),
        endpoint=delete,
    ),
)
