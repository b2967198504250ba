"""The desk at which the HTTP API has a post written anew: the daemon's own parts, made for `ostinato serve` as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from commands.desk import desk, model_prices, model_writer, transport
from commands.media import MediaModels, media_reading
from commands.outside import with_key
from commands.wiring import new_id, now
from domain.prices import XquikPrices
from domain.protocols import Offload
from scheduler.editor import Editor
from scheduler.feed_reading import FeedReading
from scheduler.purse import Purse
from scheduler.spending import Spending
from settings import Settings
from sources.feed import read_feed
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.writer import Writer


@asynccontextmanager
async def refining_desk(
    settings: Settings, database: Database, writer: Writer, *, web: httpx.AsyncClient, pool: Offload
) -> AsyncIterator[tuple[Editor | None, bool]]:
    """Give the editor, None without an API key, and whether it asks a language model."""
    found = with_key(settings, database)
    if found is None:
        yield None, False
        return
    async with httpx.AsyncClient(trust_env=False) as client, model_writer(found, pool) as model:
        prices = model_prices(found)
        spending = Spending(database, prices=XquikPrices(found.xquik_credit))
        editor = desk(
            writer=writer,
            api=transport(found, SqlRateWindows(writer), client),
            feeds=FeedReading(writer=writer, read_feed=partial(read_feed, client=web, offload=pool), clock=now),
            pool=pool,
            web=web,
            media=media_reading(MediaModels(), writer=writer, web=web, pool=pool),  # what was read is kept by then
            model=model,
            purse=Purse(writer=writer, spending=spending, prices=prices, clock=now, new_id=new_id) if prices else None,
        )
        yield editor, model is not None
