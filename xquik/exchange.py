"""One HTTP/1.1 connection, one exchange after the other: h11 knows the protocol, the network moves the bytes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import h11
import httpcore
import httpx

READ_BYTES = 64 * 1024
LONGEST_HEAD = 100 * 1024  # bytes that a server may send before its head is whole
# What httpx calls the moment after a connection is made and before the first byte of a request is written.
HEAD_STARTS = "http11.send_request_headers.started"


class HungUp(httpx.RemoteProtocolError):
    """The server closed the connection without a word of an answer. It may have done what it was asked all the same."""


class Exchange:
    """A connection made by *stream*, for one request at a time, kept for *kept_seconds* after each of its answers.

    Raises httpcore's network errors, and httpx's LocalProtocolError and RemoteProtocolError. After any error, and after
    an answer that was not read to its end, it is closed.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream, kept_seconds: float) -> None:
        self._stream = stream
        self._kept_seconds = kept_seconds
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._idle_since: float | None = None

    @property
    def idle(self) -> bool:
        """Whether it can take another request."""
        return self._idle_since is not None

    @property
    def expired(self) -> bool:
        """Whether it has been idle for too long, or the other side has closed it, or said what nobody asked for."""
        if self._idle_since is None:
            return True
        return time.monotonic() - self._idle_since > self._kept_seconds or bool(
            self._stream.get_extra_info("is_readable")
        )

    async def send(self, request: httpx.Request) -> h11.Response:
        """Send *request* and give the head of its answer; `body` gives the rest, and `finish` ends the exchange."""
        self._idle_since = None
        try:
            trace = request.extensions.get("trace")
            if trace is not None:
                await trace(HEAD_STARTS, {"request": request})
            timeouts = request.extensions.get("timeout", {})
            await self._write(request, timeouts.get("write"))
            return await self._head(timeouts.get("read"))
        except BaseException:
            await self._stream.aclose()
            raise

    async def body(self, request: httpx.Request) -> AsyncIterator[bytes]:
        """Give the body of the answer piece by piece, as it was sent."""
        seconds = request.extensions.get("timeout", {}).get("read")
        while True:
            event = await self._event(seconds)
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def finish(self) -> None:
        """End the exchange: keep the connection when the answer was read to its end, and was all that came."""
        done = self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE
        if done and not self._protocol.trailing_data[0]:
            self._protocol.start_next_cycle()
            self._idle_since = time.monotonic()
        else:
            await self.close()

    async def close(self) -> None:
        self._idle_since = None
        await self._stream.aclose()

    async def _write(self, request: httpx.Request, seconds: float | None) -> None:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        waiting = self._sent(h11.Request(method=request.method, target=url.raw_path, headers=request.headers.raw))
        try:
            async for piece in request.stream:
                await self._stream.write(waiting + self._sent(h11.Data(data=piece)), seconds)
                waiting = b""
            await self._stream.write(waiting + self._sent(h11.EndOfMessage()), seconds)
        except httpcore.WriteError:
            return  # a server may close its ear and answer all the same

    def _sent(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> bytes:
        try:
            return self._protocol.send(event) or b""
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    async def _head(self, seconds: float | None) -> h11.Response:
        while True:
            event = await self._event(seconds)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError("the server sent something else than an answer")

    async def _event(self, seconds: float | None) -> Any:
        while True:
            try:
                event = self._protocol.next_event()
                if event is not h11.NEED_DATA:
                    return event
                self._protocol.receive_data(await self._read(seconds))
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error

    async def _read(self, seconds: float | None) -> bytes:
        unanswered = self._protocol.their_state is h11.SEND_RESPONSE and not self._protocol.trailing_data[0]
        try:
            data = await self._stream.read(READ_BYTES, seconds)
        except httpcore.ReadError as error:
            if unanswered:
                raise HungUp("the server hung up without an answer") from error
            raise
        if not data and unanswered:
            raise HungUp("the server hung up without an answer")
        return data
