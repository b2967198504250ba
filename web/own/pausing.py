"""Pausing and resuming over HTTP: one template, or all of them at once, the kill switch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.token import Scope
from scheduler.operations import pausing
from scheduler.operations import templates as operations
from scheduler.operations.joined import Joined
from scheduler.shown import views
from scheduler.shown.schema_words import NUMBER, TEXT, Schema, list_of, object_of
from web import owned
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own import examples
from web.own.templates import NOTE_LIMIT, ONE
from web.schemas import of, with_more


async def pause(call: Call) -> Response:
    with fields(call.document, "reason") as given:
        reason = given.text("reason", limit=NOTE_LIMIT)

    def paused(c: Connection) -> operations.Stopped:
        name = owned.template(c, call.path["template"], call.owner).template.id
        return operations.pause(Joined(c), name, note=reason, now=call.now, new_id=call.parts.new_id)

    return answered(views.stopped(await call.write(paused)))


async def resume(call: Call) -> Response:
    def resumed(c: Connection) -> dict[str, Any]:
        name = owned.template(c, call.path["template"], call.owner).template.id
        return views.template(operations.resume(Joined(c), name, now=call.now, new_id=call.parts.new_id))

    return answered(await call.write(resumed))


async def pause_all(call: Call) -> Response:
    with fields(call.document, "reason") as given:
        reason = given.text("reason", limit=NOTE_LIMIT)

    def paused(c: Connection) -> dict[str, Any]:
        found = pausing.pause_all(Joined(c), note=reason, now=call.now, new_id=call.parts.new_id, owner=call.owner)
        return {"templates": [views.stopped(each) for each in found]}

    return answered(await call.write(paused))


async def resume_all(call: Call) -> Response:
    def resumed(c: Connection) -> dict[str, Any]:
        found = pausing.resume_all(Joined(c), now=call.now, new_id=call.parts.new_id, owner=call.owner)
        refused = [{"template": name, "reason": reason} for name, reason in found.refused]
        return {"templates": [views.template(each) for each in found.stored], "refused": refused}

    return answered(await call.write(resumed))


_TEMPLATE = of("template")
_STOPPED = with_more(_TEMPLATE, cancelled_runs=NUMBER, runs_going_on=NUMBER)
_NAMED = {"template": "morning"}
_PAUSED = examples.PAUSED | {"cancelled_runs": 0, "runs_going_on": 0}
_REASON: Schema = {
    "type": "object",
    "properties": {"reason": {"type": ["string", "null"], "maxLength": NOTE_LIMIT}},
    "additionalProperties": False,
}

OPERATIONS = (
    Operation(
        id="pauseTemplate",
        method="POST",
        path=ONE + "/pause",
        tag="templates",
        summary="Let no slot run until the template is resumed.",
        description="Runs of which nothing is out are cancelled; a thread that has begun is finished.",
        scope=Scope.WRITE,
        request=_REASON,
        body_required=False,
        refusals=(409,),
        answer=_STOPPED,
        example=Example(
            _PAUSED,
            path=_NAMED,
            body={"reason": "the site is being moved"},
        ),
        endpoint=pause,
    ),
    Operation(
        id="resumeTemplate",
        method="POST",
        path=ONE + "/resume",
        tag="templates",
        summary="Let the template run again from its next slot; what passed meanwhile is not made up.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=_TEMPLATE,
        example=Example(examples.TEMPLATE, path=_NAMED),
        endpoint=resume,
    ),
    Operation(
        id="pauseAll",
        method="POST",
        path="/api/v1/pause",
        tag="templates",
        summary="Pause every active template: the kill switch.",
        description="It answers with those that it paused, and those whose waiting runs it cancelled.",
        scope=Scope.WRITE,
        request=_REASON,
        body_required=False,
        refusals=(409,),
        answer=object_of(templates=list_of(_STOPPED)),
        example=Example({"templates": [_PAUSED]}, body={"reason": "something is wrong"}),
        endpoint=pause_all,
    ),
    Operation(
        id="resumeAll",
        method="POST",
        path="/api/v1/resume",
        tag="templates",
        summary="Resume every template that a person paused; those that Ostinato paused itself stay paused.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=object_of(templates=list_of(_TEMPLATE), refused=list_of(object_of(template=TEXT, reason=TEXT))),
        example=Example({"templates": [examples.TEMPLATE], "refused": []}),
        endpoint=resume_all,
    ),
)
