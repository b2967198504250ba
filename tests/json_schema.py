"""The part of JSON Schema that Ostinato's own schemas use, for tests: what in a value does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    *("$schema", "title", "format", "$defs", "$ref", "anyOf", "type", "enum", "const", "pattern", "maxLength"),
    *("description", "default"),
    *("minimum", "maximum", "items", "minItems", "maxItems", "properties", "required", "additionalProperties"),
}


def misfits(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "") -> list[str]:
    """Give what in *value* does not fit, each with its place; an empty list when all of it does."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    whole = root or schema
    if "$ref" in schema:
        return misfits(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, at)
    if "anyOf" in schema and all(misfits(value, each, whole, at) for each in schema["anyOf"]):
        return [f"{at}: {value!r} fits none of several"]
    return [f"{at}: {problem}" for problem in _own(value, schema)] + list(_inner(value, schema, whole, at))


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and not (kind == "integer" and isinstance(value, bool))


def _own(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    given = schema.get("type", [])
    kinds = given if isinstance(given, list) else [given]
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{value!r} is no {' or '.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{value!r} is not {schema['const']!r}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{value!r} does not match {schema['pattern']}"
    if len(str(value)) > schema.get("maxLength", 10**9):
        yield "is too long"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{value} is out of range"
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9):
        yield f"has {len(value)} items"
    if isinstance(value, dict):
        yield from (f"{name} is missing" for name in schema.get("required", ()) if name not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{name} is not known" for name in value if name not in schema["properties"])


def _inner(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, list) and "items" in schema:
        for number, each in enumerate(value):
            yield from misfits(each, schema["items"], root, f"{at}[{number}]")
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from misfits(value[name], inner, root, f"{at}.{name}")
