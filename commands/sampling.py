"""What writes a sample from the real sources, as the settings have it: for the command line and the HTTP API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

import httpx

from commands import logs, wiring
from commands.desk import desk, model_writer, transport
from commands.media import media_models, media_reading
from commands.outside import RETRIES, api, with_key
from commands.reading import reading
from domain.errors import SourceError
from domain.material import Entry, Material
from domain.prices import XquikPrices
from domain.protocols import Offload
from domain.research import Bounds
from domain.run import Rejected
from domain.template import Template
from scheduler.budget_room import check_room
from scheduler.editor import Gathered
from scheduler.feed_reading import FeedReading
from scheduler.media_reading import MediaReading
from scheduler.operations.sampling import Sample, TakesSample, sample
from scheduler.own_words import OwnWords
from scheduler.researched import Researched
from settings import Settings
from sources.feed import item_material, read_feed
from sources.page import read_page
from sources.table import read_table
from sources.text import read_text
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.writer import Writer
from xquik.accounts import list_accounts
from xquik.transport import Transport


async def take_sample(settings: Settings, database: Database, template: Template) -> Sample:
    """Compose what *template* would post now, from its real sources, without storing or posting it.

    Raises ApiError when the API cannot be asked: then it would not be what is posted; OverBudget as `written` does.
    """
    async with reading(settings) as (web, pool), api(settings, database) as (reached, writer):
        with logs.warnings_only():
            return await written(settings, template, writer=writer, reached=reached, web=web, pool=pool)


def sampler(
    settings: Settings, database: Database, writer: Writer, *, web: httpx.AsyncClient, pool: Offload
) -> TakesSample | None:
    """Give what does the same for the HTTP API, with the parts of its process; None without an API key."""
    found = with_key(settings, database)
    if found is None:
        return None

    async def take(template: Template) -> Sample:
        async with httpx.AsyncClient(trust_env=False) as client:
            reached = transport(found, SqlRateWindows(writer), client, RETRIES)
            return await written(found, template, writer=writer, reached=reached, web=web, pool=pool)

    return take


async def written(
    settings: Settings,
    template: Template,
    *,
    writer: Writer,
    reached: Transport,
    web: httpx.AsyncClient,
    pool: Offload,
) -> Sample:
    """Compose a sample with the API at *reached*. Raises ApiError.

    A model costs something, so with one it raises OverBudget where a budget of the template or its account is reached.
    """
    run_id, now = wiring.new_id(), wiring.now()
    async with model_writer(settings, pool) as model, media_models(settings) as models:
        if model is not None:
            prices = XquikPrices(settings.xquik_credit)
            await writer.call(partial(check_room, template=template, run_id=run_id, prices=prices, now=now))
        feeds = FeedReading(writer=writer, read_feed=partial(read_feed, client=web, offload=pool), clock=wiring.now)
        media = media_reading(models, writer=writer, web=web, pool=pool)
        editor = desk(writer=writer, api=reached, feeds=feeds, pool=pool, web=web, media=media, model=model)
        await list_accounts(reached)  # the editor does without the API; a sample without it is not what would be
        table = partial(read_table, client=web, offload=pool)
        own_words = OwnWords(writer=writer, read_table=table, takes=False)
        researched = Researched(writer=writer, bounds=Bounds(), new_id=wiring.new_id)
        gather = partial(_gather, own_words=own_words, media=media, researched=researched, web=web, pool=pool)
        return await sample(template, gather=gather, editor=editor, run_id=run_id, now=now)


async def _gather(
    template: Template,
    now: datetime,
    *,
    own_words: OwnWords,
    media: MediaReading,
    researched: Researched,
    web: httpx.AsyncClient,
    pool: Offload,
) -> Gathered:
    """Read the sources as they are now: of each feed its newest entry, whether or not it was used before.

    A roundup gets as many of them as it takes.
    """
    if (said := await own_words(template, now)) is not None:
        return said
    try:
        hints = await media.hints(template, None, now=now)
    except SourceError as error:
        return Gathered((), (Rejected(error.reference, error.reason),))
    materials: list[Material] = []
    rejected: list[Rejected] = []
    entries = template.roundup.entries if template.roundup else 1
    for url in [*template.sources.urls, *(feed.url for feed in template.sources.feeds)]:
        wanted = f"m{len(materials)}"
        try:
            if url in template.sources.urls:
                materials.append(await read_page(url, client=web, offload=pool, material_id=wanted, now=now))
            else:
                materials.extend(await _newest(url, web, pool, entries, len(materials), now))
        except SourceError as error:
            rejected.append(Rejected(error.reference, error.reason))
    if template.sources.text is not None:
        materials.append(read_text(template.sources.text, material_id=f"m{len(materials)}"))
    await media.add_to(materials, rejected, template, None, now)
    cited, unfound = await researched(template, None, now)
    materials += [replace(each, id=f"m{at}") for at, each in enumerate(cited, len(materials))]
    rejected += unfound
    return Gathered(tuple(materials), tuple(rejected), hints=hints)


async def _newest(
    url: str, web: httpx.AsyncClient, pool: Offload, entries: int, first: int, now: datetime
) -> list[Material]:
    """Give the newest *entries* of a feed, the oldest of them first, numbered from *first*."""
    read = await read_feed(url, client=web, offload=pool)
    if not read.entries:
        raise SourceError(url, "the feed has no entries")
    newest = sorted(read.entries, key=_published, reverse=True)  # of those that are equal, the feed's first one
    return [
        item_material(entry, item_id=0, feed_title=read.title, material_id=f"m{at}", now=now)
        for at, entry in enumerate(newest[:entries][::-1], first)
    ]


def _published(entry: Entry) -> float:
    return entry.published_at.timestamp() if entry.published_at else 0.0
