"""Connections that are kept for the next request to the same server: httpx over httpcore's connections, one by one.

httpcore's own pool looks at every connection for every request, and asks the system about each that is idle: with 64
requests in flight that is most of a request's time. Here a request takes the connection used last, or makes one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache

import httpcore
import httpx

from xquik.sockets import Sockets

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
        self._idle: list[httpcore.AsyncHTTPConnection] = []  # the one used last is the last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        outgoing = _outgoing(request)
        await self._take_room(request.extensions.get("timeout", {}).get("pool"))
        try:
            connection = await self._connection(outgoing.url.origin)
            with _httpx_errors():
                answer = await connection.handle_async_request(outgoing)
        except BaseException:
            self._room.release()
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    async def give_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Keep *connection* for the next request if it can take one, and let another request have its place."""
        self._room.release()
        if connection.is_idle():
            self._idle.append(connection)
            if len(self._idle) > self._most:
                await self._idle.pop(0).aclose()

    async def _take_room(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._room.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no connection became free") from error

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """Give the connection to *origin* that was used last, or one that is still to be made."""
        await self._close_expired()
        for connection in reversed(self._idle):
            if connection.can_handle_request(origin):
                self._idle.remove(connection)
                if not connection.has_expired():  # or the server has closed it
                    return connection
                await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin=origin,
            ssl_context=(self._verify or _trusted()) if origin.scheme == b"https" else None,
            keepalive_expiry=self._kept_seconds,
            network_backend=self._network,
        )

    async def _close_expired(self) -> None:
        while self._idle and self._idle[0].has_expired():
            await self._idle.pop(0).aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer; its connection is given back once, when it is closed."""

    def __init__(
        self, answer: httpcore.Response, connection: httpcore.AsyncHTTPConnection, connections: Connections
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._connections: Connections | None = connections

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        connections, self._connections = self._connections, None
        if connections is None:
            return
        try:
            await self._answer.aclose()
        finally:
            await connections.give_back(self._connection)


@cache
def _trusted() -> ssl.SSLContext:
    """Give what vouches for servers, read at the first use: it takes a moment, and memory."""
    return httpx.create_ssl_context(trust_env=False)


def _outgoing(request: httpx.Request) -> httpcore.Request:
    assert isinstance(request.stream, httpx.AsyncByteStream)
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


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
