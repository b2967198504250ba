"""Deep research of the settings: where it looks, what it reads with, and the beat that works on it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from commands.desk import model_prices, model_server
from commands.wiring import new_id, now
from domain.prices import XquikPrices
from domain.protocols import Offload
from domain.research import Bounds, Lead
from generators.research.asking import ResearchModel
from scheduler.finders import in_feeds, on_the_radar, on_the_web, on_x
from scheduler.research_steps import Find, Researcher
from scheduler.researching import Researching
from settings import Settings
from sources.page import read_page
from sources.research import feeds, web_search, xquik
from storage.database import Database
from storage.writer import Writer
from xquik.transport import Transport


@asynccontextmanager
async def research_model(settings: Settings, pool: Offload) -> AsyncIterator[ResearchModel | None]:
    """Give the language model of the settings for research, if there is one."""
    server = model_server(settings)
    if server is None:
        yield None
        return
    model = ResearchModel(
        server, offload=pool, timeout=settings.model_timeout.total_seconds(), prices=model_prices(settings)
    )
    try:
        yield model
    finally:
        await model.close()


def researching(
    settings: Settings,
    *,
    database: Database,
    writer: Writer,
    api: Transport,
    web: httpx.AsyncClient,
    pool: Offload,
    model: ResearchModel | None,
    owner: str,
) -> Researching:
    """Give the beat of deep research."""
    bounds = bounds_of(settings)
    researcher = Researcher(
        finders=finders(settings, api=api, web=web, pool=pool),
        read_page=partial(read_page, client=web, offload=pool),
        offload=pool,
        bounds=bounds,
        clock=now,
        model=model,
    )
    return Researching(
        writer=writer,
        researcher=researcher,
        bounds=bounds,
        owner=owner,
        clock=now,
        monotonic=time.monotonic,
        new_id=new_id,
        alone=database.dialect == "sqlite",
    )


def bounds_of(settings: Settings) -> Bounds:
    """Give the most that one research may take."""
    return Bounds(settings.research_time, settings.research_pages, settings.research_cost)


def finders(settings: Settings, *, api: Transport, web: httpx.AsyncClient, pool: Offload) -> list[Find]:
    """Give where it looks: the search of the settings, X, the radar, and the owner's feeds."""

    async def read_feed(url: str) -> tuple[Lead, ...]:
        return await feeds.read_entries(url, client=web, offload=pool, now=now())

    async def search_x(question: str, *, limit: int) -> tuple[tuple[Lead, ...], int]:
        return await xquik.search_tweets(question, transport=api, limit=limit, now=now())

    found = [
        in_feeds(read_feed),
        on_x(search_x, XquikPrices(settings.xquik_credit)),
        on_the_radar(partial(xquik.read_radar, transport=api)),
    ]
    if settings.search_url is not None:
        found.insert(0, on_the_web(partial(web_search.search_web, url=settings.search_url, client=web)))
    return found
