"""The writing desk and the transport of the settings: what the daemon and the command line both write with."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
import structlog
from sqlalchemy import Connection

from commands.advice import Advice
from commands.wiring import now
from domain.draft import Score
from domain.errors import ApiUnavailable, NotFound, SourceError
from domain.material import StyleProfile
from domain.project import Project
from domain.protocols import Offload, RateWindows, Tier
from domain.run import Run
from domain.template import StyleSource, Template
from generators.model.asking import Prices
from generators.model.server import Server
from generators.model.writer import ModelWriter
from generators.repetition import Earlier
from scheduler.editor import WritingDesk
from scheduler.feed_reading import FeedReading
from scheduler.gathering import Gathering
from scheduler.last_look import grouped
from scheduler.media_reading import MediaReading
from scheduler.purse import Purse
from scheduler.researched import Researched
from settings import Rate, Settings
from sources.page import read_page
from sources.style import read_style
from sources.table import read_table
from storage import posts, projects, restored, styles
from storage.writer import Writer
from xquik import compose
from xquik.limits import DEFAULTS, UNLIMITED, Allowance, Limiter
from xquik.transport import Retries, Transport

log = structlog.get_logger(__name__)

STYLE_FRESH = timedelta(days=7)
REPEATED_WITHIN = timedelta(days=30)  # a text that the account posted this recently is not written again
COMPARED_POSTS = 500  # of an account's newest, that a draft is compared with


def tiers(settings: Settings) -> dict[Tier, Allowance]:
    """Give the rate tiers of the settings. A third of the write tier is kept for posts."""
    if not settings.rate_limits:
        return dict(UNLIMITED)
    rates: dict[Tier, Rate] = {
        Tier.READ: settings.rate_read,
        Tier.WRITE: settings.rate_write,
        Tier.DELETE: settings.rate_delete,
    }
    return {
        tier: Allowance(rate.limit, rate.window, reserved=rate.limit // 3 if DEFAULTS[tier].reserved else 0)
        for tier, rate in rates.items()
    }


def transport(
    settings: Settings, windows: RateWindows, client: httpx.AsyncClient, retries: Retries | None = None
) -> Transport:
    """Give the transport to the Xquik API of the settings."""
    return Transport(
        base_url=settings.xquik_url,
        key=settings.xquik_key or "",
        client=client,
        limits=Limiter(windows, clock=now, tiers=tiers(settings)),
        clock=now,
        timeout=settings.request_timeout.total_seconds(),
        retries=retries,
    )


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles that templates follow: kept in SQL for a week, then read anew."""

    writer: Writer
    transport: Transport

    async def of(self, template: Template) -> StyleProfile | None:
        """Give the style of *template*; when it cannot be read, the last one kept, or none, and the log says so."""
        source = template.style
        if source is None:
            return None
        if source.username is None:
            return await read_style(source, transport=None, now=now())
        kept = await self._kept(source.username, template.owner_id)
        if kept is not None and kept.fetched_at is not None and now() - kept.fetched_at < STYLE_FRESH:
            return kept
        try:
            return await self._read(source, source.username, template.owner_id)
        except (SourceError, ApiUnavailable) as error:
            log.warning("style.unread", style=source.username, error=str(error), kept=kept is not None)
            return kept

    async def _read(self, source: StyleSource, name: str, owner: str) -> StyleProfile:
        profile = await read_style(source, transport=self.transport, now=now())
        await self.writer.call(lambda c: styles.save(c, name, profile, owner=owner))
        return profile

    async def _kept(self, name: str, owner: str) -> StyleProfile | None:
        try:
            return await self.writer.call(lambda c: styles.get(c, name, owner=owner))
        except NotFound:
            return None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an account's posts and of a template's projects."""

    writer: Writer

    async def posted_texts(self, account: str) -> frozenset[str]:
        """Give the texts that *account* has posted recently."""
        since = now() - REPEATED_WITHIN
        return frozenset(await self.writer.call(lambda c: posts.recent_texts(c, account, since)))

    async def said_before(self, template: Template, run: Run) -> tuple[Earlier, ...]:
        """Give what the account of *run* has said or is about to say, as far back as *template* does not repeat."""
        since = now() - timedelta(days=template.repeat_after)

        def read(c: Connection) -> tuple[Earlier, ...]:
            said = posts.said_and_coming(c, run.account, since, besides=run.id, limit=COMPARED_POSTS)
            elsewhere = restored.posts_since(c, run.account, since)  # only the timeline knows of these
            return (*grouped(said), *(Earlier(each.tweet_id, (each.text,)) for each in elsewhere))

        return await self.writer.call(read)

    async def read_projects(self, template: Template) -> list[Project]:
        """Give the projects that *template* names."""
        return await self.writer.call(lambda c: projects.some(c, template.projects, owner=template.owner_id))


def model_server(settings: Settings) -> Server | None:
    """Give the language model of the settings, or None where they name none, or neither a key nor an address."""
    if settings.model is None or (settings.openai_api_key is None and settings.openai_base_url is None):
        return None
    return Server(model=settings.model, base_url=settings.openai_base_url, key=settings.openai_api_key)


def model_prices(settings: Settings) -> Prices | None:
    """Give what tokens cost, where both prices are set."""
    if settings.model_price_in is None or settings.model_price_out is None:
        return None
    return Prices(settings.model_price_in, settings.model_price_out)


@asynccontextmanager
async def model_writer(settings: Settings, pool: Offload) -> AsyncIterator[ModelWriter | None]:
    """Give the writer that asks the language model of the settings, if there is one."""
    server = model_server(settings)
    if server is None:
        yield None
        return
    writer = ModelWriter(
        server,
        offload=pool,
        clock=time.monotonic,
        timeout=settings.model_timeout.total_seconds(),
        prices=model_prices(settings),
    )
    try:
        yield writer
    finally:
        await writer.close()


def desk(
    *,
    writer: Writer,
    api: Transport,
    feeds: FeedReading,
    pool: Offload,
    web: httpx.AsyncClient,
    media: MediaReading,
    researched: Researched | None = None,
    model: ModelWriter | None = None,
    purse: Purse | None = None,
    count_drafts: Callable[[int, int], None] | None = None,
) -> WritingDesk:
    """Give the editor: sources behind the guarded client, the writers, and the API's advice and scores."""
    advice = Advice(api, now)

    async def ask_score(text: str, has_link: bool, has_media: bool) -> Score:
        return await compose.score(api, text, has_link=has_link, has_media=has_media)

    remembered = Remembered(writer)
    return WritingDesk(
        gather=Gathering(
            writer=writer,
            feed_reading=feeds,
            read_page=partial(read_page, client=web, offload=pool),
            read_table=partial(read_table, client=web, offload=pool),
            media=media,
            researched=researched,
        ),
        offload=pool,
        ask_score=ask_score,
        ask_guidance=advice.rules,
        ask_advice=advice.refinement,
        read_style=Styles(writer, api).of,
        posted_texts=remembered.posted_texts,
        said_before=remembered.said_before,
        read_projects=remembered.read_projects,
        model=model,
        purse=purse,
        count_drafts=count_drafts,
    )
