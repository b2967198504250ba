"""What a person decides about a post over HTTP: whether it is out, and that it is taken back from X."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.publication import PostStatus
from domain.token import Scope
from publishers.x import XPublisher
from scheduler.operations import deleting, places, tweet_check
from scheduler.operations import posts as operations
from scheduler.operations.deleting import Deletion
from scheduler.operations.joined import Joined
from scheduler.shown import details as shown
from scheduler.shown.schema_words import FLAG, TEXT, Schema, list_of, object_of, or_null
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own import run_examples
from web.own.posts import DETAILS, NAMED, ONE, post_id, post_view
from web.own.templates import NOTE_LIMIT
from web.parameters import flag, text
from web.problems import Refused
from web.schemas import of

TWEET_LIMIT = 500  # characters of a tweet's id or URL
NO_KEY = "there is no key of the Xquik API, so nothing can be deleted; set OSTINATO_XQUIK_KEY and start anew"


async def settle(call: Call) -> Response:
    with fields(call.document, "tweet", "not_posted", "note", "force") as given:
        tweet, note = given.text("tweet", limit=TWEET_LIMIT), given.text("note", limit=NOTE_LIMIT)
        not_posted, force = given.boolean("not_posted", default=False), given.boolean("force", default=False)
        if (tweet is None) is not not_posted and not given.problems:
            given.problem("outcome", "give either tweet (its id or URL) or not_posted: true")
    tweet_id = operations.tweet_id(tweet) if tweet is not None else None
    named = await call.read(lambda c: operations.details_of(c, post_id(c, call)).post)
    if tweet_id is not None and not force:
        await tweet_check.check(call.parts.outside.transport, tweet_id, named)

    def settled(c: Connection) -> dict[str, Any]:
        wanted = post_id(c, call)
        done = operations.settle(Joined(c), wanted, tweet=tweet, note=note, now=call.now, new_id=call.parts.new_id)
        return post_view(c, done)

    return answered(await call.write(settled))


async def delete(call: Call) -> Response:
    thread = call.query["thread"]
    chosen = await call.read(lambda c: deleting.wanted(Joined(c), post_id(c, call), thread=thread))
    found = Deletion(tuple(chosen))
    if any(each.status is PostStatus.PUBLISHED for each in chosen):
        if call.parts.outside.transport is None:
            raise Refused(NO_KEY, status=409, code="not_configured")
        found = await deleting.delete(
            call.write,
            XPublisher(call.parts.outside.transport),
            chosen,
            note=call.query["note"],
            clock=call.parts.clock,
            new_id=call.parts.new_id,
            cost=call.parts.prices.deletion,
        )
    site = await call.read(places.site)
    return answered(shown.deletion(found, site), status=502 if found.left else 200)


_POSTS = list_of(of("post"))
_DELETED = object_of(deleted=_POSTS, left=_POSTS, error=or_null(TEXT), unclear=FLAG)
_SETTLE: Schema = {
    "type": "object",
    "properties": {
        "tweet": or_null(TEXT | {"maxLength": TWEET_LIMIT, "description": "It is out: the tweet's id or URL."}),
        "not_posted": or_null(FLAG | {"description": "It is certainly not out. Look at the account first."}),
        "note": or_null(TEXT | {"maxLength": NOTE_LIMIT, "description": "How you know, for whoever looks later."}),
        "force": or_null(FLAG | {"description": "Take the tweet unseen: X is not asked whether it is this post."}),
    },
    "additionalProperties": False,
}

OPERATIONS = (
    Operation(
        id="settlePost",
        method="POST",
        path=ONE + "/settle",
        tag="posts",
        summary="Decide what became of a post whose outcome is unknown. Its run then goes on.",
        description=(
            "Give either `tweet` or `not_posted`. X is asked whether the tweet exists, is this account's and has this "
            "text; with `force` it is not. What a person decided can be decided anew."
        ),
        scope=Scope.PUBLISH,
        request=_SETTLE,
        refusals=(409,),
        answer=DETAILS,
        example=Example(
            run_examples.SETTLED,
            path=NAMED,
            body={"tweet": f"https://x.com/acme/status/{run_examples.TWEET_ID}", "note": "seen in the timeline"},
        ),
        endpoint=settle,
    ),
    Operation(
        id="deletePost",
        method="DELETE",
        path=ONE,
        tag="posts",
        summary="Delete a post from X. It stays in the records, as deleted, and is not posted again.",
        description=(
            "Costs what the API asks for it. 502 with the same document says that something is out still, as far as is "
            "known: `error` says why, and `unclear` that it may be gone all the same. Asking again does no harm. A "
            "post of which it is not known whether it is out must be settled first (409)."
        ),
        scope=Scope.PUBLISH,
        parameters=(
            flag("thread", "All parts of its thread that are out, the last first."),
            text("note", "Why, for whoever looks later.", most=NOTE_LIMIT),
        ),
        refusals=(409,),
        answer=_DELETED,
        also={502: _DELETED},
        example=Example(
            {"deleted": [run_examples.DELETED], "left": [], "error": None, "unclear": False},
            path=NAMED,
            query={"note": "wrong date"},
        ),
        endpoint=delete,
    ),
)
