"""The HTTP door put together from the settings: the same in the daemon and in `ostinato serve`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import httpx
import structlog

from commands.wiring import new_id, now
from domain.prices import XquikPrices
from domain.protocols import Offload
from settings import Settings
from storage.database import Database
from storage.webhooks import Cipher
from storage.writer import Writer

if TYPE_CHECKING:
    from commands.refining_desk import Refining
    from scheduler.watching import Watching
    from web.call import Parts
    from web.outside import Outside

log = structlog.get_logger(__name__)

PORT = 8780  # of `ostinato serve`, where the settings name none


@asynccontextmanager
async def http_door(
    settings: Settings,
    database: Database,
    writer: Writer,
    cipher: Cipher,
    *,
    web: httpx.AsyncClient,
    pool: Offload,
    watching: Watching | None = None,
) -> AsyncIterator[None]:
    """Serve the HTTP API while the context lasts, where the settings name a port.

    Raises SettingsError when the port is taken, or other machines would reach it and there is no token.
    """
    if settings.http_port is None:
        yield
        return
    from commands.http_outside import reached
    from commands.refining_desk import refining_desk
    from scheduler.garbage import collect_less_often
    from web import server
    from web.application import application
    from web.table import OPERATIONS

    server.check_host(database, settings.http_host, now())
    async with (
        refining_desk(settings, database, writer, web=web, pool=pool) as refining,
        reached(settings, database, writer, web=web, pool=pool) as outside,
    ):
        parts = _parts(
            settings,
            database,
            writer,
            cipher,
            web=web,
            pool=pool,
            watching=watching,
            refining=refining,
            outside=outside,
        )
        try:
            async with server.serving(
                application(OPERATIONS, parts), server.bind(settings.http_host, settings.http_port)
            ) as port:
                collect_less_often()
                host = f"[{settings.http_host}]" if ":" in settings.http_host else settings.http_host
                log.info("http.listening", url=f"http://{host}:{port}")
                try:
                    yield
                finally:
                    parts.tail.close()
        finally:
            parts.stop_reading()


def _parts(
    settings: Settings,
    database: Database,
    writer: Writer,
    cipher: Cipher,
    *,
    web: httpx.AsyncClient,
    pool: Offload,
    watching: Watching | None,
    refining: Refining,
    outside: Outside,
) -> Parts:
    """Give what the operations work with."""
    from commands.daemon_lock import roles
    from commands.desk import model_prices
    from commands.sampling import sampler
    from sources.calendar import read_calendar
    from sources.page import read_page
    from web.attempts import Attempts
    from web.call import Parts

    return Parts(
        database=database,
        writer=writer,
        cipher=cipher,
        clock=now,
        new_id=new_id,
        read_calendar=partial(read_calendar, client=web, offload=pool),
        read_page=lambda url: read_page(url, client=web, offload=pool, material_id="m0", now=now()),
        watching=watching,
        roles=partial(roles, database),
        spacing=settings.account_spacing,
        offload=pool,
        editor=refining.editor,
        has_model=refining.has_model,
        redraw=refining.redraw,
        spoken=refining.media.spoken,
        has_prices=model_prices(settings) is not None,
        hears=settings.hears,
        address=settings.public_url,
        account=settings.account,
        prices=XquikPrices(settings.xquik_credit),
        attempts=Attempts(),
        posts_apart=settings.posts_apart,
        allow=settings.allow_networks,
        outside=outside,
        take_sample=sampler(settings, database, writer, web=web, pool=pool),
    )


def run(chosen: Settings) -> None:
    """Serve the HTTP API alone until SIGTERM or SIGINT. Raises SettingsError as `http_door` does, and Conflict."""
    from commands import logs, wiring
    from commands.daemon_lock import serving_lock
    from storage import installation

    settings = replace(chosen, http_port=chosen.http_port if chosen.http_port is not None else PORT)
    logs.configure(chosen.log_level, chosen.log_format, chosen.log_file, chosen.log_files)
    with ExitStack() as stack:
        database = stack.enter_context(wiring.opened(settings))
        stack.enter_context(serving_lock(database))
        cipher = wiring.cipher(settings)
        if database.dialect == "postgresql":
            with database.write() as connection:
                installation.check_key(connection, cipher)
        asyncio.run(_until_told(settings, database, cipher))


async def _until_told(settings: Settings, database: Database, cipher: Cipher) -> None:
    from commands.reading import reading

    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    writer = Writer(database)
    writer.start()
    try:
        async with (
            reading(settings) as (client, pool),
            http_door(settings, database, writer, cipher, web=client, pool=pool),
        ):
            await stop.wait()
    finally:
        writer.stop()
