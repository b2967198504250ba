"""A web server on loopback in a process of its own: an article for whoever asks, thanks for whoever tells; counted."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_long
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized

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
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    asked, told = spawning.Value(c_long, 0), spawning.Value(c_long, 0)
    process = spawning.Process(target=_serve, args=(page, there, asked, told))
    process.start()
    try:
        yield Counting(f"http://127.0.0.1:{here.recv()}", asked, told)
    finally:
        process.terminate()
        process.join()
        process.close()
        here.close()
        there.close()


def _serve(page: bytes, port: Connection, asked: Synchronized[int], told: Synchronized[int]) -> None:
    article = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if length := _LENGTH.search(head):
                    await reader.readexactly(int(length[1]))
                tells = head.startswith(b"POST")
                (told if tells else asked).value += 1
                writer.write(_THANKS if tells else article)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
