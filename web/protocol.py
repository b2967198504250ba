"""HTTP on one connection, with an end to patience: for what trickles in, for answers nobody reads, and for too many."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from web.problems import KIND, PROBLEM, TITLES


@dataclass(frozen=True, slots=True)
class Patience:
    """How many connections are served at once, and for how long a client is waited for, in seconds.

    *head* is for a request's line and headers, *body* for all of its body, *answer* for the next piece of an answer to
    be taken.
    """

    connections: int = 500
    head: float = 10
    body: float = 120
    answer: float = 60


PATIENCE = Patience()


def patient(patience: Patience) -> type[H11Protocol]:
    """Give the protocol of a server with this *patience*."""
    return type("PatientProtocol", (GuardedProtocol,), {"patience": patience})


class GuardedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which itself waits for a request as long as it takes, and for a reader too.

    The time for a request begins with its first byte, or with the connection, and is over when the request is complete;
    how long the answer takes to be made is not limited here.
    """

    patience = PATIENCE
    _reading: asyncio.TimerHandle | None = None
    _waits_for: type[h11.SEND_BODY] | type[h11.IDLE] | None = None
    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.patience.connections:
            self._refuse(503, "busy", "there are too many connections; try again", {"Retry-After": "1"})
        else:
            self._wait(h11.IDLE, self.patience.head)

    def connection_lost(self, exc: Exception | None) -> None:
        for each in (self._reading, self._ending):
            if each is not None:
                each.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.SEND_BODY:
            self._wait(h11.SEND_BODY, self.patience.body)
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._wait(h11.IDLE, self.patience.head)
        else:
            self._wait_no_more()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn gives its own sentence
        limit = self.config.h11_max_incomplete_event_size
        if limit is not None and len(self.conn.trailing_data[0]) > limit:
            self._refuse(431, "too_large", f"the line and the headers of a request may have {limit} bytes")
        else:
            self._refuse(400, "bad_request", "what was sent is no request that can be read")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._end()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._end()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._end()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._ending is not None and not self.transport.is_closing():
            self._ending.cancel()
            self._ending = None

    def _wait(self, what: type[h11.SEND_BODY] | type[h11.IDLE], seconds: float) -> None:
        """Wait *seconds* for the rest of a head (IDLE) or a body; the time that has begun to run goes on."""
        if self._waits_for is not what:
            self._wait_no_more()
            self._waits_for = what
            self._reading = self.loop.call_later(seconds, self._late)

    def _wait_no_more(self) -> None:
        self._waits_for = None
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _late(self) -> None:
        seconds = self.patience.body if self._waits_for is h11.SEND_BODY else self.patience.head
        self._refuse(408, "request_timeout", f"the request was not complete within {seconds:g} seconds")

    def _refuse(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Answer, where no other answer has begun, and close the connection; who works on its request is told so."""
        cycle = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:
            self.transport.write(_answer(status, code, detail, headers or {}))
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        self._wait_no_more()
        self.transport.close()
        self._end()

    def _end(self) -> None:
        """Cut the connection off when what was written is not taken in time."""
        if self._ending is None:
            self._ending = self.loop.call_later(self.patience.answer, self.transport.abort)


def _answer(status: int, code: str, detail: str, headers: Mapping[str, str]) -> bytes:
    said = {"type": KIND + code, "title": TITLES[code], "status": status, "detail": detail, "code": code}
    body = json.dumps(said).encode()
    fixed = {
        "Content-Type": PROBLEM,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**fixed, **headers}.items())
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, STATUS_PHRASES[status], lines.encode("ascii"), body)
