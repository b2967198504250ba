"""What commands need of the world outside: the API, pages and feeds, and the three ways to tell somebody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import httpx
import stamina
from sqlalchemy import select

from callbacks.channels import Channels
from callbacks.hook import Hook, load
from commands import sandbox_child, wiring
from commands.desk import transport
from commands.output import moment
from commands.reading import reading
from domain.errors import ApiError, ApiLimited, ApiUnavailable, FieldError, SettingsError
from domain.event import Event, Webhook
from scheduler.feed_reading import ReadFeed
from scheduler.operations.callbacks import Tell
from settings import Settings
from sources.feed import read_feed
from sources.guard import guarded_client
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

        async def tell(webhook: Webhook, event: Event) -> int | None:
            return await channels.send(webhook, event, now=wiring.now())

        yield tell
