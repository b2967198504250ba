"""`/feeds`: the feeds that `feedIds` name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.token import Scope
from scheduler.operations import feeds as operations
from scheduler.operations.joined import Joined
from scheduler.shown.compatible import iso
from scheduler.shown.schema_words import FLAG, TEXT, between, list_of, object_of
from storage import feed_names, feeds
from storage.feed_names import NamedFeed
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.feed_kinds import kind_of, url_of
from web.compatible.given import Given, from_json
from web.compatible.refusal import Refusal, missing, wrong
from web.operation import Example, Manner, Operation

NAME_LIMIT = 200
NO_FEED = "Feed not found or unauthorized"


async def list_(call: Call) -> Response:
    found = await call.read(lambda c: feed_names.list_named(c, owner=call.owner))
    return answered([_shown(each) for each in found])


async def show(call: Call) -> Response:
    return answered(_shown(await call.read(lambda c: feed_of(c, call, call.path["id"]))))


async def add(call: Call) -> Response:
    given = from_json(call.document)
    name = _name(given)
    kind, internal_id = given.integer("feedTypeId", 1, 5), given.text("internalId", limit=2048)
    if kind is None:
        raise Refusal("Missing feedTypeId parameter", field="feedTypeId")
    if internal_id is None:
        raise Refusal("Missing internalId parameter", field="internalId")
    url = url_of(kind, internal_id.strip())

    def added(c: Connection) -> dict[str, Any]:
        feed_id = feeds.ensure(c, url, now=call.now, owner=call.owner)
        feed_names.rename(c, feed_id, name, owner=call.owner)
        return {"success": True, "feedId": feed_id, "message": "Feed created successfully"}

    return await call.create(added)


async def rename(call: Call) -> Response:
    name = _name(from_json(call.document))

    def renamed(c: Connection) -> NamedFeed:
        feed = feed_of(c, call, call.path["id"])
        feed_names.rename(c, feed.id, name, owner=call.owner)
        return feed_of(c, call, call.path["id"])

    found = await call.write(renamed)
    return answered({"success": True, "message": "Feed updated successfully", "feed": _shown(found)})


async def delete(call: Call) -> Response:
    given = from_json(call.document)
    named = given.integer("feedId", 1, 2**31 - 1) or given.integer("id", 1, 2**31 - 1)
    if named is None:
        raise Refusal("Missing feedId parameter", field="feedId")
    await call.write(lambda c: operations.remove(Joined(c), str(feed_of(c, call, str(named)).id)))
    return answered({"success": True, "message": "Feed deleted successfully"})


def _name(given: Given) -> str:
    name = given.text("name", limit=NAME_LIMIT)
    if name is None:
        raise Refusal("Missing feed name", field="name")
    if any(not each.isprintable() for each in name):
        raise wrong("name", "holds line breaks or control characters")
    return name.strip()


def feed_of(c: Connection, call: Call, named: str) -> NamedFeed:
    """Give the caller's feed of that number. Raises Refusal."""
    found = next((each for each in feed_names.list_named(c, owner=call.owner) if str(each.id) == named), None)
    if found is None:
        raise missing(NO_FEED) from NotFound("feed", named)
    return found


def _shown(feed: NamedFeed) -> dict[str, Any]:
    kind, internal_id = kind_of(feed.url)
    return {
        "id": feed.id,
        "name": feed.name,
        "token": None,
        "feedTypeId": kind,
        "internalId": internal_id,
        "createdOn": iso(feed.created_at),
        "url": feed.url,
    }


_FEED = object_of(
    id={"type": "integer"},
    name=TEXT,
    token=words.MAYBE,
    feedTypeId=between(1, 5),
    internalId=TEXT,
    createdOn=words.WHEN,
    url=words.URL,
)
_SHOWN = {
    "id": 1,
    "name": "Trams",
    "token": None,
    "feedTypeId": 4,
    "internalId": "https://example.com/feed.xml",
    "createdOn": "2026-03-26T12:00:00Z",
    "url": "https://example.com/feed.xml",
}
_NEW = {"name": TEXT | {"maxLength": NAME_LIMIT}, "feedTypeId": between(1, 5), "internalId": TEXT}

OPERATIONS = (
    Operation(
        id="listFeeds",
        method="GET",
        path="/feeds",
        tag="feeds",
        summary="List the feeds.",
        scope=Scope.READ,
        answer=list_of(_FEED),
        manner=Manner.COMPATIBLE,
        example=Example([_SHOWN]),
        endpoint=list_,
    ),
    Operation(
        id="showFeed",
        method="GET",
        path="/feeds/{id}",
        tag="feeds",
        summary="Show a feed.",
        scope=Scope.READ,
        answer=_FEED,
        manner=Manner.COMPATIBLE,
        example=Example(_SHOWN, path={"id": "1"}),
        endpoint=show,
    ),
    Operation(
        id="createFeed",
        method="POST",
        path="/feeds",
        tag="feeds",
        summary="Add a feed by its kind and id: 2 a subreddit, 3 a YouTube channel, 4 the URL of an RSS or Atom feed.",
        description="It is read when a template uses it. Adding one twice gives it the newer name.",
        scope=Scope.WRITE,
        request=object_of(**_NEW),
        status=201,
        answer=object_of(success=FLAG, feedId={"type": "integer"}, message=TEXT),
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(
            {"success": True, "feedId": 1, "message": "Feed created successfully"},
            body={"name": "Trams", "feedTypeId": 4, "internalId": "https://example.com/feed.xml"},
        ),
        endpoint=add,
    ),
    Operation(
        id="renameFeed",
        method="POST",
        path="/feeds/{id}",
        tag="feeds",
        summary="Give a feed another name.",
        scope=Scope.WRITE,
        request=object_of(name=_NEW["name"]),
        answer=object_of(success=FLAG, message=TEXT, feed=_FEED),
        manner=Manner.COMPATIBLE,
        example=Example(
            {"success": True, "message": "Feed updated successfully", "feed": _SHOWN},
            path={"id": "1"},
            body={"name": "Trams"},
        ),
        endpoint=rename,
    ),
    Operation(
        id="deleteFeed",
        method="POST",
        path="/feeds/delete",
        tag="feeds",
        summary="Remove a feed that no template reads.",
        scope=Scope.WRITE,
        request=object_of(feedId={"type": "integer"}),
        answer=object_of(success=FLAG, message=TEXT),
        refusals=(404, 409),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "message": "Feed deleted successfully"}, body={"feedId": 1}),
        endpoint=delete,
    ),
)
