"""What watches the daemon, put together from the settings: its health port, its summaries, and the ping."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx
import structlog

from commands.wiring import now
from domain.errors import FieldError, SettingsError
from scheduler.digest_telling import Digest
from scheduler.heartbeat import Beat
from scheduler.pulse import Pulse
from settings import Settings
from storage.database import Database
from storage.writer import Writer

if TYPE_CHECKING:
    from scheduler.metrics import Metrics
    from scheduler.watching import Watching

log = structlog.get_logger(__name__)


@asynccontextmanager
async def watched(
    settings: Settings, database: Database, writer: Writer, pulse: Pulse
) -> AsyncIterator[tuple[Metrics, Watching] | None]:
    """Give what is to be counted into, and what looks after the daemon; None when nobody can ask for it.

    The health port is served while the context lasts, where the settings name one. Raises SettingsError when it is
    taken.
    """
    if settings.health_port is None and settings.http_port is None:
        yield None
        return
    from scheduler.metrics import Metrics
    from scheduler.watching import Watching

    metrics = Metrics()
    watching = Watching(
        database=database,
        pulse=pulse,
        metrics=metrics,
        writer_alive=lambda: writer.alive,
        writer_failing=lambda: writer.failing,
        clock=now,
    )
    try:
        async with _health_port(watching, settings.health_port):
            yield metrics, watching
    finally:
        watching.close()


@asynccontextmanager
async def _health_port(watching: Watching, wanted: int | None) -> AsyncIterator[None]:
    if wanted is None:
        yield
        return
    from commands.health_server import serving

    async with serving(watching, wanted) as port:
        log.info("health.listening", url=f"http://127.0.0.1:{port}/healthz")
        yield


def beats(settings: Settings, database: Database, writer: Writer, client: httpx.AsyncClient) -> dict[str, Beat]:
    """Give the beat of the daily summary, if there is to be one. *client* reaches the ping URL.

    Raises SettingsError for a ping without summaries.
    """
    if settings.digest_at is None:
        if settings.ping_url is not None:
            reason = "is requested with the summary of the day; set OSTINATO_DIGEST_AT too, such as 07:00"
            raise SettingsError([FieldError("OSTINATO_PING_URL", reason)])
        return {}
    digest = Digest(
        database=database,
        writer=writer,
        at=settings.digest_at,
        zone=settings.timezone,
        ping=partial(ping, client, settings.ping_url) if settings.ping_url else None,
    )
    return {"digest": digest.beat}


async def ping(client: httpx.AsyncClient, url: str) -> bool:
    """Request *url*; say whether it answered with 2xx. The URL is a secret and is not logged."""
    try:
        async with client.stream("GET", url) as answer:
            answered, problem = answer.is_success, f"answered {answer.status_code}"
    except httpx.HTTPError as error:
        answered, problem = False, type(error).__name__
    if not answered:
        log.warning("ping.failed", problem=problem)
    return answered
