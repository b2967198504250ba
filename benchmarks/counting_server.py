"""A web server on loopback in a process of its own: something to read for whoever asks, thanks for whoever tells."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_long
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized

from benchmarks import loopback

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_THANKS = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Counting:
    """A running server: where it is, and how many asked and told so far."""

    origin: str
    asked: Synchronized[int]
    told: Synchronized[int]


@contextmanager
def serving(body: bytes, media_type: str) -> Iterator[Counting]:
    """Serve *body* at every path while the context lasts."""
    asked, told = loopback.SPAWNING.Value(c_long, 0), loopback.SPAWNING.Value(c_long, 0)
    with loopback.running(_serve, body, media_type, asked, told) as origin:
        yield Counting(origin, asked, told)


def _serve(port: Connection, body: bytes, media_type: str, asked: Synchronized[int], told: Synchronized[int]) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    given = head.encode() + body

    async def answer(head: bytes, reader: asyncio.StreamReader) -> bytes:
        if length := _LENGTH.search(head):
            await reader.readexactly(int(length[1]))
        tells = head.startswith(b"POST")
        (told if tells else asked).value += 1
        return _THANKS if tells else given

    loopback.answer_all(port, answer)
