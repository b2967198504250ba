"""Connections that are kept for the next request to the same server: what httpx sends its requests through.

httpcore's own pool looks at every connection for every request, and asks the system about each that is idle: with 64
requests in flight that is most of a request's time. Here a request takes the connection used last, or makes one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeAlias

import h11
import httpcore
import httpx

from xquik.exchange import Exchange, HungUp
from xquik.sockets import Sockets

Origin: TypeAlias = tuple[str, str, int]  # scheme, host and port
DEFAULT_PORTS = {"http": 80, "https": 443}
MOST = 64  # connections at once; further requests wait for one
# Servers commonly close an idle connection after 5 s. A write that meets one being closed has an unclear outcome.
KEPT_SECONDS = 2.0


class Connections(httpx.AsyncBaseTransport):
    """Sends at most *most* of httpx's requests at once, over connections that are used again within *kept_seconds*.

    No proxies and nothing from the environment. *network* opens the connections; *verify* checks the servers of https.
    Raises httpx's own errors, as its transport does.
    """

    def __init__(
        self,
        *,
        network: httpcore.AsyncNetworkBackend | None = None,
        verify: ssl.SSLContext | None = None,
        most: int = MOST,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._network = network or Sockets()
        self._verify = verify
        self._most = most
        self._room = asyncio.Semaphore(most)
        self._kept_seconds = kept_seconds
        self._idle: list[tuple[Origin, Exchange]] = []  # the one used last is the last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = request.extensions.get("timeout", {})
        origin = _origin(request.url)
        await self._take_room(timeouts.get("pool"))
        try:
            with _httpx_errors():
                exchange, head = await self._begun(request, origin, timeouts.get("connect"))
        except BaseException:
            self._room.release()
            raise
        return httpx.Response(
            status_code=head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(request, origin, exchange, self),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop()[1].close()

    async def give_back(self, origin: Origin, exchange: Exchange) -> None:
        """Keep a connection to *origin* for the next request if it can take one; let another request have its place."""
        try:
            await exchange.finish()
        finally:
            self._room.release()
        if exchange.idle:
            self._idle.append((origin, exchange))
            if len(self._idle) > self._most:
                await self._idle.pop(0)[1].close()

    async def _begun(
        self, request: httpx.Request, origin: Origin, seconds: float | None
    ) -> tuple[Exchange, h11.Response]:
        """Send *request*, and give the head of its answer with the connection that it comes on.

        A read that meets a connection just being closed is sent again on a new one; nothing else is ever sent twice.
        """
        kept = await self._kept(origin)
        if kept is not None:
            try:
                return kept, await kept.send(request)
            except HungUp:
                if request.method != "GET":
                    raise
        exchange = await self._connected(origin, seconds)
        return exchange, await exchange.send(request)

    async def _take_room(self, seconds: float | None) -> None:
        if not self._room.locked():
            await self._room.acquire()  # at once
            return
        try:
            async with asyncio.timeout(seconds):
                await self._room.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no connection became free") from error

    async def _kept(self, origin: Origin) -> Exchange | None:
        """Give the connection to *origin* that was used last, if there is one that can be used again."""
        while self._idle and self._idle[0][1].expired:
            await self._idle.pop(0)[1].close()
        for at in range(len(self._idle) - 1, -1, -1):
            if self._idle[at][0] == origin:
                _, exchange = self._idle.pop(at)
                if not exchange.expired:  # or the server has closed it
                    return exchange
                await exchange.close()
        return None

    async def _connected(self, origin: Origin, seconds: float | None) -> Exchange:
        scheme, host, port = origin
        stream = await self._network.connect_tcp(host, port, seconds)
        if scheme == "https":
            stream = await stream.start_tls(self._verify or _trusted(), host, seconds)
        return Exchange(stream, self._kept_seconds)


class _Body(httpx.AsyncByteStream):
    """The body of an answer; its connection is given back once, when it is closed."""

    def __init__(self, request: httpx.Request, origin: Origin, exchange: Exchange, connections: Connections) -> None:
        self._request = request
        self._origin = origin
        self._exchange = exchange
        self._connections: Connections | None = connections

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for part in self._exchange.body(self._request):
                yield part

    async def aclose(self) -> None:
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.give_back(self._origin, self._exchange)


def _origin(url: httpx.URL) -> Origin:
    """Give what a connection is made to. Raises UnsupportedProtocol for what is neither http nor https."""
    if url.scheme not in DEFAULT_PORTS:
        raise httpx.UnsupportedProtocol(f"{url.scheme or 'no'} scheme: only http and https are spoken")
    return url.scheme, url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme]


@cache
def _trusted() -> ssl.SSLContext:
    """Give what vouches for servers, read at the first use: it takes a moment, and memory."""
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Translate httpcore's errors into httpx's of the same name."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
