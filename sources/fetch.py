"""One conditional read of one URL, with every limit that a hostile server makes necessary."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message

import httpx

from domain.errors import SourceError
from sources.decoding import BadEncoding, decode_body
from sources.guard import AddressRefused, check_url

PAGE_LIMIT_BYTES = 5_000_000
TOTAL_SECONDS = 30.0
MAXIMUM_REDIRECTS = 5
MAXIMUM_URL_LENGTH = 2_048
MAXIMUM_MARK_LENGTH = 500  # characters of an ETag or a Last-Modified
MEDIA_TYPE = re.compile(r"\s*([\w.+-]{1,60}/[\w.+-]{1,60})\s*(?:;|$)", re.ASCII)
REDIRECTS = frozenset({301, 302, 303, 307, 308})

SENTENCES = {
    401: "it asks for a login (401)",
    402: "it asks for payment (402)",
    403: "it refuses this reader (403)",
    404: "there is no such page (404)",
    406: "it has no text to offer (406)",
    410: "the page is gone for good (410)",
    429: "it asks to be read less often (429)",
    451: "it is blocked for legal reasons (451)",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one read gave. *url* is where it ended after redirects; *charset* is the header's word, if it gave one.

    *body* is decompressed, and empty when *not_modified*.
    """

    url: str
    body: bytes
    content_type: str
    charset: str | None
    etag: str | None
    last_modified: str | None
    not_modified: bool = False


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    limit_bytes: int = PAGE_LIMIT_BYTES,
    accept: str = "*/*",
    seconds: float = TOTAL_SECONDS,
) -> Fetched:
    """Read *url*, following at most 5 redirects, each through the guarded *client*'s checks.

    *etag* and *last_modified* are those of the last read: an unchanged answer is `not_modified`. *limit_bytes* holds
    for the decompressed body, *seconds* for the whole read however slowly the server drips.
    Raises SourceError with the reason in a sentence.
    """
    headers = {"Accept": accept, "Accept-Encoding": "gzip, deflate"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    try:
        async with asyncio.timeout(seconds):
            async with _final_answer(client, url, headers) as answer:
                _check_status(url, answer, conditional=bool(etag or last_modified))
                return await _read(url, answer, limit_bytes)
    except TimeoutError as error:
        raise SourceError(url, f"not read within {seconds:g} s") from error
    except httpx.TimeoutException as error:
        raise SourceError(url, "the server did not answer in time") from error
    except AddressRefused as error:
        raise SourceError(url, str(error)) from error
    except httpx.RemoteProtocolError as error:  # its words are the server's
        raise SourceError(url, "not reachable: what the server answers is no HTTP, or breaks off") from error
    except httpx.HTTPError as error:
        raise SourceError(url, f"not reachable: {error or type(error).__name__}") from error


@asynccontextmanager
async def _final_answer(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
    """Give the first answer that is no redirect, its body still unread."""
    target = _parse(url, None, url)
    seen = {target}
    while True:
        async with client.stream("GET", target, headers=headers) as answer:
            location = answer.headers.get("location", "")
            if answer.status_code not in REDIRECTS or not location:
                yield answer
                return
        target = _parse(url, target, location)
        if target in seen:
            raise SourceError(url, f"redirects in a circle, back to {_shown(target)}")
        if len(seen) > MAXIMUM_REDIRECTS:
            raise SourceError(url, f"more than {MAXIMUM_REDIRECTS} redirects")
        seen.add(target)


def _parse(reference: str, base: httpx.URL | None, location: str) -> httpx.URL:
    try:
        target = httpx.URL(location.strip()) if base is None else base.join(location.strip())
        if target.fragment:
            target = target.copy_with(fragment=None)
        if len(str(target)) > MAXIMUM_URL_LENGTH:
            raise SourceError(reference, f"the URL is longer than {MAXIMUM_URL_LENGTH} characters")
        check_url(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(reference, f"not a valid URL: {error}") from error
    except AddressRefused as error:
        raise SourceError(reference, str(error)) from error
    return target


def _shown(url: httpx.URL) -> str:
    return str(url)[:200]


def _check_status(url: str, answer: httpx.Response, *, conditional: bool) -> None:
    status = answer.status_code
    if status in (200, 203) or (status == 304 and conditional):
        return
    if answer.headers.get("cf-mitigated") == "challenge":
        raise SourceError(url, f"a bot wall: it wants to see a browser ({status})")
    reason = SENTENCES.get(status) or (f"the server failed ({status})" if status >= 500 else f"it answered {status}")
    wait = answer.headers.get("retry-after", "")
    raise SourceError(url, reason + (f"; it said to wait {wait} s" if wait.isdecimal() and len(wait) < 8 else ""))


async def _read(url: str, answer: httpx.Response, limit: int) -> Fetched:
    try:
        # That of a 304 has no bytes; its end is read all the same, or its connection could not be used again.
        body = await decode_body(answer, limit)
    except BadEncoding as error:
        if answer.status_code != 304:
            raise SourceError(url, str(error)) from error
        body = b""
    content_type, charset = _kind(answer.headers.get("content-type"))
    return Fetched(
        url=str(answer.url),
        body=body,
        content_type=content_type,
        charset=charset,
        etag=_mark(answer, "etag"),
        last_modified=_mark(answer, "last-modified"),
        not_modified=answer.status_code == 304,
    )


def _mark(answer: httpx.Response, name: str) -> str | None:
    """Give what makes the next read conditional; one that no honest server sends is not kept, and so not sent back."""
    value = answer.headers.get(name)
    return value if value and len(value) <= MAXIMUM_MARK_LENGTH and value.isascii() and value.isprintable() else None


def _kind(header: str | None) -> tuple[str, str | None]:
    """Give the media type of a Content-Type header, and its charset. What is no media type is no word about it."""
    if not header:
        return "", None
    kind = Message()
    kind["content-type"] = header
    named = MEDIA_TYPE.match(header)
    return named[1].lower() if named else "", kind.get_content_charset()
