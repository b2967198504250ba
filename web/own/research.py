"""Research over HTTP: topics that are looked up, and the reports that come of it, as `ostinato research` has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.research import OutputType, Research
from domain.template_document.fields import Fields
from domain.template_document.reading import CALLBACK_DATA_LIMIT
from domain.token import Scope
from scheduler.operations import research as operations
from scheduler.operations.joined import Joined
from scheduler.operations.research import SCOPE_LIMIT, TOPIC_LIMIT, Asked
from scheduler.shown import researches as views
from scheduler.shown.schema_words import TEXT, Schema, list_of, object_of, one_of, or_null
from storage import recurring_research as recurring_storage
from storage import research as storage
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.paging import LIMIT, NEXT, after_instant, number_of, page
from web.parameters import text
from web.schemas import OBJECT, of, with_more

PATH = "/api/v1/research"
ONE = PATH + "/{research}"
ASKED = ("topic", "feeds", "urls", "output", "callback_data")
ID = "01998e6c-5d2b-7c10-9f3a-6b7c8d9e0f1a"


async def list_(call: Call) -> Response:
    limit, named = call.query["limit"], call.query["recurring"]

    def found(c: Connection) -> list[Research]:
        of_one = named and recurring_storage.get(c, named, owner=call.owner).id
        return storage.outlines(c, limit=limit + 1, after=call.query["after"], recurring_id=of_one, owner=call.owner)

    shown, following = page(await call.read(found), limit, lambda each: (number_of(each.created_at), each.id))
    return answered({"research": [views.research(each) for each in shown], "next": following})


async def start(call: Call) -> Response:
    with fields(call.document, *ASKED) as given:
        asked = read_asked(given)

    def started(c: Connection) -> dict[str, Any]:
        made = operations.start(Joined(c), asked, now=call.now, new_id=call.parts.new_id, owner=call.owner)
        return views.research(made)

    return await call.create(started, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    found = await call.read(lambda c: storage.get(c, call.path["research"], owner=call.owner))
    return answered(views.whole_research(found))


def read_asked(given: Fields) -> Asked:
    """Read what is to be looked up, and where; problems are noted."""
    return Asked(
        given.text("topic", limit=TOPIC_LIMIT) or "",
        feeds=_named(given, "feeds"),
        urls=_named(given, "urls"),
        output=given.choice("output", OutputType, OutputType.TEXT) or OutputType.TEXT,
        callback_data=given.text("callback_data", limit=CALLBACK_DATA_LIMIT, keep_blank=True),
    )


def _named(given: Fields, name: str) -> tuple[str, ...]:
    """Read a list of URLs; feeds may be named by their numbers."""
    if not given.has(name):
        return ()
    value, kinds = given.raw(name), (str, int) if name == "feeds" else (str,)
    if not isinstance(value, list) or not all(isinstance(each, kinds) and not isinstance(each, bool) for each in value):
        given.problem(name, "must be a list of URLs" + (" and numbers of feeds" if name == "feeds" else ""))
        return ()
    return tuple(str(each)[: TOPIC_LIMIT + 1] for each in value)


WANTED: Mapping[str, Schema] = {
    "topic": TEXT | {"maxLength": TOPIC_LIMIT},
    "feeds": list_of({"type": ["string", "integer"]}, SCOPE_LIMIT),
    "urls": list_of(TEXT, SCOPE_LIMIT),
    "output": one_of(OutputType),
    "callback_data": or_null(TEXT | {"maxLength": CALLBACK_DATA_LIMIT}),
}
_NEW: Schema = {"type": "object", "properties": dict(WANTED), "required": ["topic"], "additionalProperties": False}
_WHOLE: Schema = with_more(
    of("research"),
    text=or_null(TEXT),
    report={"type": ["object", "null"]},
    rejected=list_of(OBJECT),
)
EXAMPLE = {
    "id": ID,
    "topic": "solid state batteries",
    "output": "text",
    "status": "queued",
    "feeds": [],
    "urls": ["https://example.com/batteries"],
    "recurring_id": None,
    "run_id": None,
    "created_at": "2026-03-26T12:00:00.000000Z",
    "started_at": None,
    "finished_at": None,
    "attempts": 0,
    "pages": 0,
    "cost_micros": 0,
    "seconds": 0.0,
    "failure": None,
    "callback_data": None,
}

OPERATIONS = (
    Operation(
        id="listResearch",
        method="GET",
        path=PATH,
        tag="research",
        summary="List what was looked up, the newest first.",
        scope=Scope.READ,
        parameters=(text("recurring", "Only what came of this research that recurs."), LIMIT, after_instant(str)),
        answer=object_of(research=list_of(of("research")), next=NEXT),
        refusals=(404,),
        example=Example({"research": [EXAMPLE], "next": None}),
        endpoint=list_,
    ),
    Operation(
        id="startResearch",
        method="POST",
        path=PATH,
        tag="research",
        summary="Have a topic looked up by the daemon.",
        description="It posts nothing; a template names its id as a source.",
        scope=Scope.WRITE,
        request=_NEW,
        status=201,
        answer=of("research"),
        creates=True,
        example=Example(EXAMPLE, body={"topic": "solid state batteries", "urls": ["https://example.com/batteries"]}),
        endpoint=start,
    ),
    Operation(
        id="getResearch",
        method="GET",
        path=ONE,
        tag="research",
        summary="Show one with its report, its citations, and what was considered and gave nothing.",
        scope=Scope.READ,
        answer=_WHOLE,
        example=Example(EXAMPLE | {"text": None, "report": None, "rejected": []}, path={"research": ID}),
        endpoint=show,
    ),
)
