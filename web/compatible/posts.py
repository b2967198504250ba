"""`GET /x/posts` and `GET /x/posts/{id}`: what was written, whether it went out, and what it was made of."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.publication import Post, PostStatus
from domain.template import PostType
from domain.token import Scope
from scheduler.shown import compatible
from scheduler.shown.compatible import Links
from scheduler.shown.schema_words import between, list_of, object_of
from storage import post_pages
from storage.post_pages import Wanted
from storage.recall import recall
from web.answers import answered, plain_json
from web.call import Call
from web.compatible import words
from web.compatible.links import links_of
from web.compatible.refusal import missing
from web.operation import Example, Manner, Operation, Parameter
from web.parameters import choice, instant, text, whole
from web.streaming import streamed

PAGE_SIZE = 50


async def list_(call: Call) -> Response:
    number, size = call.query["page"], call.query["limit"]
    wanted = _wanted(call)
    links = links_of(call)
    if number is None and size is None:
        return await streamed(call, '{"posts":[', partial(_piece, wanted=wanted, links=links), key=(wanted, links))
    number, size = number or 1, size or PAGE_SIZE

    said = await call.read(
        lambda c: recall(c, (wanted, links, number, size), lambda: _page(c, wanted, links, number, size), len)
    )
    return Response(said, media_type="application/json")


async def show(call: Call) -> Response:
    paged = await call.read(lambda c: post_pages.one(c, call.path["id"], owner_id=call.owner))
    if paged is None:
        raise missing("Post not found or unauthorized")
    return answered({"post": compatible.post(paged, links_of(call))})


def _page(c: Connection, wanted: Wanted, links: Links, number: int, size: int) -> bytes:
    total = post_pages.count(c, wanted)
    offset = (number - 1) * size
    paged = post_pages.page(c, wanted, limit=size, offset=offset) if offset < total else []
    said = {
        "posts": [compatible.post(each, links) for each in paged],
        "totalCount": total,
        "page": number,
        "pageSize": size,
        "totalPages": -(-total // size),
    }
    return plain_json(said)


def _piece(c: Connection, behind: Post | None, *, wanted: Wanted, links: Links) -> tuple[list[Any], Post | None]:
    found = post_pages.piece(c, wanted, behind=behind)
    return [compatible.post(each, links) for each in found], found[-1].post if found else None


def _wanted(call: Call) -> Wanted:
    query = call.query
    return Wanted(
        template_id=query["scheduleId"],
        run_id=query["requestId"],
        status=query["status"],
        kind=query["type"],
        since=query["since"],
        until=query["until"],
        owner_id=call.owner,
    )


def optional(parameter: Parameter) -> Parameter:
    """Give a parameter without a default: not to give it means something of its own."""
    schema = {name: value for name, value in parameter.schema.items() if name != "default"}
    return replace(parameter, schema=schema, default=None)


OPERATIONS = (
    Operation(
        id="listXPosts",
        method="GET",
        path="/x/posts",
        tag="x",
        summary="List the posts, the newest request first and the parts of each in their order.",
        description="Without page and limit all of them, with either a page.",
        scope=Scope.READ,
        parameters=(
            optional(whole("page", "Which page, from 1.", 1, 10**9, 1)),
            optional(whole("limit", "How many posts a page has; 50 without it.", 1, 100, PAGE_SIZE)),
            text("scheduleId", "Only those of this template that recurs."),
            text("requestId", "Only those of this request."),
            choice("status", "Only those in this state.", PostStatus),
            choice("type", "Only tweets, or only the parts of threads.", PostType),
            instant("since", "Only those made then or later."),
            instant("until", "Only those made before."),
        ),
        answer=object_of(posts=list_of(words.X_POST))
        | {
            "properties": {
                "posts": list_of(words.X_POST),
                "totalCount": {"type": "integer"},
                "page": {"type": "integer"},
                "pageSize": between(1, 100),
                "totalPages": {"type": "integer"},
            }
        },
        manner=Manner.COMPATIBLE,
        example=Example(
            {"posts": [words.EXAMPLE_X_POST], "totalCount": 1, "page": 1, "pageSize": 50, "totalPages": 1},
            query={"page": "1"},
        ),
        endpoint=list_,
    ),
    Operation(
        id="showXPost",
        method="GET",
        path="/x/posts/{id}",
        tag="x",
        summary="Show one post.",
        scope=Scope.READ,
        answer=object_of(post=words.X_POST),
        manner=Manner.COMPATIBLE,
        example=Example({"post": words.EXAMPLE_X_POST}, path={"id": words.ID}),
        endpoint=show,
    ),
)
