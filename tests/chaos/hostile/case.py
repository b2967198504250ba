"""One hostile case: what is asked for, what the server does, and how reading it has to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

Play = Callable[[asyncio.StreamWriter, str], Awaitable[None]]
Answer = bytes | Play
Kind = Literal["page", "feed", "endless"]
Ending = Literal["read", "refused", "either"]


@dataclass(frozen=True, slots=True)
class Case:
    """A document or a server to be read as *kind*; an "endless" one would take the whole 30 s that a read may last.

    *make* gives the whole answer, head and body, or plays it on the connection, told the path that was asked for.
    *hidden*: what is planted is where no reader sees it, so that it may not even reach the material. *heavy*: it is
    taken apart in a process of its own, which is killed after some seconds. *ends*: "read" must give the story,
    "refused" must end in a SourceError.
    """

    name: str
    kind: Kind
    make: Callable[[], Answer]
    hidden: bool = False
    heavy: bool = False
    ends: Ending = "read"


def reply(
    body: bytes | str = b"", *, status: str = "200 OK", kind: str = "text/html; charset=utf-8", **more: str
) -> bytes:
    """Give the bytes of an answer; underscores of header names become hyphens, an empty value leaves its header out."""
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    fields = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def html(name: str, markup: str | bytes, **more: object) -> Case:
    """Give the case of a page that is served as it should be."""
    return Case(name, "page", lambda: reply(markup), **more)  # type: ignore[arg-type]


def xml(name: str, markup: str | bytes, **more: object) -> Case:
    """Give the case of a feed that is served as it should be."""
    return Case(name, "feed", lambda: reply(markup, kind="application/rss+xml; charset=utf-8"), **more)  # type: ignore[arg-type]
