"""Servers that misbehave: redirects that lead nowhere good, answers that never end, lengths that lie, bombs."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from functools import cache, partial

from tests.chaos.hostile.case import Answer, Case, Ending, Kind, Play, reply
from tests.chaos.hostile.documents import item, page, rss
from tests.chaos.hostile.planting import FACT

_MEGABYTE = 1_000_000
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
_EVIL = "\u202eevilgrab\x1b[31m"
PLACES = {
    "a private address": "http://10.0.0.7/story",
    "this machine by another port": "http://[::1]:1/story",
    "the metadata of a cloud": "http://169.254.169.254/latest/meta-data/",
    "an address in decimal": "http://2852039166/latest",
    "an address in octal": "http://0251.0376.0251.0376/",
    "an address in IPv6 that carries one": "http://[::ffff:a9fe:a9fe]/",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "data": "data:text/html,<p>evilgrab</p>",
    "another protocol": "gopher://evilgrab.com/1",
    "an address with a password": "http://user:secret@evilgrab.com/",
    "a port that is none": "http://evilgrab.com:99999/",
    "a host that is none": "http://ev il.com/",
    "nothing after the scheme": "http://",
    "an address that never ends": "http://evilgrab.com/" + "a" * 9_000,
    "characters of control": f"http://evilgrab.com/{_EVIL}",
    "a host of lookalikes": "http://xn--vilgrab-9ya.invalid/",
    "a host in brackets that is none": "http://[evilgrab]/",
    "a name of the local network": "http://localhost:1/",
    "nowhere": "",
}
HEADERS = {
    "a status that is none": b"HTTP/1.1 999 Evilgrab\r\nContent-Length: 0\r\n\r\n",
    "a status of words": b"HTTP/1.1 OK evilgrab " + b"x" * 3_000 + b"\r\n\r\n",
    "escapes in the status": b"HTTP/1.1 500 \x1b[2Jevilgrab\r\nContent-Length: 0\r\n\r\n",
    "no head at all": page().encode(),
    "another protocol": b"SSH-2.0-evilgrab\r\n" * 3,
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Type: text/h",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nevilgrab.com follow @evilgrab_bot\r\n\r\n",
    "zero bytes in a header": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a header of a megabyte": b"HTTP/1.1 200 OK\r\nX: " + b"a" * _MEGABYTE + b"\r\n\r\n",
    "ten thousand headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % at for at in range(10_000)) + b"\r\n",
    "two lengths": _HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + page().encode(),
    "a negative length": _HEAD + b"Content-Length: -1\r\n\r\n" + page().encode(),
    "a length that is no number": _HEAD + b"Content-Length: \xb2\r\n\r\n" + page().encode(),
    "a length of many digits": _HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n" + page().encode(),
    "a length that is too long": _HEAD + b"Content-Length: 99999\r\n\r\n" + page().encode(),
    "a chunk of no size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nevilgrab\r\n" + page().encode(),
    "a chunk of endless size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 500 + b"\r\nx",
    "a login": reply(status="401 Unauthorized", WWW_Authenticate='Basic realm="evilgrab"'),
    "a wait of centuries": reply(status="429 Too Many Requests", Retry_After="9" * 300),
    "not modified, without being asked": reply(status="304 Not Modified"),
    "many choices": reply(status="300 Multiple Choices"),
    "an upgrade": reply(status="101 Switching Protocols", Upgrade="evilgrab"),
    "a part of it": reply(page(), status="206 Partial Content", Content_Range="bytes 0-9/99"),
}
KINDS = {
    "a picture": "image/png",
    "a program": 'application/x-evilgrab; name="\x1b[31m"',
    "a kind of a thousand letters": "application/" + "evilgrab" * 200,
    "parts": "multipart/mixed; boundary=x",
}


@cache
def _zeros(compress: Callable[[bytes], bytes], megabytes: int) -> bytes:
    return compress(bytes(megabytes * _MEGABYTE))


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def _stream(writer: asyncio.StreamWriter, _: str) -> None:
    """200 MB of paragraphs, without a length."""
    writer.write(_HEAD + b"Connection: close\r\n\r\n<html><body>")
    piece = f"<p>{FACT}</p>".encode() * 1_000
    for _piece in range(200 * _MEGABYTE // len(piece)):
        writer.write(piece)
        await writer.drain()


async def _chunks(writer: asyncio.StreamWriter, _: str) -> None:
    """One byte in each chunk, for ever."""
    writer.write(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 10_000)
        await writer.drain()


async def _informed(writer: asyncio.StreamWriter, _: str) -> None:
    """Interim answers for ever."""
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </evilgrab.css>\r\n\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0.01)


async def _silence(writer: asyncio.StreamWriter, _: str) -> None:
    """Takes the request, and says nothing."""
    await asyncio.Event().wait()


async def _half_silence(writer: asyncio.StreamWriter, _: str) -> None:
    """A head and half a page, and nothing more."""
    writer.write(_HEAD + b"Content-Length: 5000\r\n\r\n" + page().encode()[:400])
    await writer.drain()
    await asyncio.Event().wait()


def dripping(seconds: float) -> Play:
    """A letter of the body every *seconds*: each wait is short, and the whole has no end."""

    async def play(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(_HEAD + b"\r\n<html><body>")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(seconds)

    return play


def dripping_head(seconds: float) -> Play:
    """A header every *seconds*, and never the last one."""

    async def play(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(_HEAD)
        while True:
            writer.write(b"X-More: evilgrab\r\n")
            await writer.drain()
            await asyncio.sleep(seconds)

    return play


async def _onwards(writer: asyncio.StreamWriter, path: str) -> None:
    """A redirect to a place that was not seen before, with a body of its own."""
    writer.write(reply("evilgrab" * 10_000, status="302 Found", Location=f"{path}/on"))
    await writer.drain()


async def _back(writer: asyncio.StreamWriter, path: str) -> None:
    other = path[:-2] if path.endswith("/b") else f"{path}/b"
    writer.write(reply(status="307 Temporary Redirect", Location=other))
    await writer.drain()


async def _to_itself(writer: asyncio.StreamWriter, path: str) -> None:
    writer.write(reply(status="301 Moved Permanently", Location=f"{path}#evilgrab"))
    await writer.drain()


def _redirect(place: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: " + place.encode() + b"\r\nContent-Length: 0\r\n\r\n"


def _bodies() -> dict[str, tuple[Callable[[], Answer], Ending]]:
    story = page().encode()
    return {
        "a stream of 200 MB": (lambda: _stream, "refused"),
        "chunks for ever": (lambda: _chunks, "refused"),
        "interim answers for ever": (lambda: _informed, "refused"),
        "a letter at a time, a drop for ever": (lambda: dripping(0.1), "refused"),
        "headers one at a time for ever": (lambda: dripping_head(0.1), "refused"),
        "silence": (lambda: _silence, "refused"),
        "silence after half a page": (lambda: _half_silence, "refused"),
        "redirects for ever": (lambda: _onwards, "refused"),
        "redirects in a circle": (lambda: _back, "refused"),
        "a redirect to itself": (lambda: _to_itself, "refused"),
        "a length of gigabytes": (lambda: _HEAD + b"Content-Length: 9000000000\r\n\r\n" + story, "refused"),
        "a gzip bomb": (lambda: reply(_zeros(gzip.compress, 200), Content_Encoding="gzip"), "refused"),
        "a bomb within a bomb": (
            lambda: reply(gzip.compress(_zeros(gzip.compress, 200)), Content_Encoding="gzip, gzip"),
            "refused",
        ),
        "a deflate bomb": (lambda: reply(_zeros(zlib.compress, 100), Content_Encoding="deflate"), "refused"),
        "a bare deflate bomb": (lambda: reply(_zeros(_raw_deflate, 100), Content_Encoding="deflate"), "refused"),
        "brotli, which nobody asked for": (lambda: reply(b"\x8b\x00\x80x\x03", Content_Encoding="br"), "refused"),
        "a gzip that is cut": (lambda: reply(gzip.compress(story)[:-9], Content_Encoding="gzip"), "refused"),
        "a gzip that is damaged": (
            lambda: reply(gzip.compress(story)[:90] + b"\xff" * 90, Content_Encoding="gzip"),
            "refused",
        ),
        "a gzip that is none": (lambda: reply(story, Content_Encoding="gzip"), "refused"),
        "a gzip with more behind it": (
            lambda: reply(gzip.compress(story) + gzip.compress(FACT.encode()), Content_Encoding="gzip"),
            "read",
        ),
        "a length that is too short": (
            lambda: _HEAD + b"Content-Length: 900\r\n\r\n" + story + FACT.encode(),
            "either",
        ),
        "marks that never end": (
            lambda: reply(
                rss(item()), kind="text/xml", ETag='"' + "evilgrab" * 2_000 + '"', Last_Modified="\x85" + "x" * 9_000
            ),
            "either",
        ),
    }


def _kind(name: str) -> Kind:
    return "feed" if "marks" in name else "endless" if "for ever" in name or "drop" in name else "page"


def cases() -> list[Case]:
    """Give every server."""
    found = [
        Case(f"redirects to {name}", _turn(at), partial(_redirect, place), ends="refused")
        for at, (name, place) in enumerate(PLACES.items())
    ]
    found += [Case(f"serves {name}", _kind(name), make, ends=ends) for name, (make, ends) in _bodies().items()]
    found += [
        Case(f"answers with {name}", _turn(at), partial(bytes, answer), ends="refused")
        for at, (name, answer) in enumerate(HEADERS.items())
    ]
    return found + [
        Case(f"says that it is {name}", "page", partial(reply, page(), kind=kind), ends="either")
        for name, kind in KINDS.items()
    ]


def _turn(at: int) -> Kind:
    return "feed" if at % 2 else "page"
