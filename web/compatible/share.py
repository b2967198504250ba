"""`GET /share/podcast/{id}/{day}`: the public page of a post, for whoever has its address."""

from __future__ import annotations

from starlette.responses import Response

from scheduler.shown import sharing
from storage import post_pages
from web.call import Call
from web.compatible import share_page, words
from web.compatible.refusal import missing
from web.operation import Example, Manner, Operation

NOT_FOUND = "Page not found"


async def show(call: Call) -> Response:
    post_id = sharing.post_id(call.path["id"], call.parts.cipher.seal)
    if post_id is None:
        raise missing(NOT_FOUND)
    thread = [
        each for each in await call.read(lambda c: post_pages.of_anybody(c, post_id)) if sharing.is_shown(each.post)
    ]
    named = next((each for each in thread if each.post.id == post_id), None)
    if named is None or not sharing.is_of_day(named.post, call.path["day"]):
        raise missing(NOT_FOUND)
    return Response(share_page.page(thread), headers=share_page.HEADERS, media_type="text/html")


OPERATIONS = (
    Operation(
        id="showSharePage",
        method="GET",
        path="/share/podcast/{id}/{day}",
        tag="share",
        summary="Show the public page of a post, or of its thread.",
        description=(
            "The address is the `shareUrl` of a post: its id with 128 bits that only this installation can make, and "
            "the day in UTC. Who has it needs no token. A post that was discarded or deleted has none."
        ),
        scope=None,
        gives="text/html",
        manner=Manner.COMPATIBLE,
        example=Example(path={"id": words.SHARED, "day": "20260326"}),
        endpoint=show,
    ),
)
