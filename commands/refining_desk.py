"""The desk at which the HTTP API has a post written anew: the daemon's own parts, made for `ostinato serve` as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import httpx

from commands.desk import desk, model_prices, model_writer, transport
from commands.media import MediaModels, media_models, media_reading
from commands.outside import with_key
from commands.picture_parts import illustrating
from commands.wiring import new_id, now
from domain.prices import XquikPrices
from domain.protocols import Offload
from scheduler.editor import Editor
from scheduler.feed_reading import FeedReading
from scheduler.media_reading import MediaReading
from scheduler.operations.refining import Redraw
from scheduler.purse import Purse
from scheduler.spending import Spending
from settings import Settings
from sources.feed import read_feed
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.writer import Writer


@dataclass(frozen=True, slots=True)
class Refining:
    """What posts are written anew with: the editor, whether it asks a model, who hears, and who draws."""

    editor: Editor | None
    has_model: bool
    media: MediaReading
    redraw: Redraw


@asynccontextmanager
async def refining_desk(
    settings: Settings, database: Database, writer: Writer, *, web: httpx.AsyncClient, pool: Offload
) -> AsyncIterator[Refining]:
    """Give the desk. Without an API key it has no editor, and what is spoken is heard all the same."""
    found = with_key(settings, database)
    async with media_models(settings) as models:
        media = media_reading(models, writer=writer, web=web, pool=pool)
        redraw = illustrating(writer=writer, pool=pool).anew
        if found is None:
            yield Refining(None, False, media, redraw)
            return
        async with _editor(found, database, writer, web=web, pool=pool) as (editor, has_model):
            yield Refining(editor, has_model, media, redraw)


@asynccontextmanager
async def _editor(
    found: Settings,
    database: Database,
    writer: Writer,
    *,
    web: httpx.AsyncClient,
    pool: Offload,
) -> AsyncIterator[tuple[Editor, bool]]:
    """Give the editor, and whether it asks a language model."""
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
