"""Feeds over HTTP: those that templates take their material from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.token import Scope
from scheduler.feed_reading import FeedReading, ReadFeed
from scheduler.operations import feeds as operations
from scheduler.operations.joined import Joined
from scheduler.shown import feed_views
from scheduler.shown.feed_views import ENTRY, FEED
from scheduler.shown.schema_words import FLAG, NUMBER, TEXT, Schema, list_of, object_of, or_null
from storage import feed_entries, feed_names, feed_pages
from storage.feed_entries import Held
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.paging import LIMIT, NEXT, after, after_instant, number_of, page
from web.problems import Refused
from web.schemas import with_more

PATH = "/api/v1/feeds"
ONE = PATH + "/{feed}"
NAME_LIMIT = 200
URL_LIMIT = 2048


async def list_(call: Call) -> Response:
    (behind,) = call.query["after"] or (None,)
    limit = call.query["limit"]
    found = await call.read(lambda c: feed_pages.page(c, owner=call.owner, after=behind, limit=limit + 1))
    shown, following = page(found, limit, lambda each: (each.feed.id,))
    return answered({"feeds": [feed_views.shown(each) for each in shown], "next": following})


async def create(call: Call) -> Response:
    with fields(call.document, "url", "name", "read") as given:
        url, name = given.text("url", limit=URL_LIMIT), given.text("name", limit=NAME_LIMIT)
        wanted = given.boolean("read", default=True)
        if url is None and not given.problems:
            given.problem("url", "is missing; name the URL of an RSS or Atom feed")
    url = operations.check_url((url or "").strip())
    read = await _reader(call)(url, etag=None, last_modified=None) if wanted else None

    def made(c: Connection) -> dict[str, Any]:
        kept = operations.keep(Joined(c), url, read, now=call.now, owner=call.owner)
        if name is not None:
            feed_names.rename(c, kept.id, name.strip(), owner=call.owner)
        return _shown(c, call, str(kept.id)) | {"entries": len(read.entries) if read is not None else None}

    return await call.create(made, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    return answered(await call.read(lambda c: _shown(c, call, call.path["feed"])))


async def rename(call: Call) -> Response:
    with fields(call.document, "name") as given:
        name = given.text("name", limit=NAME_LIMIT)
        if name is None and not given.problems:
            given.problem("name", "is missing; give the feed a name")

    def renamed(c: Connection) -> dict[str, Any]:
        found = feed_pages.get(c, call.path["feed"], owner=call.owner)
        feed_names.rename(c, found.feed.id, (name or "").strip(), owner=call.owner)
        return _shown(c, call, call.path["feed"])

    return answered(await call.write(renamed))


async def refresh(call: Call) -> Response:
    found = await call.read(lambda c: feed_pages.get(c, call.path["feed"], owner=call.owner))
    reading = FeedReading(writer=call.parts.writer, read_feed=_reader(call), clock=call.parts.clock)
    await reading.refresh(found.feed)
    return await show(call)


async def remove(call: Call) -> Response:
    def removed(c: Connection) -> dict[str, Any]:
        found = feed_pages.get(c, call.path["feed"], owner=call.owner)
        operations.remove(Joined(c), str(found.feed.id))
        return feed_views.shown(found)

    return answered(await call.write(removed))


async def entries(call: Call) -> Response:
    before, limit = call.query["after"], call.query["limit"]

    def held(c: Connection) -> list[Held]:
        feed_id = feed_pages.get(c, call.path["feed"], owner=call.owner).feed.id
        return feed_entries.newest(c, feed_id, limit + 1, before=before)

    shown, following = page(await call.read(held), limit, lambda each: (number_of(each.dated), each.id))
    return answered({"entries": [feed_views.entry(each) for each in shown], "next": following})


def _shown(c: Connection, call: Call, number: str) -> dict[str, Any]:
    return feed_views.shown(feed_pages.get(c, number, owner=call.owner))


def _reader(call: Call) -> ReadFeed:
    if call.parts.outside.read_feed is None:
        raise Refused("no feed is read from here; start `ostinato serve`", status=409, code="not_configured")
    return call.parts.outside.read_feed


_NAME: Schema = TEXT | {"maxLength": NAME_LIMIT}
_NEW: Schema = {
    "type": "object",
    "properties": {"url": TEXT | {"maxLength": URL_LIMIT}, "name": or_null(_NAME), "read": FLAG},
    "required": ["url"],
    "additionalProperties": False,
}
_SHOWN: dict[str, Any] = {
    "id": 3,
    "url": "https://example.com/feed.xml",
    "title": "Harbour news",
    "name": None,
    "fetched_at": "2026-03-26T12:00:00.000000Z",
    "failures": 0,
    "last_error": None,
    "templates": ["morning"],
}
_ENTRY: dict[str, Any] = {
    "id": 41,
    "title": "The ferry was late",
    "url": "https://example.com/ferry",
    "dated": "2026-03-26T11:00:00.000000Z",
    "uses": [{"template": "morning", "status": "seen", "run_id": None, "at": "2026-03-26T12:00:00.000000Z"}],
}
_NAMED = {"feed": "3"}

OPERATIONS = (
    Operation(
        id="listOwnFeeds",
        method="GET",
        path=PATH,
        tag="sources",
        summary="List the feeds by their number, how reading them goes, and who reads them.",
        scope=Scope.READ,
        parameters=(LIMIT, after(int)),
        answer=object_of(feeds=list_of(FEED), next=NEXT),
        example=Example({"feeds": [_SHOWN], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="addFeed",
        method="POST",
        path=PATH,
        tag="sources",
        summary="Add the feed at a URL after reading it once; with `read` false it is read once a template uses it.",
        description="Adding one twice is the same. One that cannot be read, or is no feed, is refused.",
        scope=Scope.WRITE,
        request=_NEW,
        status=201,
        answer=with_more(FEED, entries=or_null(NUMBER)),
        creates=True,
        example=Example(
            _SHOWN | {"templates": [], "entries": 20}, body={"url": "https://example.com/feed.xml", "read": True}
        ),
        endpoint=create,
    ),
    Operation(
        id="getFeed",
        method="GET",
        path=ONE,
        tag="sources",
        summary="Show a feed: what was read last, and what went wrong.",
        scope=Scope.READ,
        answer=FEED,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="nameFeed",
        method="PATCH",
        path=ONE,
        tag="sources",
        summary="Give a feed a name of one's own.",
        scope=Scope.WRITE,
        request=object_of(name=_NAME) | {"additionalProperties": False},
        answer=FEED,
        example=Example(_SHOWN | {"name": "Harbour"}, path=_NAMED, body={"name": "Harbour"}),
        endpoint=rename,
    ),
    Operation(
        id="refreshFeed",
        method="POST",
        path=ONE + "/refresh",
        tag="sources",
        summary="Read a feed now; one that cannot be read is refused, and the failure is counted.",
        scope=Scope.WRITE,
        refusals=(409, 422),
        answer=FEED,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=refresh,
    ),
    Operation(
        id="removeFeed",
        method="DELETE",
        path=ONE,
        tag="sources",
        summary="Remove a feed that no template reads, with its entries.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=FEED,
        example=Example(_SHOWN | {"templates": []}, path=_NAMED),
        endpoint=remove,
    ),
    Operation(
        id="listFeedEntries",
        method="GET",
        path=ONE + "/entries",
        tag="sources",
        summary="List a feed's entries, the newest first, and what each template did with them.",
        description="`seen`: it was there before; `reserved` by a run, `used`, `spent`, `expired`; else it is to come.",
        scope=Scope.READ,
        parameters=(LIMIT, after_instant(int)),
        answer=object_of(entries=list_of(ENTRY), next=NEXT),
        example=Example({"entries": [_ENTRY], "next": None}, path=_NAMED),
        endpoint=entries,
    ),
)
