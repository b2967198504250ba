"""`/deep-research/…`: topics that are looked up, once or again and again, and the reports that come of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import NotFound
from domain.token import Scope
from scheduler.operations import research as operations
from scheduler.operations.joined import Joined
from scheduler.shown import compatible_research as shown
from scheduler.shown.schema_words import FLAG, TEXT, list_of, object_of
from storage import feed_names, recurring_research
from storage import research as storage
from web.answers import answered
from web.call import Call
from web.compatible import research_words as schemas
from web.compatible import words
from web.compatible.given import from_json
from web.compatible.recurring import UPDATED
from web.compatible.refusal import missing
from web.compatible.research_reading import in_its_words, read_change, read_research
from web.operation import Example, Manner, Operation

NOT_FOUND = "Deep research request not found"
NO_TEMPLATE = "Recurring template not found or unauthorized"
MOST = 1_000  # of the newest researches in the list


async def start(call: Call) -> Response:
    given = from_json(call.document)

    def started(c: Connection) -> dict[str, Any]:
        known = {each.id: each.url for each in feed_names.list_named(c, owner=call.owner)}
        wanted = read_research(given, feeds=known, now=call.now)
        new_id = call.parts.new_id
        with in_its_words():
            if wanted.daily_count is None:
                made = operations.start(Joined(c), wanted.asked, now=call.now, new_id=new_id, owner=call.owner)
                return {"request_id": made.id}
            again = operations.repeat(
                Joined(c),
                wanted.asked,
                daily_count=wanted.daily_count,
                until=wanted.end,
                now=call.now,
                new_id=new_id,
                owner=call.owner,
            )
            return shown.scheduled(again)

    return await call.create(started)


async def list_(call: Call) -> Response:
    def found(c: Connection) -> list[dict[str, Any]]:
        again = recurring_research.list_all(c, owner=call.owner)
        last = storage.last_times(c, [each.id for each in again])
        entries = [(each.created_at, shown.schedule(each, last.get(each.id))) for each in again]
        entries += [
            (each.created_at, shown.research(each)) for each in storage.outlines(c, limit=MOST, owner=call.owner)
        ]
        return [document for _, document in sorted(entries, key=lambda entry: entry[0], reverse=True)]

    return answered(await call.read(found))


async def show(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        try:
            return shown.whole(storage.get(c, call.path["id"], owner=call.owner))
        except NotFound:
            again = recurring_research.get(c, call.path["id"], owner=call.owner)
        last = storage.last_times(c, [again.id])
        return shown.schedule(again, last.get(again.id)) | {"responseText": None}

    try:
        return answered(await call.read(found))
    except NotFound:
        raise missing(NOT_FOUND) from None


async def list_recurring(call: Call) -> Response:
    def found(c: Connection) -> list[dict[str, Any]]:
        again = recurring_research.list_all(c, owner=call.owner)
        last = storage.last_times(c, [each.id for each in again])
        return [shown.template(each, last.get(each.id)) for each in again]

    return answered({"success": True, "templates": await call.read(found)})


async def change(call: Call) -> Response:
    given = from_json(call.document)

    def changed(c: Connection) -> dict[str, Any]:
        try:
            recurring_research.get(c, call.path["id"], owner=call.owner)
        except NotFound:
            raise missing(NO_TEMPLATE) from None
        with in_its_words():
            found = operations.change(
                Joined(c), call.path["id"], read_change(given, now=call.now), now=call.now, owner=call.owner
            )
        return shown.template(found, storage.last_times(c, [found.id]).get(found.id))

    return answered({"success": True, "message": UPDATED, "template": await call.write(changed)})


OPERATIONS = (
    Operation(
        id="startDeepResearch",
        method="POST",
        path="/deep-research/research",
        tag="deep research",
        summary="Have a topic looked up, once or again and again.",
        description=(
            "A report with numbered citations comes of it, which `deepResearchIds` name as a source. `files` are pages "
            "that are read first, `feedIds` feeds that are looked in."
        ),
        scope=Scope.WRITE,
        request=schemas.REQUEST,
        answer=schemas.STARTED,
        creates=True,
        manner=Manner.COMPATIBLE,
        example=Example(
            {"request_id": words.ID},
            body={"text": "solid state batteries", "outputType": "text", "callbackData": "mine"},
        ),
        endpoint=start,
    ),
    Operation(
        id="listDeepResearch",
        method="GET",
        path="/deep-research/research",
        tag="deep research",
        summary="List what was looked up and what recurs, the newest first.",
        description=f"The newest {MOST:,}, without their reports.",
        scope=Scope.READ,
        answer=list_of(object_of(**schemas.RESEARCH)),
        manner=Manner.COMPATIBLE,
        example=Example([schemas.EXAMPLE]),
        endpoint=list_,
    ),
    Operation(
        id="showDeepResearch",
        method="GET",
        path="/deep-research/research/{id}",
        tag="deep research",
        summary="Show one with its report.",
        scope=Scope.READ,
        answer=object_of(**schemas.RESEARCH, responseText=words.MAYBE),
        manner=Manner.COMPATIBLE,
        example=Example(
            schemas.EXAMPLE | {"responseText": "Solid state batteries\n\n“They last longer.” [1]"},
            path={"id": words.ID},
        ),
        endpoint=show,
    ),
    Operation(
        id="listRecurringDeepResearch",
        method="GET",
        path="/deep-research/recurring",
        tag="deep research",
        summary="List the researches that recur.",
        scope=Scope.READ,
        answer=object_of(success=FLAG, templates=list_of(schemas.TEMPLATE)),
        manner=Manner.COMPATIBLE,
        example=Example({"success": True, "templates": [schemas.EXAMPLE_TEMPLATE]}),
        endpoint=list_recurring,
    ),
    Operation(
        id="changeRecurringDeepResearch",
        method="POST",
        path="/deep-research/recurring/{id}",
        tag="deep research",
        summary="Change a research that recurs, pause it or let it go on.",
        description="What is not named stays as it is; `scheduleEndDate` null lifts the end.",
        scope=Scope.WRITE,
        request=schemas.CHANGE,
        body_required=False,
        answer=object_of(success=FLAG, message=TEXT, template=schemas.TEMPLATE),
        refusals=(409,),
        manner=Manner.COMPATIBLE,
        example=Example(
            {"success": True, "message": UPDATED, "template": schemas.EXAMPLE_TEMPLATE},
            path={"id": words.TEMPLATE_ID},
            body={"dailyCount": 2, "isActive": True},
        ),
        endpoint=change,
    ),
)
