"""A web server on loopback in a process of its own, so that its work does not count as ours."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any

SPAWNING: SpawnContext = multiprocessing.get_context("spawn")
Answer = Callable[[bytes, asyncio.StreamReader], Awaitable[bytes]]


@contextmanager
def running(serve: Callable[..., None], *given: Any) -> Iterator[str]:
    """Run *serve* with a connection for its port, then *given*, while the context lasts; give its origin."""
    here, there = SPAWNING.Pipe()
    process = SPAWNING.Process(target=serve, args=(there, *given))
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
        process.close()
        here.close()
        there.close()


def answer_all(port: Connection, answer: Answer) -> None:
    """Answer every request with what *answer* gives for its head and the rest of what is sent; for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(await answer(head, reader))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
