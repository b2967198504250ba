"""A SearXNG-compatible search: a question in, the addresses of pages out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from domain.errors import SourceError
from domain.research import Lead
from sources.cleaning import clean
from sources.fetch import fetch
from sources.links import canonical

VIA = "search"
LIMIT_BYTES = 1_000_000
RESULTS = 10  # of one question
SAID = 500  # characters kept of what is said about a page


async def search_web(question: str, *, url: str, client: httpx.AsyncClient) -> tuple[Lead, ...]:
    """Ask the search at *url* (SearXNG's `/search`) through the guarded *client*; give its first ten pages.

    Raises SourceError when it cannot be asked, or answers no such JSON: SearXNG does only where its settings allow it.
    """
    asked = str(httpx.URL(url).copy_merge_params({"q": question, "format": "json"}))
    try:
        answer = await fetch(client, asked, accept="application/json", limit_bytes=LIMIT_BYTES)
    except SourceError as error:
        raise SourceError(url, error.reason) from error
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceError(url, "the search answers no JSON; allow the format json in its settings") from error
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise SourceError(url, "the search's answer has no list of results; is it SearXNG's /search?")
    return tuple(_leads(results))[:RESULTS]


def _leads(results: list[Any]) -> Iterator[Lead]:
    for each in results:
        found = canonical(each.get("url")) if isinstance(each, dict) and isinstance(each.get("url"), str) else None
        if found:
            yield Lead(VIA, found, said=said(each.get("title"), each.get("content")))


def said(*pieces: object) -> str:
    """Join what is said about a page: one line of at most 500 visible characters."""
    words = " ".join(each for each in pieces if isinstance(each, str))
    return " ".join(clean(words[: 4 * SAID]).split())[:SAID]
