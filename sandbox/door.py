"""The way every API call takes: let in, meet the faults, be handled in one transaction, be answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.answers import MESSAGES, Answer, ApiError, Json
from sandbox.api.writes import settle_due
from sandbox.call import Call, read_call
from sandbox.closing import CutResponse, DropResponse
from sandbox.database import transaction
from sandbox.faults import Fault
from sandbox.limits import too_many
from sandbox.world import World

Handler = Callable[[Call], Answer]
BEFORE = ("drop_before", "error", "rate_limited")
AFTER = ("drop_after", "error_after", "cut_body", "wrong_json")
CODES = {401: "unauthenticated", 402: "insufficient_credits", 403: "account_restricted", 404: "not_found"}
CODES |= {409: "conflict", 422: "x_rejected", 502: "x_api_unavailable", 503: "service_unavailable"}


def door(world: World, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that serves *handler*."""

    async def endpoint(request: Request) -> Response:
        call = await read_call(world, request)
        try:
            return await _serve(call, handler)
        finally:
            if call.form is not None:
                await call.form.close()

    return endpoint


async def _serve(call: Call, handler: Handler) -> Response:
    world, faults = call.world, call.world.faults
    try:
        world.admit(call)
    except ApiError as error:
        return _refuse(call, error)
    acts = (*BEFORE, *AFTER) if call.method == "GET" else (*BEFORE, *AFTER, "pending")
    slow, act = faults.first(call, "slow"), faults.first(call, *acts)
    if slow and not slow.params.get("after_write"):
        with transaction(world.db):
            faults.fire(slow)
        await asyncio.sleep(slow.params.get("seconds", 1))
        slow, call.slowed = None, True
        call.now = int(world.options.clock() * 1000)
    if act and act.kind in BEFORE and not act.spent:
        return _before(call, act)
    try:
        response = _handle(call, handler, act, slow)
    except ApiError as error:
        return _refuse(call, error)
    if slow:
        await asyncio.sleep(slow.params.get("seconds", 1))
    return response


def _handle(call: Call, handler: Handler, act: Fault | None, slow: Fault | None) -> Response:
    """Run *handler* and count the faults it met, all in one transaction."""
    world, faults = call.world, call.world.faults
    call.pending = act if act and act.kind == "pending" and not act.spent else None
    after = act if act and act.kind in AFTER and not act.spent else None
    # Before the handler's transaction: a refusal takes that back, but what was due stays settled.
    settle_due(world, call.now)
    with transaction(world.db):
        views = _views(call)
        answer = handler(call)
        for fault in (*views, after, slow):
            if fault:
                faults.fire(fault)
        response = _spoil(call, after, answer) if after else respond(answer)
        dropped = isinstance(response, DropResponse)
        used = after or call.pending or slow
        met = used.kind if used else "slow" if call.slowed else None
        _log(call, None if dropped else response.status_code, met)
    return response


def _views(call: Call) -> list[Fault]:
    """Apply the faults that change what a read shows."""
    if call.method != "GET":
        return []
    lag, tco = call.world.faults.first(call, "lag"), call.world.faults.first(call, "tco")
    if lag:
        call.lag = int(lag.params.get("seconds", 60) * 1000)
    call.tco = call.tco or tco is not None
    return [fault for fault in (lag, tco) if fault]


def _before(call: Call, fault: Fault) -> Response:
    with transaction(call.world.db):
        call.world.faults.fire(fault)
        response: Response
        if fault.kind == "drop_before":
            response = DropResponse()
        elif fault.kind == "rate_limited":
            response = _too_many(fault)
        else:
            response = respond(_error(fault, 500, "internal_error").answer())
        _log(call, None if fault.kind == "drop_before" else response.status_code, fault.kind)
    return response


def _too_many(fault: Fault) -> Response:
    seconds = int(fault.params.get("retry_after", 60))
    if fault.params.get("bare"):
        return PlainTextResponse("Rate limit exceeded", 429, {"Retry-After": str(seconds)})
    return respond(too_many(seconds, str(fault.params.get("code", "rate_limit_exceeded"))).answer())


def _spoil(call: Call, fault: Fault, answer: Answer) -> Response:
    if fault.kind == "drop_after":
        return DropResponse()
    if fault.kind == "cut_body":
        return CutResponse(json.dumps(answer.body).encode(), answer.status, media_type="application/json")
    if fault.kind == "wrong_json":
        body = str(fault.params.get("body", "<html><body>Bad gateway</body></html>"))
        return Response(body, answer.status, media_type="application/json")
    durable = call.world.durable
    error = _error(fault, 500 if durable else 502, "x_write_ambiguous" if durable else "x_write_failed")
    record: Json = {}
    if durable and fault.params.get("record") and answer.body:
        record = {name: answer.body[name] for name in ("writeActionId", "statusUrl") if name in answer.body}
    error.extra |= {"retryable": False, "safeToRetry": False, **record} if durable else {}
    return respond(error.answer())


def _error(fault: Fault, status: int, code: str) -> ApiError:
    asked = int(fault.params.get("status", status))
    default = code if asked == status or fault.kind == "error_after" else CODES.get(asked, code)
    chosen = str(fault.params.get("code", default))
    return ApiError(asked, chosen, str(fault.params.get("message", MESSAGES.get(chosen, ""))))


def _refuse(call: Call, error: ApiError) -> Response:
    with transaction(call.world.db):
        _log(call, error.status, None)
    return respond(error.answer())


def respond(answer: Answer) -> Response:
    """Return *answer* as a response; no body is an empty one."""
    if answer.body is None:
        return Response(status_code=answer.status, headers=answer.headers)
    return JSONResponse(answer.body, answer.status, answer.headers)


def _log(call: Call, status: int | None, fault: str | None) -> None:
    """Keep a write request for the admin door; reads are not kept."""
    if call.method in ("GET", "HEAD", "OPTIONS"):
        return
    row: tuple[Any, ...] = (call.now, call.method, call.path, call.headers.get("idempotency-key"))
    call.world.db.execute(
        "INSERT INTO requests (received_at, method, path, idempotency_key, account, status, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row, call.peek("account") or None, status, fault),
    )
