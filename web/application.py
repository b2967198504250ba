"""The ASGI application: every call goes through the same few gates, whichever operation it asks for."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.errors import FieldError, InvalidInput, OstinatoError
from domain.token import Token
from web import bodies, problems, tokens
from web.call import Call, Parts
from web.operation import FORM, JSON, RAW, Manner, Operation
from web.problems import ENDING, INTERNAL, Refused, problem_of

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-Id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CACHE = (b"cache-control", b"no-store")  # where an answer does not say otherwise
_SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY"))


def application(operations: Iterable[Operation], parts: Parts) -> ASGIApp:
    """Give the application that answers *operations* with *parts*.

    A path without parameters comes first, or /posts/export would be taken for the post "export".
    """
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for each in operations:
        if each.method in by_path[each.path]:
            raise ValueError(f"{each.method} {each.path} is in the table twice")
        by_path[each.path][each.method] = each
    doors = {path: Door(by_path[path], parts) for path in sorted(by_path)}
    named = {path: door for path, door in doors.items() if "{" not in path}
    routed = Router([Route(path, door) for path, door in doors.items() if path not in named], redirect_slashes=False)
    routed.default = Door({}, parts)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await named.get(scope.get("path", ""), routed)(scope, receive, send)

    return answer


class Door:
    """One path: admits a call to the operation of its method, and answers what goes wrong on the way."""

    def __init__(self, operations: Mapping[str, Operation], parts: Parts) -> None:
        self._operations = operations
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if _GIVEN_ID.fullmatch(given) else self._parts.new_id()
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        manner = next((each.manner for each in self._operations.values()), Manner.OWN)
        try:
            response = await self._answer(request, request_id, operation)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:  # by the server alone, which ends, and has waited for as long as it does
            log.warning("web.cut_off", operation=operation and operation.id, request_id=request_id)
            response = problems.answer(ENDING, request_id, manner)
        except OstinatoError as error:
            problem = problem_of(error)
            if problem.status >= 500:
                log.warning("web.failed", operation=operation and operation.id, request_id=request_id, error=str(error))
            response = problems.answer(problem, request_id, manner)
        except Exception:  # a bug is answered too, and its traceback is in the log
            log.exception("web.error", operation=operation and operation.id, request_id=request_id)
            response = problems.answer(INTERNAL, request_id, manner)
        headers = response.raw_headers
        if not any(name == _CACHE[0] for name, _ in headers):
            headers.append(_CACHE)
        headers += (REQUEST_ID.lower().encode(), request_id.encode()), *_SAFE
        await response(scope, receive, send)

    async def _answer(self, request: Request, request_id: str, operation: Operation | None) -> Response:
        bodies.refuse_ambiguous(request)
        if not self._operations:
            raise Refused("there is nothing at this path; /docs has what there is", status=404, code="not_found")
        if operation is None:
            allowed = sorted({*self._operations, *(["HEAD"] if "GET" in self._operations else [])})
            sentence = f"this path takes {', '.join(allowed)}"
            headers = {"Allow": ", ".join(allowed)}
            raise Refused(sentence, status=405, code="method_not_allowed", headers=headers)
        now = self._parts.clock()
        token = await self._token(request, operation)
        path, query = _path(request), _query(request, operation)
        request = bodies.limited(request, operation.body_limit)
        call = Call(operation, self._parts, request, request_id, now, token, path, query)
        if operation.request is None:
            return await operation.endpoint(call)
        if not bodies.is_large(request, operation):
            return await _with_body(call)
        async with self._parts.large_bodies:
            return await _with_body(call)

    async def _token(self, request: Request, operation: Operation) -> Token | None:
        header = request.headers.get("authorization")
        if operation.scope is None:
            return None
        address = request.client.host if request.client else ""
        token = await tokens.caller(self._parts, header, self._parts.clock(), address=address)
        tokens.admit(token, operation.scope)
        return token


async def _with_body(call: Call) -> Response:
    operation, request = call.operation, call.request
    kind = bodies.media_type(request, operation.takes)
    if kind == FORM:
        found = await bodies.form(request, operation.body_limit)
        try:
            return await operation.endpoint(_and(call, form=found))
        finally:
            await found.close()
    body = await request.body()
    if kind == RAW:
        return await operation.endpoint(_and(call, content=body))
    if kind is None and body.strip():
        sentence = f"the body has no Content-Type; send {' or '.join(operation.takes)}"
        raise Refused(sentence, status=415, code="unsupported_media_type")
    if JSON not in operation.takes:
        raise Refused(f"the body is empty; send {' or '.join(operation.takes)}")
    document = bodies.read_json(body)
    if document is None and operation.body_required:
        raise Refused("the body is empty; send a JSON object")
    return await operation.endpoint(_and(call, document=document or {}))


def _and(call: Call, **brought: Any) -> Call:
    return Call(
        call.operation, call.parts, call.request, call.id, call.now, call.token, call.path, call.query, **brought
    )


def _path(request: Request) -> dict[str, str]:
    found = {name: str(value) for name, value in request.path_params.items()}
    if any("\x00" in value for value in found.values()):
        raise Refused("the path holds a NUL, which nothing here has in its name", status=404, code="not_found")
    return found


def _query(request: Request, operation: Operation) -> dict[str, Any]:
    """Give the parameters of the query as their values. Raises InvalidInput naming all that are wrong."""
    known = {each.name: each for each in operation.parameters}
    strict = operation.manner is Manner.OWN
    wrong: list[FieldError] = []
    found: dict[str, Any] = {each.name: each.default for each in operation.parameters}
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    for name, text in given:
        if name not in known:
            if strict:
                wrong.append(FieldError(name[:80], f"is no parameter here; there are {', '.join(known) or 'none'}"))
            continue
        if strict and names.count(name) > 1:
            wrong.append(FieldError(name, "is given more than once; keep one"))
            continue
        try:
            if "\x00" in text:
                raise ValueError("holds a NUL; leave it out")
            found[name] = known[name].read(text)
        except ValueError as error:
            wrong.append(FieldError(name, str(error)))
    missing = [each for each in operation.parameters if each.required and each.name not in names]
    wrong += [FieldError(each.name, f"is missing; {each.description}") for each in missing]
    if wrong:
        raise InvalidInput(wrong)
    return found
