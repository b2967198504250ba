"""The OpenAPI 3.1 document, made of the table of operations: what is not in the table is not in it, and the reverse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from scheduler.shown.schema_words import DIALECT, TEXT, Schema
from web.operation import FORM, RAW, Manner, Operation
from web.problems import PROBLEM
from web.schemas import ENVELOPE
from web.schemas import PROBLEM as PROBLEM_SCHEMA

INTRODUCTION = (
    "Recurring posts on X, over HTTP. Send a token of `ostinato token create` as the bearer token; docs/http-api.md "
    "says how pages, errors and idempotency keys work."
)
_REFUSAL = {
    Manner.OWN: (PROBLEM, {"$ref": "#/components/schemas/Problem"}),
    Manner.COMPATIBLE: ("application/json", {"$ref": "#/components/schemas/Envelope"}),
}


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """Give the document of *operations* for this *version* of the program."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ostinato", "version": version, "description": INTRODUCTION},
        "jsonSchemaDialect": DIALECT,
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM_SCHEMA, "Envelope": ENVELOPE},
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    scope = f"Needs the scope `{each.scope.value}`." if each.scope is not None else "Needs no token."
    found: dict[str, Any] = {
        "operationId": each.id,
        "tags": [each.tag],
        "summary": each.summary,
        "description": f"{each.description} {scope}".strip(),
        "security": [{"token": []}] if each.scope is not None else [],
        "responses": {str(status): _response(each, status) for status in each.statuses()},
    }
    if parameters := _parameters(each):
        found["parameters"] = parameters
    if each.request is not None:
        found["requestBody"] = {
            "required": each.body_required,
            "content": {kind: _body(each, each.request, kind) for kind in each.takes},
        }
    return found


def _body(each: Operation, schema: Schema, kind: str) -> dict[str, Any]:
    if kind == RAW:
        return {"schema": {"type": "string", "format": "binary"}}
    shown = each.example.form if kind == FORM and each.example.form is not None else each.example.body
    return {"schema": schema} | ({"example": shown} if shown is not None else {})


def _parameters(each: Operation) -> list[dict[str, Any]]:
    path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": TEXT,
            **({"example": each.example.path[name]} if name in each.example.path else {}),
        }
        for name in re.findall(r"{(\w+)", each.path)
    ]
    query = [
        {
            "name": parameter.name,
            "in": "query",
            "description": parameter.description,
            "required": parameter.required,
            "schema": parameter.schema,
            **({"example": _shown(each, parameter.name)} if parameter.name in each.example.query else {}),
        }
        for parameter in each.parameters
    ]
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same call with the same key is done once, and answered the same for a day.",
        "schema": TEXT | {"pattern": "^[!-~]{1,255}$"},
    }
    return [*path, *query, *([key] if each.creates else [])]


def _shown(each: Operation, name: str) -> Any:
    text = each.example.query[name]
    kind = next(parameter.schema.get("type") for parameter in each.parameters if parameter.name == name)
    return int(text) if kind == "integer" else text == "true" if kind == "boolean" else text


def _response(each: Operation, status: int) -> dict[str, Any]:
    if status in each.also:
        content = {"application/json": {"schema": each.also[status]}}
    elif status == each.status:
        content = _success(each)
    else:
        kind, schema = _REFUSAL[each.manner]
        content = {kind: {"schema": schema}}
    return {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})


def _success(each: Operation) -> dict[str, Any]:
    if each.status == HTTPStatus.NO_CONTENT:
        return {}
    shown: dict[str, Any] = {"schema": each.answer if each.answer is not None else TEXT}
    return {each.gives: shown | ({"example": each.example.answer} if each.example.answer is not None else {})}
