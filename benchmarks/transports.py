"""What a request takes of the processor with many in flight: our client and connections, beside httpx's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import httpx

from benchmarks import counting_server
from benchmarks.cells import Cell, in_turn
from xquik.client import Client
from xquik.connections import Connections

BODY = b"The harbour master counts the boats at dawn and again at dusk, every day, whatever the weather."
MOST = httpx.Limits(max_connections=64, max_keepalive_connections=64)


def milliseconds(new_client: Callable[[], httpx.AsyncClient], url: str, requests: int, in_flight: int) -> float:
    """Read and tell in turn, *in_flight* at once; give the milliseconds of this process's processor time for each."""

    async def timed() -> float:
        left = iter(range(requests))
        async with new_client() as client:

            async def work() -> None:
                for number in left:
                    answer = await (client.post(url, content=BODY) if number % 2 else client.get(url))
                    assert answer.is_success

            started = time.process_time()
            await asyncio.gather(*(work() for _ in range(in_flight)))
            return 1000 * (time.process_time() - started) / requests

    return asyncio.run(timed())


def cell(requests: int, in_flight: int, repeats: int) -> Cell:
    """Give the medians of both, in turn."""
    with counting_server.serving(BODY, "text/plain") as web:
        ours, its = in_turn(
            repeats,
            partial(milliseconds, lambda: Client(Connections()), web.origin, requests, in_flight),
            partial(milliseconds, lambda: httpx.AsyncClient(limits=MOST), web.origin, requests, in_flight),
        )
    title = f"httpx {version('httpx')} over its own pool"
    return Cell(f"a request, {in_flight} in flight, processor time", "ms", ours, title, its, less_is_better=True)
