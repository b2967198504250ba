"""Lists that come page by page, in the four dialects of the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from xquik.fields import Body, flag, text
from xquik.transport import Transport


def next_cursor(body: Body) -> str | None:
    """Give the cursor of the page after *body*, None at the end.

    `hasMore` or `has_next_page` may be missing; `nextCursor`, `next_cursor` or `afterCursor` may be "" or null.
    """
    if flag(body, "hasMore", "has_next_page") is False:
        return None
    return text(body, "nextCursor", "next_cursor", "afterCursor")


async def pages(
    transport: Transport, path: str, params: Mapping[str, Any], *, cursor: str, limit: int
) -> AsyncGenerator[Body]:
    """Read up to *limit* pages of *path*; *cursor* is the name of the query parameter that asks for the next one."""
    asked: set[str] = set()
    at: str | None = None
    for _ in range(limit):
        body = await transport.read(path, {**params, cursor: at})
        yield body
        at = next_cursor(body)
        if at is None or at in asked:  # a server that repeats a cursor would be read for ever
            return
        asked.add(at)
