"""The JSON Schemas of template files, events, what commands print, and questions before posts go out."""

from __future__ import annotations

from starlette.responses import Response

from domain.errors import NotFound
from scheduler.shown.question_schemas import ALL
from scheduler.shown.schema_words import DIALECT
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.schemas import OBJECT


async def show(call: Call) -> Response:
    try:
        schema = ALL[call.path["kind"]]
    except KeyError:
        raise NotFound("schema", call.path["kind"], f"there are {', '.join(ALL)}") from None
    return answered(schema())


OPERATIONS = (
    Operation(
        id="getSchema",
        method="GET",
        path="/api/v1/schemas/{kind}",
        tag="reference",
        summary="Give the JSON Schema of a template file, an event, what commands print, or a question and its answer.",
        scope=None,
        answer=OBJECT,
        example=Example(
            {"$schema": DIALECT, "title": "An event of Ostinato", "type": "object"}, path={"kind": "event"}
        ),
        endpoint=show,
    ),
)
