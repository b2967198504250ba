"""A client that costs as little as a client can: HTTP/1.1 over kept connections, each asking when it was answered."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a number of requests went: answered in a second, and how long each took, in milliseconds."""

    per_second: float
    milliseconds: tuple[float, ...]

    def percentile(self, percent: float) -> float:
        """Give the milliseconds within which *percent* of the requests were answered."""
        ranked = sorted(self.milliseconds)
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def get(path: str, token: str = "") -> bytes:
    """Give a request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, body: bytes, token: str = "") -> bytes:
    """Give a request with a body of JSON as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def ask_all(origin: str, requests: Sequence[bytes], in_flight: int) -> Asked:
    """Ask *origin* everything, so many at a time. Raises RuntimeError for an answer that is no success."""
    return asyncio.run(_ask_all(origin, iter(requests), in_flight))


def ask_each(origin: str, requests: Sequence[bytes], before: Callable[[], None]) -> Asked:
    """As `ask_all`, one at a time, and with something done *before* each, which takes none of its time."""

    def prepared() -> Iterator[bytes]:
        for request in requests:
            before()
            yield request

    took = asyncio.run(_ask_all(origin, prepared(), 1)).milliseconds
    return Asked(1000 * len(took) / sum(took), took)


def answer_of(origin: str, request: bytes) -> bytes:
    """Give the body of one answer."""

    async def one() -> bytes:
        reader, writer = await _connected(origin)
        writer.write(request)
        try:
            return await _answer(reader)
        finally:
            writer.close()

    return asyncio.run(one())


async def _ask_all(origin: str, requests: Iterator[bytes], in_flight: int) -> Asked:
    took: list[float] = []

    async def ask_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in requests:
            started = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            took.append(1000 * (time.perf_counter() - started))

    connections = [await _connected(origin) for _ in range(in_flight)]
    begun = time.perf_counter()
    try:
        await asyncio.gather(*(ask_on(reader, writer) for reader, writer in connections))
    finally:
        for _, writer in connections:
            writer.close()
    return Asked(len(took) / (time.perf_counter() - begun), tuple(took))


async def _connected(origin: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(origin)
    return await asyncio.open_connection(place.hostname, place.port, limit=2**20)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if length := _LENGTH.search(head):
        body = await reader.readexactly(int(length[1]))
    elif _CHUNKED.search(head):
        body = await _chunks(reader)
    else:
        body = b""
    if not head.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"{head.splitlines()[0].decode()}: {body[:500].decode(errors='replace')}")
    return body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return b"".join(pieces)
