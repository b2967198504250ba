"""How the process behind the door does: for a load balancer, a service manager, and Prometheus."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from starlette.responses import Response

from domain.errors import NotFound, OstinatoError
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.metrics import CONTENT_TYPE
from scheduler.shown.schema_words import FLAG, TEXT, list_of, object_of
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.problems import Refused


async def healthz(call: Call) -> Response:
    """Answer with what the daemon in this process finds; without one, whether the database can be read and written."""
    watching = call.parts.watching
    green, found = await watching.health() if watching is not None else await _alone(call)
    return answered(found, 200 if green else 503)


async def metrics(call: Call) -> Response:
    """Answer with the daemon's numbers, which count what is everybody's.

    Raises Refused, with 403, for another owner than `local`, and NotFound where no daemon is in this process.
    """
    if call.owner != LOCAL_OWNER:
        raise Refused(
            f"these numbers count what is every owner's, and are told to tokens of the owner {LOCAL_OWNER} alone",
            status=403,
            code="forbidden",
        )
    watching = call.parts.watching
    if watching is None:
        raise NotFound("metrics", "/metrics", "the daemons have them, on their own ports")
    return Response(await watching.metrics(), media_type=CONTENT_TYPE)


async def _alone(call: Call) -> tuple[bool, dict[str, Any]]:
    writer = call.parts.writer
    try:
        await call.read(_look)
        database = {"check": "database", "ok": True, "detail": "answers"}
    except OstinatoError as error:
        database = {"check": "database", "ok": False, "detail": str(error)}
    failing = writer.failing if writer.alive else "the thread that writes has ended"
    checks = [database, {"check": "writer", "ok": failing is None, "detail": failing or "alive"}]
    green = all(each["ok"] for each in checks)
    return green, {"status": "green" if green else "red", "checks": checks}


def _look(c: Connection) -> None:
    c.execute(text("SELECT 1"))


_HEALTH = object_of(status={"enum": ["green", "red"]}, checks=list_of(object_of(check=TEXT, ok=FLAG, detail=TEXT)))

OPERATIONS = (
    Operation(
        id="health",
        method="GET",
        path="/healthz",
        tag="health",
        summary="Say whether all is well: 200 while it is, 503 when a check is red.",
        scope=None,
        answer=_HEALTH,
        also={503: _HEALTH},
        example=Example(
            {"status": "green", "checks": [{"check": "database", "ok": True, "detail": "answers"}]},
        ),
        endpoint=healthz,
    ),
    Operation(
        id="metrics",
        method="GET",
        path="/metrics",
        tag="health",
        summary="Give the daemon's numbers to Prometheus.",
        description="They count what is every owner's, by kind and never by name. A token of another owner than "
        "`local` is refused (403).",
        scope=Scope.READ,
        refusals=(404,),
        gives="text/plain",
        example=Example(),
        endpoint=metrics,
    ),
)
