"""What commands need of the world outside: the API, pages and feeds, and the three ways to tell somebody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

import httpx
import stamina
from sqlalchemy import select

from callbacks.channels import Channels
from callbacks.hook import Hook, load
from commands import logs, sandbox_child, wiring
from commands.desk import desk, model_writer, transport
from commands.media import media_models, media_reading
from commands.output import moment
from commands.reading import reading
from domain.errors import ApiError, ApiLimited, ApiUnavailable, FieldError, SettingsError, SourceError
from domain.event import Event, Webhook
from domain.material import Entry, Material
from domain.research import Bounds
from domain.run import Rejected
from domain.template import Template
from scheduler.editor import Gathered
from scheduler.feed_reading import FeedReading, ReadFeed
from scheduler.media_reading import MediaReading
from scheduler.operations.callbacks import Tell
from scheduler.operations.sampling import Sample, sample
from scheduler.own_words import OwnWords
from scheduler.process_pool import ProcessPool
from scheduler.researched import Researched
from settings import Settings
from sources.feed import item_material, read_feed
from sources.guard import guarded_client
from sources.page import read_page
from sources.table import read_table
from sources.text import read_text
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.tables import installation
from storage.writer import Writer
from xquik.accounts import list_accounts
from xquik.transport import Retries, Transport

RETRIES = Retries(attempts=2, first=0.2, longest=2.0)
QUICK = 2.0  # seconds that a command waits for what it can do without


def with_key(settings: Settings, database: Database) -> Settings | None:
    """Give the settings with an API key; without one those of the sandbox, when the database is its; else None."""
    if settings.xquik_key is not None:
        return settings
    with database.read() as connection:
        bound = connection.execute(select(installation.c.base_url)).scalar()
    if bound != sandbox_child.base_url(settings.sandbox_port):
        return None
    return replace(settings, xquik_url=bound, xquik_key=sandbox_child.throwaway_key())


def needs_key(settings: Settings, database: Database) -> Settings:
    """Give the settings as `with_key` does. Raises SettingsError when there is no key."""
    found = with_key(settings, database)
    if found is None:
        reason = "is not set; set it, or start `ostinato daemon --sandbox` first and use its sandbox"
        raise SettingsError([FieldError("OSTINATO_XQUIK_KEY", reason)])
    return found


@asynccontextmanager
async def api(settings: Settings, database: Database) -> AsyncIterator[tuple[Transport, Writer]]:
    """Give the transport to the API, its rate windows shared with the daemon, and the writer they are kept with.

    Somebody waits for the answer, so little is repeated, and what comes out of it names the host and when to try again.
    """
    stamina.instrumentation.set_on_retry_hooks([])  # the command's own error says it once
    writer = Writer(database)
    writer.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield transport(settings, SqlRateWindows(writer), client, RETRIES), writer
    except ApiUnavailable as error:
        if error.status is not None:
            raise
        said = f"cannot reach {settings.xquik_url}: is it running? set OSTINATO_XQUIK_URL ({error})"
        raise ApiUnavailable(said) from error
    except ApiLimited as error:
        said = f"{error}; try again at {moment(error.retry_at)}"
        raise ApiLimited(said, retry_at=error.retry_at, status=error.status, code=error.code) from error
    finally:
        writer.stop()


async def has_account(settings: Settings, database: Database, username: str) -> bool | None:
    """Tell whether the key has the account *username*; None when that is not known within two seconds."""
    found = with_key(settings, database)
    if found is None:
        return None
    try:
        async with asyncio.timeout(QUICK), api(found, database) as (reached, _):
            return username.lower() in {each.username.lower() for each in await list_accounts(reached)}
    except (ApiError, TimeoutError):
        return None


@asynccontextmanager
async def feed_reader(settings: Settings) -> AsyncIterator[ReadFeed]:
    """Give a reader of feeds behind the guarded client."""
    async with reading(settings) as (client, pool):
        yield partial(read_feed, client=client, offload=pool)


@asynccontextmanager
async def telling(settings: Settings) -> AsyncIterator[Tell]:
    """Give a function that sends one event to one webhook at once."""
    hook = Hook(load(settings.hook)) if settings.hook else None
    async with guarded_client(allow=settings.allow_networks) as client:
        channels = Channels(client, settings.notify_command, hook)

        async def tell(webhook: Webhook, event: Event) -> None:
            await channels.send(webhook, event, now=wiring.now())

        yield tell


async def take_sample(settings: Settings, database: Database, template: Template) -> Sample:
    """Compose what *template* would post now, from its real sources, without storing or posting it.

    Raises ApiError when the API cannot be asked: then it would not be what is posted.
    """
    async with (
        reading(settings) as (web, pool),
        api(settings, database) as (reached, writer),
        model_writer(settings, pool) as model,
        media_models(settings) as models,
    ):
        reader = partial(read_feed, client=web, offload=pool)
        feeds = FeedReading(writer=writer, read_feed=reader, clock=wiring.now)
        media = media_reading(models, writer=writer, web=web, pool=pool)
        editor = desk(writer=writer, api=reached, feeds=feeds, pool=pool, web=web, media=media, model=model)
        await list_accounts(reached)  # the editor does without the API; a sample without it is not what would be
        table = partial(read_table, client=web, offload=pool)
        own_words = OwnWords(writer=writer, read_table=table, takes=False)
        researched = Researched(writer=writer, bounds=Bounds(), new_id=wiring.new_id)
        gather = partial(_gather, own_words=own_words, media=media, researched=researched, web=web, pool=pool)
        with logs.warnings_only():
            return await sample(template, gather=gather, editor=editor, run_id=wiring.new_id(), now=wiring.now())


async def _gather(
    template: Template,
    now: datetime,
    *,
    own_words: OwnWords,
    media: MediaReading,
    researched: Researched,
    web: httpx.AsyncClient,
    pool: ProcessPool,
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
    url: str, web: httpx.AsyncClient, pool: ProcessPool, entries: int, first: int, now: datetime
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
