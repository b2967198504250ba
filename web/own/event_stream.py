"""What happens, as server-sent events: each with the cursor that a client comes back with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as Connected

from domain.errors import FieldError, InvalidInput, OstinatoError
from domain.token import Scope, Token
from scheduler.shown import views
from storage.event_pages import Place, Placed, Wanted
from web.answers import as_json
from web.call import Call
from web.operation import Example, Operation
from web.own.events import (
    AFTER,
    CURSOR,
    EVENT,
    NOW,
    PATH,
    TEMPLATE,
    TYPES,
    Begin,
    beginning,
    cursor,
    following,
    left,
    read_begin,
    too_many,
)

log = structlog.get_logger(__name__)

BEAT = 15.0  # seconds of silence after which a comment is sent
PATIENCE = 20.0  # seconds that a client may take to read what was sent
MOST = 20  # streams of one owner
AT_ONCE = 100  # events that are sent together: no more than these wait for a slow client
AGAIN = 3_000  # milliseconds after which a client should come back
SERVER_SENT = "text/event-stream"
_LINE_ENDS = "\u0085\u2028\u2029"  # to many a reader of lines; JSON escapes the others itself


async def stream(call: Call, beat: float = BEAT, patience: float = PATIENCE) -> Response:
    """Answer with the events behind `Last-Event-ID` or `after`, and go on with what happens; else from now on."""
    assert call.token is not None
    begin = _begin(call)
    wanted, place = await call.read(lambda c: beginning(c, call, begin))
    # From here to the stream's own count nothing is awaited: of many that come at once none is overlooked.
    if call.parts.tail.streams[call.owner] >= MOST:
        raise too_many(f"{MOST} streams of events are open for {call.owner}, and no more may be; end one")
    return _Stream(call, call.token, wanted, place, beat=beat, patience=patience)


def _begin(call: Call) -> Begin:
    """Give where to begin: a client that comes back says it in a header, whatever its address says. Raises."""
    last = call.request.headers.get("last-event-id")
    if not last:
        return call.query["after"] or NOW
    try:
        return read_begin(last)
    except ValueError as error:
        raise InvalidInput([FieldError("Last-Event-ID", str(error))]) from error


class _Stream(StreamingResponse):
    """Sends events until the client goes or does not read, the token is over, or the server ends.

    What was not sent is in the database: only the place is remembered.
    """

    media_type = SERVER_SENT

    def __init__(self, call: Call, token: Token, wanted: Wanted, place: Place, *, beat: float, patience: float) -> None:
        super().__init__((), headers={"X-Accel-Buffering": "no"})
        self._call = call
        self._token = token
        self._wanted = wanted
        self._place = place
        self._beat = beat
        self._patience = patience

    async def __call__(self, scope: Connected, receive: Receive, send: Send) -> None:
        streams, owner = self._call.parts.tail.streams, self._call.owner
        streams[owner] += 1
        gone = asyncio.ensure_future(left(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async for piece in self._pieces(gone):
                    async with asyncio.timeout(self._patience):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.info("web.stream_dropped", owner=owner, token=self._token.prefix, why="the client does not read")
        finally:
            gone.cancel()
            streams[owner] -= 1

    async def _pieces(self, gone: asyncio.Future[None]) -> AsyncIterator[bytes]:
        tail, said = self._call.parts.tail, time.monotonic()
        yield f"retry: {AGAIN}\n".encode() + self._here()
        with tail.attended(self._token, self._place):
            while not (gone.done() or tail.closed or tail.is_over(self._token)):
                try:
                    page = await following(self._call, self._wanted, self._place, AT_ONCE)
                except OstinatoError as error:  # the client comes back with the last cursor
                    log.warning("web.stream_ended", owner=self._call.owner, error=str(error))
                    return
                self._place = page.end
                if page.placed:
                    yield b"".join(_event(each) for each in page.placed)
                    said = time.monotonic()
                elif (silent := time.monotonic() - said) >= self._beat:
                    yield b": nothing happened\n" + self._here()
                    said = time.monotonic()
                else:
                    await tail.news(self._place, gone, self._beat - silent)

    def _here(self) -> bytes:
        return f"id: {cursor(self._place)}\n\n".encode()


def _event(placed: Placed) -> bytes:
    event = placed.event
    data = as_json(views.event(event))
    for character in _LINE_ENDS:
        data = data.replace(character.encode(), b"\\u%04x" % ord(character))
    return f"id: {cursor(placed.place)}\nevent: {event.type.value}\ndata: ".encode() + data + b"\n\n"


OPERATIONS = (
    Operation(
        id="streamEvents",
        method="GET",
        path=PATH + "/stream",
        tag="events",
        summary="Send what happens as server-sent events, until one side ends.",
        description="`id` is the cursor, `event` the type, `data` the event in one line. It begins behind the header "
        "`Last-Event-ID` or `after`, else now.",
        scope=Scope.READ,
        parameters=(AFTER, TYPES, TEMPLATE),
        refusals=(404, 429),
        gives=SERVER_SENT,
        example=Example(f"id: {CURSOR}\nevent: run.skipped\ndata: {as_json(EVENT).decode()}\n\n", query={"after": NOW}),
        endpoint=stream,
    ),
)
