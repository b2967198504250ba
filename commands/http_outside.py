"""What the HTTP API reaches outside, put together from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx

from callbacks.channels import Channels
from callbacks.hook import Hook, load
from commands.desk import transport
from commands.outside import RETRIES, with_key
from commands.wiring import now
from domain.event import Event, Webhook
from domain.protocols import Offload
from settings import Settings
from sources.feed import read_feed
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.writer import Writer

if TYPE_CHECKING:
    from web.outside import Outside


@asynccontextmanager
async def reached(
    settings: Settings, database: Database, writer: Writer, *, web: httpx.AsyncClient, pool: Offload
) -> AsyncIterator[Outside]:
    """Give it while the context lasts, without an API key no transport. Raises SettingsError as `load` does."""
    from web.outside import Outside

    keyed = with_key(settings, database)
    channels = Channels(web, settings.notify_command, Hook(load(settings.hook)) if settings.hook else None)

    async def tell(webhook: Webhook, event: Event) -> int | None:
        return await channels.send(webhook, event, now=now())

    async with httpx.AsyncClient(trust_env=False) as client:
        yield Outside(
            tell=tell,
            read_feed=partial(read_feed, client=web, offload=pool),
            transport=transport(keyed, SqlRateWindows(writer), client, RETRIES) if keyed else None,
            callback_secret=settings.callback_secret is not None,
            timezone=settings.timezone.key,
        )
