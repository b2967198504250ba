"""uvicorn in this process: where it listens, who may reach it, and how it stops."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime

import uvicorn
from starlette.types import ASGIApp

from domain.errors import FieldError, SettingsError
from storage import tokens
from storage.database import Database
from web.protocol import PATIENCE, Patience, patient

HERE = "127.0.0.1"
GRACE = 5  # seconds that calls in progress are given when it stops
HEAD_LIMIT = 32 * 1024  # bytes of a request's line and headers
BACKLOG = 512


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches *host*."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def check_host(database: Database, host: str, now: datetime) -> None:
    """Make sure that whoever reaches *host* needs a token. Raises SettingsError when there is none."""
    if is_loopback(host):
        return
    with database.read() as connection:
        if tokens.any_open(connection, now):
            return
    reason = (
        f"{host} can be reached from other machines, and there is no token yet; "
        "make one with `ostinato token create NAME --scope read`, or listen on 127.0.0.1"
    )
    raise SettingsError([FieldError("OSTINATO_HTTP_HOST", reason)])


def bind(host: str, port: int) -> socket.socket:
    """Take the port; 0 stands for a free one. Raises SettingsError when it is taken, or is not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _not_served(host, port, error) from error
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)
    except OSError as error:
        taken.close()
        raise _not_served(host, port, error) from error
    return taken


@asynccontextmanager
async def serving(app: ASGIApp, listening: socket.socket, patience: Patience = PATIENCE) -> AsyncIterator[int]:
    """Serve *app* on the socket while the context lasts; give its port. *patience* limits its clients."""
    server = _Server(
        uvicorn.Config(
            app,
            http=patient(patience),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=HEAD_LIMIT,
            backlog=BACKLOG,
        )
    )
    port = int(listening.getsockname()[1])
    running = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started:
            if running.done():
                running.result()
                raise RuntimeError("the HTTP server ended before it began")
            await asyncio.sleep(0)
        yield port
    finally:
        server.should_exit = True
        await running


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _not_served(host: str, port: int, error: OSError) -> SettingsError:
    reason = f"{host}:{port} cannot be served ({error.strerror or error}); set a port that is free"
    return SettingsError([FieldError("OSTINATO_HTTP_PORT", reason)])
