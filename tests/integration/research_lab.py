"""Deep research with everything real but its clock's pace: a site, a search, the sandbox, a model, and SQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from time import monotonic
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from domain.prices import XquikPrices
from domain.research import Bounds, Lead, Research
from generators.research.asking import ResearchModel
from scheduler.finders import in_feeds, on_the_radar, on_the_web, on_x
from scheduler.operations import research as operations
from scheduler.operations.research import Asked
from scheduler.research_steps import Find, Researcher
from scheduler.researching import Researching
from sources.page import read_page
from sources.research import feeds, web_search, xquik
from storage.database import Database
from storage.writer import Writer
from tests.integration.scheduler_house import NOW, Clock
from tests.integration.sources_server import HostileServer, open_client, reply
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

P = ParamSpec("P")
T = TypeVar("T")
TOPIC = "the harbour tram line"
TRAM = (
    "The council approved the harbour tram line on Tuesday by eleven votes to four. "
    "The tram line will cost 48 million euros, which the state pays in part. "
    "Work on the harbour tram begins in March 2027 and ends two years later."
)
FERRY = (
    "The harbour ferry carried 1.2 million passengers last year, more than ever before. "
    "The tram line will take a third of them from the harbour ferry, the operator expects."
)


def page(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    html = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"
    return reply(html.encode(), kind="text/html; charset=utf-8")


async def at_once(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do in this process what is done in one of its own."""
    return function(*args, **kwargs)


class Site(HostileServer):
    """A site whose /search answers as SearXNG does, with what `results` holds; `asked` keeps the questions."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[dict[str, Any]] = []
        self.asked: list[str] = []

    async def _serve(self, reader: Any, writer: Any) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = urlsplit(head.split()[1])
        if path.path == "/search" and "/search" not in self.answers:
            query = parse_qs(path.query)
            assert query["format"] == ["json"]
            self.asked += query["q"]
            writer.write(
                reply(json.dumps({"query": query["q"][0], "results": self.results}).encode(), kind="application/json")
            )
            await writer.drain()
            writer.close()
            return
        self.requests.append(head)
        answer = self.answers.get(path.path, reply(status="404 Not Found"))
        try:
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    def read(self) -> list[str]:
        """Give the paths of the pages that were read, in order."""
        return [head.split()[1] for head in self.requests]

    def offer(self, *paths: str) -> None:
        """Have the search name these pages."""
        self.results = [{"url": self.url + path, "title": TOPIC, "content": "about it"} for path in paths]


@dataclass
class Lab:
    """Starts research and does it; `bounds`, `model` and `x` say with what."""

    database: Database
    writer: Writer
    client: httpx.AsyncClient
    site: Site
    clock: Clock = field(default_factory=Clock)
    bounds: Bounds = field(default_factory=Bounds)
    model: ResearchModel | None = None
    x: Transport | None = None
    lease: timedelta = timedelta(seconds=60)
    more: list[Find] = field(default_factory=list)
    owner: str = "worker-1"
    offload: Any = at_once
    numbers: Any = field(default_factory=lambda: count(1))

    def new_id(self) -> str:
        return f"r{next(self.numbers)}"

    def start(self, topic: str = TOPIC, *, urls: Sequence[str] = (), feeds: Sequence[str] = ()) -> Research:
        asked = Asked(topic, tuple(feeds), tuple(urls))
        return operations.start(self.database, asked, now=self.clock(), new_id=self.new_id)

    def worker(self, **fields: Any) -> Researching:
        """Give the beat of a daemon."""
        known: dict[str, Any] = {
            "writer": self.writer,
            "researcher": Researcher(
                finders=self.finders(),
                read_page=partial(read_page, client=self.client, offload=self.offload),
                offload=self.offload,
                bounds=self.bounds,
                clock=self.clock,
                model=self.model,
            ),
            "bounds": self.bounds,
            "owner": self.owner,
            "clock": self.clock,
            "monotonic": monotonic,
            "new_id": self.new_id,
            "lease": self.lease,
        }
        return Researching(**(known | fields))

    async def work(self) -> None:
        """Do all that is queued."""
        await self.worker().work_due(self.clock())

    async def report(self, topic: str = TOPIC, **scope: Any) -> Research:
        """Start a research, do it, and give what came of it."""
        made = self.start(topic, **scope)
        await self.work()
        return self.found(made.id)

    def found(self, research_id: str) -> Research:
        return operations.get(self.database, research_id)

    def finders(self) -> list[Find]:
        async def read_feed(url: str) -> Sequence[Lead]:
            return await feeds.read_entries(url, client=self.client, offload=self.offload, now=self.clock())

        found = [
            in_feeds(read_feed),
            on_the_web(partial(web_search.search_web, url=f"{self.site.url}/search", client=self.client)),
            *self.more,
        ]
        x = self.x
        if x is not None:

            async def search_x(question: str, *, limit: int) -> tuple[Sequence[Lead], int]:
                return await xquik.search_tweets(question, transport=x, limit=limit, now=self.clock())

            found += [on_x(search_x, XquikPrices()), on_the_radar(partial(xquik.read_radar, transport=x))]
        return found


@asynccontextmanager
async def lab(database: Database, **fields: Any) -> AsyncIterator[Lab]:
    """Give a lab with a site and a running writer."""
    writer = Writer(database)
    writer.start()
    site = Site()
    try:
        async with site, open_client() as client:
            yield Lab(database, writer, client, site, **fields)
    finally:
        writer.stop()


def sandbox_transport(url: str, client: httpx.AsyncClient, clock: Callable[[], datetime]) -> Transport:
    return Transport(
        base_url=url,
        key="xq_any",
        client=client,
        limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
        clock=clock,
        retries=Retries(attempts=1),
    )


__all__ = ["FERRY", "NOW", "TOPIC", "TRAM", "Lab", "Site", "at_once", "lab", "page", "sandbox_transport"]
