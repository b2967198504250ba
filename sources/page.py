"""Web pages: fetched here, taken apart in a process of their own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from domain.protocols import Offload
from sources.fetch import Fetched, fetch
from sources.offloaded import extract_page, extract_text

if TYPE_CHECKING:
    from sources.parsing.page import ExtractedPage

ACCEPT = "text/html, application/xhtml+xml, text/plain;q=0.8"
HTML = frozenset({"text/html", "application/xhtml+xml"})


async def read_page(
    url: str, *, client: httpx.AsyncClient, offload: Offload, material_id: str, now: datetime
) -> Material:
    """Read the article at *url* through the guarded *client*.

    Raises SourceError when the page cannot be had, or is no article: a bot, cookie or login wall, a page without text.
    """
    fetched = await fetch(client, url, accept=ACCEPT)
    page = await _extract(url, fetched, offload)
    if page.problem:
        raise SourceError(url, page.problem)
    return Material(
        id=material_id,
        kind=MaterialKind.PAGE,
        text=page.text,
        title=page.title,
        url=fetched.url,
        site=page.site or httpx.URL(fetched.url).host,
        author=page.author,
        language=page.language,
        tags=page.tags,
        published_at=page.published_at,
        fetched_at=now,
        tables=page.tables,
    )


async def _extract(url: str, fetched: Fetched, offload: Offload) -> ExtractedPage:
    kind = fetched.content_type
    try:
        if kind in HTML or (not kind and b"<" in fetched.body[:1_000]):
            return await offload(extract_page, fetched.body, fetched.url, fetched.charset)
        if kind == "text/plain":
            return await offload(extract_text, fetched.body, fetched.charset)
    except TimeoutError as error:
        raise SourceError(url, "the page took too long to take apart") from error
    except MemoryError as error:
        raise SourceError(url, "the page needed too much memory to take apart") from error
    raise SourceError(url, f"no web page but {kind or 'something without a type'}; only HTML and plain text are read")
