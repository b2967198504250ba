"""Lists of any length: read, made into JSON and sent piece by piece, so that only a piece is held at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from storage.recall import recall
from web.answers import plain_json
from web.call import Call

P = TypeVar("P")


async def streamed(
    call: Call, opening: str, piece: Callable[[Connection, P | None], tuple[list[Any], P | None]], *, key: Hashable
) -> Response:
    """Answer with *opening*, which ends in `[`, the entries of every piece, and `]}`.

    *piece* gives the entries behind a place, of plain values, and the place behind them, None when there are no more;
    it is called with None first. What it gives depends on the database and on *key*, and is not made again while it
    holds. The first one is read before anything is sent. Raises DatabaseFailing.
    """

    def said(c: Connection, place: P | None) -> tuple[bytes, P | None]:
        def made() -> tuple[bytes, P | None]:
            entries, behind = piece(c, place)
            return plain_json(entries)[1:-1], behind

        return recall(c, (key, place), made, lambda one: len(one[0]))

    first, place = await call.read(lambda c: said(c, None))

    async def body() -> AsyncIterator[bytes]:
        yield opening.encode() + first
        behind = place
        while behind is not None:
            more, behind = await call.read(partial(said, place=behind))
            if more:
                yield b"," + more
        yield b"]}"

    return StreamingResponse(body(), media_type="application/json")
