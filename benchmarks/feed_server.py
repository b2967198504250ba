"""A feed on loopback in a process of its own, that answers 304 to whoever has read it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from benchmarks import loopback

ETAG = '"read"'


@contextmanager
def serving(body: bytes) -> Iterator[tuple[str, str]]:
    """Serve *body* while the context lasts; give its URL and its etag."""
    with loopback.running(_serve, body) as origin:
        yield f"{origin}/feed.xml", ETAG


def _serve(port: Connection, body: bytes) -> None:
    full = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
        % (ETAG.encode(), len(body))
        + body
    )
    unchanged = b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % ETAG.encode()

    async def answer(head: bytes, _: asyncio.StreamReader) -> bytes:
        return unchanged if b"if-none-match" in head.lower() else full

    loopback.answer_all(port, answer)
