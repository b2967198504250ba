"""The reference: the OpenAPI document, and a page for people made of the same table, without scripts or other hosts."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

from starlette.responses import Response

from scheduler.shown.schema_words import ANY_OBJECT
from web.answers import answered, as_json
from web.call import Call
from web.openapi import INTRODUCTION, document
from web.operation import FORM, Example, Operation

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}
nav ul{columns:2;padding:0;list-style:none}nav li{break-inside:avoid}
h2{border-bottom:2px solid;margin-top:3rem}article{margin:2rem 0}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f3f3f3;padding:.75rem;overflow:auto}
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#eee;background:#151515}pre{background:#222}a{color:#8bf}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def operations(others: Sequence[Operation]) -> tuple[Operation, ...]:
    """Give the two operations that show *others*, and themselves."""

    async def openapi(call: Call) -> Response:  # noqa: ARG001
        return answered(described())

    async def docs(call: Call) -> Response:  # noqa: ARG001
        return Response(page(everything()), headers={"Content-Security-Policy": POLICY}, media_type="text/html")

    @cache
    def everything() -> tuple[Operation, ...]:
        return (*others, *own)

    @cache
    def described() -> dict[str, Any]:
        return document(everything(), _version())

    own = (
        Operation(
            id="openapi",
            method="GET",
            path="/openapi.json",
            tag="reference",
            summary="Give this document: OpenAPI 3.1.",
            scope=None,
            answer=ANY_OBJECT,
            example=Example({"openapi": "3.1.0"}),
            endpoint=openapi,
        ),
        Operation(
            id="docs",
            method="GET",
            path="/docs",
            tag="reference",
            summary="Show the reference as a page.",
            scope=None,
            gives="text/html",
            example=Example(),
            endpoint=docs,
        ),
    )
    return own


def page(table: Sequence[Operation]) -> str:
    """Give the reference of *table* as HTML."""
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><title>Ostinato: HTTP API</title>',
            f"<style>{STYLE}</style></head><body><h1>Ostinato: HTTP API</h1>",
            f"<p>{_text(INTRODUCTION)}</p>",
            '<p>The same as a document for programs: <a href="/openapi.json">/openapi.json</a>.</p>',
            *_contents(table),
            *_sections(table),
            "</body></html>",
        )
    )


def _contents(table: Iterable[Operation]) -> Iterator[str]:
    yield "<nav><ul>"
    for each in table:
        yield f'<li><a href="#{escape(each.id)}">{escape(each.method)} {escape(each.path)}</a></li>'
    yield "</ul></nav>"


def _sections(table: Iterable[Operation]) -> Iterator[str]:
    for tag, found in groupby(table, lambda each: each.tag):
        yield f"<section><h2>{escape(tag)}</h2>"
        for each in found:
            yield from _article(each)
        yield "</section>"


def _article(each: Operation) -> Iterator[str]:
    yield f'<article id="{escape(each.id)}"><h3><code>{escape(each.method)} {escape(each.path)}</code></h3>'
    yield f"<p>{_text(each.summary)} {_text(each.description)}</p>"
    yield f"<p>{'Scope: <code>' + each.scope.value + '</code>' if each.scope else 'Needs no token.'}"
    yield f"Answers: {', '.join(map(str, each.statuses()))}.</p>"
    if each.parameters:
        yield "<table>"
        for one in each.parameters:
            kind = escape(json.dumps(one.schema, ensure_ascii=False))
            yield f"<tr><th><code>{escape(one.name)}</code></th><td>{_text(one.description)}</td>"
            yield f"<td><code>{kind}</code></td></tr>"
        yield "</table>"
    yield f"<pre>{escape(_curl(each))}</pre>"
    if each.example.answer is not None:
        yield f"<pre>{escape(_indented(each.example.answer))}</pre>"
    if each.request is not None:
        yield f"<details><summary>The body</summary><pre>{escape(_indented(each.request))}</pre></details>"
    yield "</article>"


def _curl(each: Operation) -> str:
    path = each.path
    for name, value in each.example.path.items():
        path = path.replace(f"{{{name}}}", value)
    query = "&".join(f"{name}={value}" for name, value in each.example.query.items())
    lines = [f"curl -X {each.method} '$OSTINATO{path}{'?' + query if query else ''}'".replace("'", '"')]
    if each.scope is not None:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if each.example.body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{as_json(each.example.body).decode()}'"]
    elif each.example.form is not None and FORM in each.takes:
        lines += [f"-F '{name}={value}'" for name, value in each.example.form.items()]
    return " \\\n  ".join(lines)


def _indented(value: Any) -> str:
    return json.dumps(json.loads(as_json(value)), ensure_ascii=False, indent=2)


def _text(words: str) -> str:
    """Give *words* with what stands between backticks as code."""
    parts = escape(words).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _version() -> str:
    try:
        return version("ostinato")
    except PackageNotFoundError:
        return "0"
