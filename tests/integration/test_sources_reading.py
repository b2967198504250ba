from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from domain.errors import SourceError
from domain.material import FeedRead, Material, MaterialKind
from scheduler.process_pool import ProcessPool
from sources.feed import read_feed
from sources.page import read_page
from tests.integration.sources_server import HostileServer, open_client, redirect, reply

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "sources"
NOW = datetime(2025, 3, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    pool = ProcessPool(seconds=30.0)
    yield pool
    pool.close()


def page(pool: ProcessPool, server: Callable[[HostileServer], Any]) -> Material:
    async def scenario() -> Material:
        async with HostileServer() as hostile, open_client() as client:
            server(hostile)
            return await read_page(hostile.url, client=client, offload=pool, material_id="m0", now=NOW)

    return asyncio.run(scenario())


def feed(pool: ProcessPool, server: Callable[[HostileServer], Any], **options: Any) -> FeedRead:
    async def scenario() -> FeedRead:
        async with HostileServer() as hostile, open_client() as client:
            server(hostile)
            return await read_feed(hostile.url, client=client, offload=pool, **options)

    return asyncio.run(scenario())


def serving(answer: bytes) -> Callable[[HostileServer], None]:
    return lambda server: server.answers.update({"/": answer})


def test_a_page_becomes_material_with_its_provenance(pool: ProcessPool) -> None:
    article = (DATA / "pages" / "article.html").read_bytes()

    def server(hostile: HostileServer) -> None:
        hostile.answers |= {"/": redirect("/news"), "/news": reply(article, kind="text/html; charset=utf-8")}

    material = page(pool, server)
    assert material.kind is MaterialKind.PAGE
    assert material.title == "Harbour museum opens its archive"
    assert material.url is not None
    assert material.url.endswith("/news")
    assert (material.id, material.site, material.fetched_at) == ("m0", "The Quay Gazette", NOW)
    assert "PLANTED" not in material.text


def test_a_wall_is_an_error_and_no_article(pool: ProcessPool) -> None:
    with pytest.raises(SourceError, match="a bot wall"):
        page(pool, serving(reply((DATA / "pages" / "wall_bot.html").read_bytes())))


def test_a_plain_text_is_read(pool: ProcessPool) -> None:
    material = page(pool, serving(reply("Grüße aus dem Hafen.".encode(), kind="text/plain; charset=utf-8")))
    assert material.text == "Grüße aus dem Hafen."
    assert material.site == "127.0.0.1"


def test_html_without_a_type_is_read(pool: ProcessPool) -> None:
    assert page(pool, serving(reply((DATA / "pages" / "article.html").read_bytes(), kind=""))).title


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/json", "application/octet-stream"])
def test_what_is_no_web_page_is_refused_by_its_type(pool: ProcessPool, kind: str) -> None:
    with pytest.raises(SourceError, match=f"no web page but {kind}"):
        page(pool, serving(reply(b"%PDF-1.7", kind=kind)))


def test_a_page_that_takes_too_long_is_an_error_of_the_source() -> None:
    pool = ProcessPool(seconds=0.05)  # less than it takes to import what takes pages apart
    try:
        with pytest.raises(SourceError, match="too long to take apart"):
            page(pool, serving(reply((DATA / "pages" / "article.html").read_bytes())))
    finally:
        pool.close()


def test_a_page_that_needs_too_much_memory_is_an_error_of_the_source() -> None:
    pool = ProcessPool(megabytes=150)
    crowd = b"<html><body>" + b"<p><b>x</b>" * 450_000
    try:
        with pytest.raises(SourceError, match="too much memory"):
            page(pool, serving(reply(crowd)))
    finally:
        pool.close()


def test_a_feed_is_read_with_what_makes_the_next_read_conditional(pool: ProcessPool) -> None:
    rss = (DATA / "feeds" / "rss.xml").read_bytes()
    read = feed(pool, serving(reply(rss, kind="application/rss+xml", ETag='"7"', Last_Modified="Sat, 01 Nov 2025")))
    assert (read.title, len(read.entries), read.etag, read.last_modified) == (
        "Quay Notes",
        3,
        '"7"',
        "Sat, 01 Nov 2025",
    )


def test_an_unchanged_feed_is_not_modified_and_keeps_its_marks(pool: ProcessPool) -> None:
    read = feed(pool, serving(reply(status="304 Not Modified")), etag='"7"', last_modified="Sat, 01 Nov 2025")
    assert read.not_modified
    assert (read.entries, read.etag, read.last_modified) == ((), '"7"', "Sat, 01 Nov 2025")


def test_the_charset_of_the_header_is_the_feeds(pool: ProcessPool) -> None:
    body = '<rss version="2.0"><channel><title>Сыр</title></channel></rss>'.encode("koi8-r")
    assert feed(pool, serving(reply(body, kind="application/rss+xml; charset=koi8-r"))).title == "Сыр"


def test_links_are_resolved_against_where_the_feed_was_found(pool: ProcessPool) -> None:
    body = b'<rss version="2.0"><channel><item><title>x</title><link>post</link></item></channel></rss>'

    def server(hostile: HostileServer) -> None:
        hostile.answers |= {"/": redirect("/blog/feed"), "/blog/feed": reply(body, kind="text/xml")}

    (entry,) = feed(pool, server).entries
    assert entry.url is not None
    assert entry.url.endswith("/blog/post")


def test_a_web_page_in_place_of_a_feed_names_the_feed(pool: ProcessPool) -> None:
    body = b'<html><head><link rel="alternate" type="application/atom+xml" href="/atom"></head></html>'
    with pytest.raises(SourceError, match=r"a web page, not a feed; it names http://127\.0\.0\.1:\d+/atom as its feed"):
        feed(pool, serving(reply(body)))


def test_the_process_that_reads_sources_imports_none_of_the_heavy_libraries() -> None:
    rooms = "sources.page, sources.feed, sources.text, sources.style, sources.guard, scheduler.process_pool"
    program = f"import {rooms}, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint({"trafilatura", "lxml", "feedparser", "numpy", "py3langid", "emoji", "htmldate"})
