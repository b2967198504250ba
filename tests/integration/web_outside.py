"""What the HTTP door reaches outside in a test: feeds on this machine, and the sandbox for the Xquik API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_network
from typing import ParamSpec, TypeVar

import httpx

from domain.material import FeedRead
from sandbox.serve import SandboxServer
from sources.feed import read_feed
from sources.guard import guarded_client
from tests.integration.web_door import NOW
from tests.memory_windows import MemoryWindows
from web.outside import Outside
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

P = ParamSpec("P")
T = TypeVar("T")


class EachApart(httpx.AsyncBaseTransport):
    """Sends each request over a connection of its own: every call of the door in a test has its own event loop."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncHTTPTransport(verify=False) as transport:
            response = await transport.handle_async_request(request)
            await response.aread()
            return response


def outside(server: SandboxServer | None = None) -> Outside:
    """Give what reads feeds on this machine, and asks *server* as the Xquik API."""
    return Outside(read_feed=_read_feed, transport=_transport(server) if server else None)


async def _read_feed(url: str, *, etag: str | None, last_modified: str | None) -> FeedRead:
    async with guarded_client(allow=(ip_network("127.0.0.0/8"),)) as client:
        return await read_feed(url, client=client, offload=_here, etag=etag, last_modified=last_modified)


async def _here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.to_thread(function, *args, **kwargs)


def _transport(server: SandboxServer) -> Transport:
    return Transport(
        base_url=server.base_url,
        key="xq_test",
        client=httpx.AsyncClient(transport=EachApart()),
        limits=Limiter(MemoryWindows(), clock=lambda: NOW, tiers=dict(UNLIMITED)),
        clock=lambda: NOW,
        retries=Retries(attempts=1),
    )
