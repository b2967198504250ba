"""What a command reads the world outside with: the guarded client, and the processes in which pages are parsed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    import httpx

    from scheduler.process_pool import ProcessPool


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, ProcessPool]]:
    """Give both while the context lasts. They are imported here: most commands read nothing."""
    from scheduler.process_pool import ProcessPool
    from sources.guard import guarded_client

    pool = ProcessPool()
    try:
        async with guarded_client(allow=settings.allow_networks) as client:
            yield client, pool
    finally:
        pool.close()
