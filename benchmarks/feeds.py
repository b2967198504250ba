"""Feeds a second, read over HTTP from loopback with conditional GET, beside feedparser alone on the same answers.

Seconds are those of this process's own processor time: neither the server's work nor anybody else's counts.

python -m benchmarks.feeds --json
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from importlib.metadata import version
from ipaddress import ip_network
from typing import Any, ParamSpec, TypeVar

import feedparser
import httpx

from benchmarks import report, results
from benchmarks.cells import Cell, in_turn
from benchmarks.feed_server import serving
from sources.feed import ACCEPT, read_feed
from sources.guard import guarded_client

P = ParamSpec("P")
T = TypeVar("T")

FEEDS, ENTRIES, REPEATS = 40, 25, 15
LOOPBACK = (ip_network("127.0.0.0/8"),)


def feed(entries: int) -> bytes:
    """Give an RSS feed with a summary and a full article of HTML in each entry."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    paragraph = "<p>The <b>harbour</b> master counts the <a href='/boats'>boats</a> at dawn &amp; again at dusk.</p>"
    items = "".join(
        f"<item><title>Boats, day {number}</title><link>https://example.org/{number}</link><guid>boats-{number}</guid>"
        f"<pubDate>{format_datetime(start + timedelta(days=number))}</pubDate><description>Boats.</description>"
        f"<content:encoded><![CDATA[{paragraph * 20}]]></content:encoded></item>"
        for number in range(entries)
    )
    head = "<title>Harbour</title><link>https://example.org/</link><description>Boats</description>"
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel>{head}{items}</channel></rss>"
    ).encode()


async def offload(act: Callable[P, T], /, *arguments: P.args, **more: P.kwargs) -> T:
    """Do the work here: the way to the process pool and back is not the library's."""
    return act(*arguments, **more)


def ours(url: str, count: int, *, etag: str | None) -> float:
    """Give feeds a second, read one after the other through the guarded client, with *etag* as if read before."""

    async def read_all(client: httpx.AsyncClient) -> None:
        for _ in range(count):
            read = await read_feed(url, client=client, offload=offload, etag=etag)
            assert read.not_modified is (etag is not None)

    return _rate(count, guarded_client(allow=LOOPBACK), read_all)


def library(url: str, count: int, *, etag: str | None) -> float:
    """Give feeds a second of a plain httpx client and feedparser, which is asked for as little as we ask."""

    async def read_all(client: httpx.AsyncClient) -> None:
        headers = {"Accept": ACCEPT} | ({"If-None-Match": etag} if etag else {})
        for _ in range(count):
            answer = await client.get(url, headers=headers)
            if answer.status_code != 304:
                assert feedparser.parse(answer.content, sanitize_html=False, resolve_relative_uris=False).entries

    return _rate(count, httpx.AsyncClient(trust_env=False), read_all)


def _rate(count: int, client: httpx.AsyncClient, read_all: Callable[[httpx.AsyncClient], Awaitable[None]]) -> float:
    async def timed() -> float:
        async with client:
            started = time.process_time()
            await read_all(client)
            return count / (time.process_time() - started)

    return asyncio.run(timed())


def measure() -> dict[str, Any]:
    """Give the medians for feeds that changed and for those that did not (304), each in turn with the library's."""
    count, repeats = (3, 1) if report.quick() else (FEEDS, REPEATS)
    body = feed(ENTRIES)
    title = f"httpx {version('httpx')} and feedparser {version('feedparser')} alone"
    cells = []
    with serving(body) as (url, etag):
        for name, given, times in (("feeds that changed", None, 1), ("feeds that did not (304)", etag, 5)):
            for read in (ours, library):
                read(url, 2, etag=given)
            mine, its = in_turn(
                repeats,
                partial(ours, url, times * count, etag=given),
                partial(library, url, times * count, etag=given),
            )
            cells.append(Cell(name, "/s", mine, title, its))
    return {
        "entries": ENTRIES,
        "kilobytes": round(len(body) / 1000),
        "overhead_percent": results.overhead(cells[0]),
        "unchanged_overhead_percent": results.overhead(cells[1]),
        "cells": results.texts(cells),
    }


if __name__ == "__main__":
    report.main(measure)
