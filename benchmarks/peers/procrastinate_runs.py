"""Procrastinate: one job for each run, whose task records its six steps; one worker, with as many jobs at once."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from benchmarks.peers import steps


async def main(url: str, runs: int, in_flight: int) -> dict[str, Any]:
    steps.create(url)
    connections = min(in_flight, steps.CONNECTIONS)
    app = App(connector=PsycopgConnector(conninfo=url, min_size=2, max_size=min(in_flight + 2, steps.CONNECTIONS)))
    pool = AsyncConnectionPool(
        url, min_size=connections, max_size=connections, open=False, timeout=steps.PATIENCE, kwargs={"autocommit": True}
    )

    @app.task(name="run")
    async def run(number: int) -> None:
        for name in steps.STEPS:
            async with pool.connection() as connection:
                await connection.execute(steps.RECORD, (number, name, steps.SAID))

    async with app.open_async(), pool:
        await pool.wait()
        await app.schema_manager.apply_schema_async()
        jobs: list[dict[str, Any]] = [{"number": number} for number in range(runs)]
        await run.batch_defer_async(*jobs)
        started = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=in_flight, install_signal_handlers=False)
        rate = runs / (time.perf_counter() - started)
        async with pool.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM steps")
            assert await cursor.fetchone() == (runs * len(steps.STEPS),)
    return {"per_second": rate}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(**json.loads(sys.argv[1])))))
