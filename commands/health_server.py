"""The daemon's own small port: GET of two paths on 127.0.0.1, one answer for each connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog

from domain.errors import FieldError, SettingsError
from scheduler.metrics import CONTENT_TYPE
from scheduler.watching import Watching

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
HEAD_LIMIT = 16 * 1024  # bytes of a request's line and headers
PATIENCE = 5.0  # seconds that a client has to ask, and to take the answer


@asynccontextmanager
async def serving(watching: Watching, port: int) -> AsyncIterator[int]:
    """Serve `/healthz` and `/metrics` on *port*; give the port, which is a free one for 0.

    Raises SettingsError when the port is taken.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            said = await _answer(watching, head)
            writer.write(said)
            async with asyncio.timeout(PATIENCE):
                await writer.drain()
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError) as error:
            log.debug("health.unanswered", error=repr(error))
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, HOST, port, limit=HEAD_LIMIT)
    except OSError as error:
        reason = f"{HOST}:{port} cannot be served ({error.strerror}); set a port that is free"
        raise SettingsError([FieldError("OSTINATO_HEALTH_PORT", reason)]) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _answer(watching: Watching, head: bytes) -> bytes:
    method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
    path = rest.partition(" ")[0].partition("?")[0]
    if path not in ("/healthz", "/metrics"):
        return _response(HTTPStatus.NOT_FOUND, "text/plain", b"there are /healthz and /metrics\n")
    if method not in ("GET", "HEAD"):
        return _response(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"only GET\n")
    if path == "/metrics":
        response = _response(HTTPStatus.OK, CONTENT_TYPE, await watching.metrics())
    else:
        green, found = await watching.health()
        status = HTTPStatus.OK if green else HTTPStatus.SERVICE_UNAVAILABLE
        response = _response(status, "application/json", json.dumps(found).encode() + b"\n")
    return response if method == "GET" else response.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _response(status: HTTPStatus, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
