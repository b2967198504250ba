"""The body of an answer, decompressed piece by piece so that no compressed bomb can outgrow its limit."""

from __future__ import annotations

import zlib
from typing import Protocol

import httpx

_GZIP = 16 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class BadEncoding(Exception):
    """The body is larger than its limit, or not what its headers say; the sentence says which."""


class _Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    @property
    def complete(self) -> bool: ...


async def decode_body(answer: httpx.Response, limit: int) -> bytes:
    """Read the body of *answer* and give it decompressed.

    httpx's own decoders inflate a whole network read at once, a thousandfold if the server likes; here no step makes
    more than what is left of *limit*, plus one byte. Raises BadEncoding when the body would pass *limit* bytes, when it
    is damaged or cut short, or when it is compressed in a way that was not asked for.
    """
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise BadEncoding(_too_large(limit))
    decoder = _decoder(answer.headers.get("content-encoding", ""))
    body = bytearray()
    async for chunk in answer.aiter_raw():
        try:
            body += decoder.feed(chunk, limit - len(body) + 1)
        except zlib.error as error:
            raise BadEncoding(f"the compressed body is damaged: {error}") from error
        if len(body) > limit:
            raise BadEncoding(_too_large(limit))
    if not decoder.complete:
        raise BadEncoding("the compressed body was cut short")
    return bytes(body)


def _too_large(limit: int) -> str:
    return f"larger than {limit / 1_000_000:.3g} MB"


def _decoder(encoding: str) -> _Decoder:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain()
    if name in ("gzip", "x-gzip"):
        return _Inflated(_GZIP)
    if name == "deflate":
        return _Deflated()
    raise BadEncoding(f"compressed as {name[:40]!r}, which was not asked for")


class _Plain:
    complete = True

    def feed(self, data: bytes, room: int) -> bytes:
        return data[:room]


class _Inflated:
    def __init__(self, window: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self._fed = False

    @property
    def complete(self) -> bool:
        return self._inflate.eof or not self._fed

    def feed(self, data: bytes, room: int) -> bytes:
        self._fed = self._fed or bool(data)
        # Further members of a gzip stream and what follows them are ignored, as browsers do.
        return b"" if self._inflate.eof else self._inflate.decompress(data, room)


class _Deflated:
    """HTTP's deflate is zlib's format, but some servers send the bare stream."""

    def __init__(self) -> None:
        self._inflated: _Inflated | None = None

    @property
    def complete(self) -> bool:
        return self._inflated is None or self._inflated.complete

    def feed(self, data: bytes, room: int) -> bytes:
        if not data:
            return b""
        if self._inflated is None:
            self._inflated = _Inflated(zlib.MAX_WBITS if data[0] & 0x0F == 8 else _RAW)
        return self._inflated.feed(data, room)
