"""Sounds and pictures that templates use, over HTTP: brought, listed, shown and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import Response

from domain.errors import FieldError, InvalidInput, NotFound
from domain.media import AUDIO_LIMIT_BYTES
from domain.token import Scope
from scheduler.operations import files
from scheduler.operations.joined import Joined
from scheduler.shown import views
from scheduler.shown.schema_words import Schema, list_of, object_of
from storage import tables
from web import owned
from web.answers import answered
from web.call import Call
from web.operation import FORM, RAW, Example, Operation
from web.paging import LIMIT, NEXT, after_instant, number_of, page
from web.parameters import text
from web.schemas import of

PATH = "/api/v1/files"
ONE = PATH + "/{file}"
AROUND = 16 * 1024  # bytes that a form may have around the file
NAME_LIMIT = 255  # characters


async def add(call: Call) -> Response:
    content, name = await _brought(call)
    if call.parts.offload is not None:
        await files.checked(content, offload=call.parts.offload)

    def kept(c: Connection) -> dict[str, Any]:
        blob = files.keep(Joined(c), content, name=call.query["name"] or name, now=call.now, owner=call.owner)
        return views.file(blob, needed=files.show(Joined(c), blob.id, owner=call.owner)[1])

    answer = await call.create(kept, _location)
    if "idempotent-replayed" in answer.headers and not await call.read(lambda c: _is_there(c, answer, call.owner)):
        # It was brought with this key, and has gone since: whoever brings it again needs it again.
        again = await call.write(kept)
        return answered(again, call.operation.status, {"Location": _location(again)})
    return answer


async def list_(call: Call) -> Response:
    limit = call.query["limit"]

    def found(c: Connection) -> dict[str, Any]:
        listed = files.list_all(Joined(c), behind=call.query["after"], limit=limit + 1, owner=call.owner)
        shown, following = page(listed, limit, lambda each: (number_of(each[0].created_at), each[0].id))
        return {"files": [views.file(blob, needed=needed) for blob, needed in shown], "next": following}

    return answered(await call.read(found))


async def show(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        blob, needed = files.show(Joined(c), _mine(c, call), owner=call.owner)
        return views.file(blob, needed=needed)

    return answered(await call.read(found))


async def remove(call: Call) -> Response:
    gone = await call.write(lambda c: files.remove(Joined(c), _mine(c, call), owner=call.owner))
    return answered(views.file(gone, needed=False))


def _location(shown: Mapping[str, Any]) -> str:
    return f"{PATH}/{shown['id']}"


def _is_there(c: Connection, answer: Response, owner: str) -> bool:
    try:
        owned.row(c, "file", tables.blobs, json.loads(bytes(answer.body))["id"], owner)
    except NotFound:
        return False
    return True


def _mine(c: Connection, call: Call) -> str:
    return owned.row(c, "file", tables.blobs, call.path["file"], call.owner)


async def _brought(call: Call) -> tuple[bytes, str]:
    """Give the bytes of the file, and the name that it came under. Raises InvalidInput."""
    if call.form is None:
        return call.content or b"", ""
    brought = call.form.multi_items()
    given = brought[0][1] if len(brought) == 1 and brought[0][0] == "file" else None
    if not isinstance(given, UploadFile):
        raise InvalidInput([FieldError("file", "must be one file, and the only field of the form")])
    return await given.read(), given.filename or ""


_FILE = of("file")
_FORM: Schema = object_of(file={"type": "string", "format": "binary"}) | {"additionalProperties": False}
_SHOWN: dict[str, Any] = {
    "id": "7f3c1a52-9d0e-4b7a-8c41-2e5d6f708192",
    "name": "memo.m4a",
    "media_type": "audio/mp4",
    "size": 182044,
    "digest": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "created_at": "2026-03-26T12:00:00.000000Z",
    "needed": False,
}
_NAMED = {"file": _SHOWN["id"]}

OPERATIONS = (
    Operation(
        id="addFile",
        method="POST",
        path=PATH,
        tag="files",
        summary="Keep a picture or a sound for templates, which name it by its id.",
        description="As the one field `file` of a form, or as the whole body. What it is is told by its content: a "
        "picture of at most 10 MB and 40 million points, or a sound of at most 25 MB. The same content is kept once. "
        "What no template names within a day goes.",
        scope=Scope.WRITE,
        parameters=(text("name", "What it is called, whatever the form says.", most=NAME_LIMIT),),
        request=_FORM,
        takes=(FORM, RAW),
        body_limit=AUDIO_LIMIT_BYTES + AROUND,
        status=201,
        answer=_FILE,
        creates=True,
        example=Example(_SHOWN, form={"file": "the bytes of memo.m4a"}),
        endpoint=add,
    ),
    Operation(
        id="listFiles",
        method="GET",
        path=PATH,
        tag="files",
        summary="List the files that are kept, the newest first, and whether something needs them.",
        description="Charts, and pictures that runs have read, are among them.",
        scope=Scope.READ,
        parameters=(LIMIT, after_instant(str)),
        answer=object_of(files=list_of(_FILE), next=NEXT),
        example=Example({"files": [_SHOWN], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="getFile",
        method="GET",
        path=ONE,
        tag="files",
        summary="Show what is known of a file; `GET /files/{id}` gives its bytes.",
        scope=Scope.READ,
        answer=_FILE,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="removeFile",
        method="DELETE",
        path=ONE,
        tag="files",
        summary="Remove a file that nothing needs.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=_FILE,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=remove,
    ),
)
