"""Posts over HTTP: listed, and shown with where their words come from, as `ostinato post` does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.publication import Post, PostStatus
from domain.token import Scope
from scheduler.operations import places, why
from scheduler.operations import posts as operations
from scheduler.operations.joined import Joined
from scheduler.operations.posts import PostDetails
from scheduler.shown import details as shown
from scheduler.shown import views
from scheduler.shown.schema_words import NUMBER, TEXT, Schema, list_of, or_null
from storage import tables
from storage.post_pages import Wanted, place_of
from web import owned
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.own import examples, run_examples
from web.own.runs import ACCOUNT, TEMPLATE, template_of
from web.paging import LIMIT, after_instant, number_of, page
from web.parameters import choice, instant, text
from web.schemas import of, paged, with_more

PATH = "/api/v1/posts"
ONE = PATH + "/{post}"


async def list_(call: Call) -> Response:
    given, limit = call.query, call.query["limit"]

    def found(c: Connection) -> dict[str, Any]:
        run = given["run"]
        wanted = Wanted(
            template_id=template_of(c, call),
            run_id=owned.row(c, "run", tables.runs, run, call.owner) if run is not None else None,
            account=given["account"],
            status=given["status"],
            since=given["since"],
            until=given["until"],
            owner_id=call.owner,
        )
        listed = operations.list_posts(Joined(c), wanted=wanted, behind=given["after"], limit=limit + 1)
        kept, following = page(listed, limit, _place)
        site = places.site(c)
        return {"posts": [views.post(each, site) for each in kept], "next": following}

    return answered(await call.read(found))


async def show(call: Call) -> Response:
    return answered(await call.read(lambda c: post_view(c, operations.details_of(c, post_id(c, call)))))


def post_id(c: Connection, call: Call) -> str:
    """Give the id of the caller's own post, or of its publication, that the path names. Raises NotFound."""
    named = call.path["post"]
    try:
        return owned.row(c, "post", tables.posts, named, call.owner)
    except NotFound:
        pass  # it may be a publication's
    try:
        return owned.row(c, "post", tables.publications, named, call.owner)
    except NotFound:
        raise NotFound("post", named) from None


def post_view(c: Connection, found: PostDetails) -> dict[str, Any]:
    """Give a post with all that belongs to it."""
    return shown.post(found, why.of_post(Joined(c), found.post), places.site(c))


def _place(each: Post) -> tuple[int, str, int, int]:
    created_at, run_id, group, part = place_of(each)
    return number_of(created_at), run_id, group, part


_SEGMENT: Schema = with_more(
    of("segment"),
    field=or_null(TEXT),
    spans=list_of(list_of(NUMBER)),
    title=or_null(TEXT),
    url=or_null(TEXT),
    excerpt=or_null(TEXT),
)
DETAILS: Schema = with_more(
    of("post"), template=TEXT, segments=list_of(_SEGMENT), publications=list_of(of("publication"))
)
NAMED = {"post": run_examples.POST_ID}

OPERATIONS = (
    Operation(
        id="listPosts",
        method="GET",
        path=PATH,
        tag="posts",
        summary="List the posts, the newest first, the parts of each run in their order.",
        scope=Scope.READ,
        parameters=(
            LIMIT,
            after_instant(str, int, int),
            TEMPLATE,
            text("run", "Only those of the run of this id."),
            ACCOUNT,
            choice("status", "Only those in this state.", PostStatus),
            instant("since", "Only those that were made at this instant or later."),
            instant("until", "Only those that were made before this instant."),
        ),
        refusals=(404,),
        answer=paged("post", "posts"),
        example=Example({"posts": [run_examples.OUT], "next": None}, query={"run": examples.RUN_ID, "limit": "20"}),
        endpoint=list_,
    ),
    Operation(
        id="getPost",
        method="GET",
        path=ONE,
        tag="posts",
        summary="Show a post, where each of its words comes from, and every attempt to publish it.",
        description="The id may also be that of one of its publications.",
        scope=Scope.READ,
        refusals=(409,),
        answer=DETAILS,
        example=Example(run_examples.POST, path=NAMED),
        endpoint=show,
    ),
)
