"""A feed on loopback in a process of its own, that answers 304 to whoever has read it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

ETAG = '"read"'


@contextmanager
def serving(body: bytes) -> Iterator[tuple[str, str]]:
    """Serve *body* while the context lasts; give its URL and its etag."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(body, there))
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/feed.xml", ETAG
    finally:
        process.terminate()
        process.join()
        process.close()
        here.close()
        there.close()


def _serve(body: bytes, told: Connection) -> None:
    full = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
        % (ETAG.encode(), len(body))
        + body
    )
    unchanged = b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % ETAG.encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(unchanged if b"if-none-match" in head.lower() else full)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
