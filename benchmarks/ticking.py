"""How long an event loop is kept from its other tasks: a task that wants to run every millisecond measures it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

EVERY = 0.001  # seconds


@dataclass(slots=True)
class Blocked:
    """The longest time that the task waited for its turn, in milliseconds."""

    longest_ms: float = 0.0


@asynccontextmanager
async def ticking() -> AsyncIterator[Blocked]:
    """Measure the running loop while the context lasts."""
    blocked = Blocked()
    task = asyncio.create_task(_tick(blocked))
    try:
        yield blocked
    finally:
        task.cancel()


async def _tick(blocked: Blocked) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        wanted = clock() + EVERY
        await asyncio.sleep(EVERY)
        blocked.longest_ms = max(blocked.longest_ms, 1000 * (clock() - wanted))
