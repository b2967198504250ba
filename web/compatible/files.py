"""`GET /files/{id}`: a picture or a sound that was brought or drawn, for whoever has its unguessable address."""

from __future__ import annotations

from starlette.responses import Response

from domain.errors import NotFound
from storage import blobs
from web.call import Call
from web.compatible import words
from web.compatible.refusal import missing
from web.operation import Example, Manner, Operation


async def show(call: Call) -> Response:
    try:
        blob, content = await call.read(lambda c: blobs.of_anybody(c, call.path["id"]))
    except NotFound:
        raise missing("File not found") from None
    # Nothing of it is run in a browser, whatever it holds: its type is the one that its content has.
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "public, max-age=86400"}
    return Response(content, 200, headers, blob.media_type)


OPERATIONS = (
    Operation(
        id="showFile",
        method="GET",
        path="/files/{id}",
        tag="files",
        summary="Fetch a picture or a sound by its address.",
        description="Its id is random: who has the address may fetch it, without a token.",
        scope=None,
        gives="*/*",  # the type that its content has
        manner=Manner.COMPATIBLE,
        example=Example(path={"id": words.ID}),
        endpoint=show,
    ),
)
