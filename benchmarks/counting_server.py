"""A web server on loopback in a process of its own: an article for whoever asks, thanks for whoever tells; counted."""

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
def serving(page: bytes) -> Iterator[Counting]:
    """Serve *page* at every path while the context lasts."""
    asked, told = loopback.SPAWNING.Value(c_long, 0), loopback.SPAWNING.Value(c_long, 0)
    with loopback.running(_serve, page, asked, told) as origin:
        yield Counting(origin, asked, told)


def _serve(port: Connection, page: bytes, asked: Synchronized[int], told: Synchronized[int]) -> None:
    article = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    )

    async def answer(head: bytes, reader: asyncio.StreamReader) -> bytes:
        if length := _LENGTH.search(head):
            await reader.readexactly(int(length[1]))
        tells = head.startswith(b"POST")
        (told if tells else asked).value += 1
        return _THANKS if tells else article

    loopback.answer_all(port, answer)
