"""aiohttp's limit on loopback: pages asked for and notes told, as many at once as runs are in flight."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp

NOTE = {"text": "The harbour master counts the boats at dawn and again at dusk, every day, whatever the weather."}


async def main(url: str, requests: int, in_flight: int) -> dict[str, Any]:
    left = iter(range(requests))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def work() -> None:
            for number in left:
                asking = session.post(url, json=NOTE) if number % 2 else session.get(url)
                async with asking as answer:
                    await answer.read()
                    assert answer.status in {200, 204}

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return {"per_second": requests / (time.perf_counter() - started)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(**json.loads(sys.argv[1])))))
