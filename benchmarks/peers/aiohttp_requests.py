"""aiohttp's limit: the requests of whole runs and nothing else, as many runs at once as the daemon has in flight."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp


async def main(
    web: str,
    sandbox: str,
    key: str,
    runs: int,
    in_flight: int,
    *,
    words: str,
    reads: int,
    scores: int,
    posts: int,
    callbacks: int,
) -> dict[str, Any]:
    left = iter(range(runs))
    score = {"step": "score", "draft": words, "hasLink": "://" in words, "hasMedia": False}
    posted = [{"text": words, "url": "https://x.com/i/status/1"}]
    note = {"type": "run.succeeded", "data": {"posts": posted, "more": "x" * 600}}
    api = f"{sandbox}/compose", f"{sandbox}/x/tweets"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def ask(method: str, url: str, **more: Any) -> None:
            async with session.request(method, url, **more) as answer:
                await answer.read()
                assert answer.status in {200, 202, 204}, f"{method} {url}: {answer.status}"

        async def run(number: int) -> None:
            for _ in range(reads):
                await ask("GET", f"{web}/{number}")
            for _ in range(scores):
                await ask("POST", api[0], json=score, headers={"x-api-key": key})
            for at in range(posts):
                tweet = {"account": f"account_{number}", "text": words}
                keyed = {"x-api-key": key, "idempotency-key": f"aiohttp-{number}-{at}"}
                await ask("POST", api[1], json=tweet, headers=keyed)
            for _ in range(callbacks):
                await ask("POST", f"{web}/callback", json=note)

        async def work() -> None:
            for number in left:
                await run(number)

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return {"per_second": runs / (time.perf_counter() - started)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(**json.loads(sys.argv[1])))))
