"""TCP connections for httpcore, straight on asyncio's transports: no task groups and no polling for each read."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpcore

SocketOption: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
HIGH_WATER = 256 * 1024  # bytes read ahead of the reader before the other side has to wait
SECOND_ADDRESS_AFTER = 0.25  # seconds, RFC 8305: a host may have an address that does not answer


class Sockets(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore, as its own backends do."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        local = (local_address, 0) if local_address else None
        one_address = host[-1:].isdigit() or ":" in host
        delay = None if one_address else SECOND_ADDRESS_AFTER
        async with _connecting(timeout):
            transport, socket = await asyncio.get_running_loop().create_connection(
                Socket, host, port, local_addr=local, happy_eyeballs_delay=delay
            )
        for option in socket_options or ():
            transport.get_extra_info("socket").setsockopt(*option)
        return socket


class Socket(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection: what arrived and was not read yet, and whether the other side still listens."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._arrived = bytearray()
        self._ended = False  # nothing more will arrive
        self._broken: Exception | None = None
        self._reading_paused = False
        self._writing_paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        if len(self._arrived) > HIGH_WATER and not self._reading_paused:
            self._reading_paused = True
            self._open().pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._broken = True, exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writer)

    # What httpcore asks for.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._arrived and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._reader
            except TimeoutError as error:
                raise httpcore.ReadTimeout from error
        if not self._arrived and self._broken is not None:
            raise httpcore.ReadError(str(self._broken)) from self._broken
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        if self._reading_paused and len(self._arrived) <= HIGH_WATER:
            self._reading_paused = False
            self._open().resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        transport = self._open()
        if transport.is_closing():
            raise httpcore.WriteError(str(self._broken or "the connection is closed"))
        transport.write(buffer)
        if not self._writing_paused:
            return
        self._writer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await self._writer
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        if self._broken is not None:
            raise httpcore.WriteError(str(self._broken)) from self._broken

    async def aclose(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        plain = self._open()
        try:
            async with _connecting(timeout):
                self._transport = await asyncio.get_running_loop().start_tls(
                    plain, self, ssl_context, server_hostname=server_hostname
                )
        except BaseException:
            plain.abort()
            raise
        if self._transport is None:
            raise httpcore.ConnectError("the connection was closed during its handshake")
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of a connection that is idle: the other side has closed it, or is out of step
            return bool(self._arrived) or self._ended
        return None if self._transport is None else self._transport.get_extra_info(info)

    def _open(self) -> asyncio.Transport:
        assert self._transport is not None, "the event loop has made the connection"
        return self._transport


@asynccontextmanager
async def _connecting(timeout: float | None) -> AsyncIterator[None]:
    """Translate what may go wrong while a connection is made. A certificate that does not fit is an OSError too."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
