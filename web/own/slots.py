"""Single slots of a template over HTTP: seen ahead, skipped, moved, made up, and explained."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.token import Scope
from scheduler.operations import places, slots, why
from scheduler.operations.joined import Joined
from scheduler.shown import views, why_views
from scheduler.shown.schema_words import ANY_OBJECT, INSTANT, TEXT, Schema, list_of, object_of, or_null
from web import owned
from web.answers import answered
from web.call import Call
from web.fields import fields, moment
from web.operation import Example, Operation
from web.own import examples
from web.own.templates import ONE
from web.parameters import instant, whole
from web.schemas import of


async def preview(call: Call) -> Response:
    def ahead(c: Connection) -> dict[str, Any]:
        stored = owned.template(c, call.path["template"], call.owner)
        found = slots.upcoming(Joined(c), stored, now=call.now, count=call.query["count"])
        return {"template": stored.template.name, "slots": [views.slot(each) for each in found]}

    return answered(await call.read(ahead))


async def skip(call: Call) -> Response:
    with fields(call.document, "at") as given:
        at = moment(given, "at")
    assert at is not None

    def skipped(c: Connection) -> dict[str, Any]:
        template = owned.template(c, call.path["template"], call.owner).template
        slot = slots.skip(Joined(c), template.id, at, now=call.now, new_id=call.parts.new_id)
        return views.run(slot, template.name, why.sentence(slot))

    return answered(await call.write(skipped))


async def move(call: Call) -> Response:
    with fields(call.document, "at", "to") as given:
        at, to = moment(given, "at"), moment(given, "to")
    assert at is not None
    assert to is not None

    def moved(c: Connection) -> dict[str, Any]:
        template = owned.template(c, call.path["template"], call.owner).template
        slot = slots.move(Joined(c), template.id, at, to, now=call.now, new_id=call.parts.new_id)
        return views.run(slot, template.name, why.sentence(slot))

    return answered(await call.write(moved))


async def backfill(call: Call) -> Response:
    with fields(call.document, "from", "to") as given:
        start, end = moment(given, "from"), moment(given, "to")
    assert start is not None
    assert end is not None

    def queued(c: Connection) -> dict[str, Any]:
        template = owned.template(c, call.path["template"], call.owner).template
        found = slots.backfill(Joined(c), template.id, start, end, now=call.now, new_id=call.parts.new_id)
        return {"template": template.name, "slots": found}

    return answered(await call.write(queued))


async def explain(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        template_id = owned.template_id(c, call.path["template"], call.owner)
        answers = why.of_slots(Joined(c), template_id, call.query["at"], now=call.now, spacing=call.parts.spacing)
        site = places.site(c)
        return {"answers": [why_views.answer(each, site) for each in answers]}

    return answered(await call.read(found))


_SLOT = object_of(at=INSTANT, due_at=INSTANT, nominal=INSTANT, note=or_null(TEXT), reason=or_null(TEXT))
_NAMED = {"template": "morning"}
_AT: Schema = object_of(at=INSTANT) | {"additionalProperties": False}
_AT_TO: Schema = object_of(at=INSTANT, to=INSTANT) | {"additionalProperties": False}
_FROM_TO: Schema = object_of(**{"from": INSTANT, "to": INSTANT}) | {"additionalProperties": False}
_NOTHING: dict[str, Any] = {
    "kind": "nothing",
    "template": "morning",
    "template_id": examples.TEMPLATE_ID,
    "sentence": "no slot of morning is there; the next one is at 2026-03-27 08:00:00 UTC",
    "at": "2026-03-27T07:00:00.000000Z",
    "before": None,
    "after": {"slot_at": examples.SLOT, "run_id": None, "status": None, "reason": None, "sentence": "it is to come"},
    "gap": None,
}

OPERATIONS = (
    Operation(
        id="previewTemplate",
        method="GET",
        path=ONE + "/slots",
        tag="templates",
        summary="Show the next slots of the template, and which of them will post nothing.",
        scope=Scope.READ,
        parameters=(whole("count", "How many slots.", 1, 200, 10),),
        refusals=(409,),
        answer=object_of(template=TEXT, slots=list_of(_SLOT)),
        example=Example(
            {
                "template": "morning",
                "slots": [
                    {
                        "at": examples.SLOT,
                        "due_at": examples.SLOT,
                        "nominal": examples.SLOT,
                        "note": None,
                        "reason": None,
                    }
                ],
            },
            path=_NAMED,
            query={"count": "1"},
        ),
        endpoint=preview,
    ),
    Operation(
        id="skipSlot",
        method="POST",
        path=ONE + "/slots/skip",
        tag="templates",
        summary="Let one slot post nothing; the others stay.",
        scope=Scope.WRITE,
        request=_AT,
        refusals=(409,),
        answer=of("run"),
        example=Example(examples.SKIPPED, path=_NAMED, body={"at": examples.SLOT}),
        endpoint=skip,
    ),
    Operation(
        id="moveSlot",
        method="POST",
        path=ONE + "/slots/move",
        tag="templates",
        summary="Let one slot run at another time; the others stay.",
        scope=Scope.WRITE,
        request=_AT_TO,
        refusals=(409,),
        answer=of("run"),
        example=Example(
            examples.RUN | {"slot_at": examples.SLOT, "due_at": "2026-03-27T10:30:00.000000Z", "trigger": "schedule"},
            path=_NAMED,
            body={"at": examples.SLOT, "to": "2026-03-27T10:30:00Z"},
        ),
        endpoint=move,
    ),
    Operation(
        id="backfillSlots",
        method="POST",
        path=ONE + "/slots/backfill",
        tag="templates",
        summary="Queue runs for slots that passed without one, at most 200, oldest first.",
        description="A slot that has a run, whatever became of it, is left alone.",
        scope=Scope.PUBLISH,
        request=_FROM_TO,
        refusals=(409,),
        answer=object_of(template=TEXT, slots=list_of(INSTANT)),
        example=Example(
            {"template": "morning", "slots": ["2026-03-25T08:00:00.000000Z"]},
            path=_NAMED,
            body={"from": "2026-03-25T00:00:00Z", "to": "2026-03-26T00:00:00Z"},
        ),
        endpoint=backfill,
    ),
    Operation(
        id="explainSlot",
        method="GET",
        path=ONE + "/why",
        tag="templates",
        summary="Explain what became, or will become, of the template at any instant, link by link.",
        description="Several answers where several slots lie in that second; docs/why.md has their kinds.",
        scope=Scope.READ,
        parameters=(instant("at", "Any instant, past or to come.", required=True),),
        refusals=(409,),
        answer=object_of(answers=list_of(ANY_OBJECT)),
        example=Example({"answers": [_NOTHING]}, path=_NAMED, query={"at": "2026-03-27T07:00:00Z"}),
        endpoint=explain,
    ),
)
