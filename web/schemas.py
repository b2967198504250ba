"""The schemas of what the HTTP door answers: those of `--json`, with what they refer to written out."""

from __future__ import annotations

from functools import cache
from typing import Any

from scheduler.shown.output_schemas import output
from scheduler.shown.schema_words import ANY_OBJECT, TEXT, Schema, list_of, object_of
from web.paging import NEXT


@cache
def of(name: str) -> Schema:
    """Give the schema that docs/json.md calls *name*, which needs no other document."""
    shapes = output()["$defs"]
    found: Schema = _written_out(shapes[name], shapes)
    return found


def paged(name: str, plural: str) -> Schema:
    """Give the schema of a page of what is called *name*."""
    return object_of(**{plural: list_of(of(name)), "next": NEXT})


def with_more(schema: Schema, **more: Schema) -> Schema:
    """Give the schema of an object that has *more* beside what *schema* says."""
    return schema | {"properties": schema["properties"] | more, "required": [*schema["required"], *more]}


PROBLEM: Schema = object_of(
    type=TEXT,
    title=TEXT,
    status={"type": "integer", "minimum": 400, "maximum": 599},
    detail=TEXT,
    code=TEXT,
    errors=list_of(object_of(field=TEXT, detail=TEXT)),
    requestId=TEXT,
)
ENVELOPE: Schema = object_of(
    success={"const": False}, error=TEXT, code=TEXT, field={"type": ["string", "null"]}, requestId=TEXT
)
OBJECT = ANY_OBJECT


def _written_out(schema: Any, shapes: dict[str, Schema]) -> Any:
    if isinstance(schema, list):
        return [_written_out(each, shapes) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return _written_out(shapes[schema["$ref"].rpartition("/")[2]], shapes)
    return {key: _written_out(each, shapes) for key, each in schema.items()}
