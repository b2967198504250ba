"""The words that JSON Schemas are written with here: texts, instants, objects that lack nothing, one of an enum."""

from __future__ import annotations

from enum import Enum
from typing import Any

from domain.reasons import Reason

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
ANY_OBJECT: Schema = {"type": "object"}


def object_of(**properties: Schema) -> Schema:
    """Give an object that has all of *properties*; more may be added."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(items: Schema, most: int | None = None) -> Schema:
    """Give a list of *items*, with *most* of at most so many."""
    return {"type": "array", "items": items} | ({} if most is None else {"maxItems": most})


def many(name: str) -> Schema:
    """Give a list of what `$defs` calls *name*."""
    return list_of({"$ref": f"#/$defs/{name}"})


def one_of(words: type[Enum]) -> Schema:
    """Give any of the values of an enum."""
    return {"enum": [each.value for each in words]}


def or_null(schema: Schema) -> Schema:
    """Give *schema*, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def between(low: int, high: int) -> Schema:
    """Give a whole number from *low* to *high*."""
    return {"type": "integer", "minimum": low, "maximum": high}


def passed_slots() -> dict[str, Schema]:
    """Give the fields of a stretch of slots that posted nothing."""
    return {"from": INSTANT, "to": INSTANT, "count": {"type": "integer", "minimum": 1}, "reason": one_of(Reason)}
