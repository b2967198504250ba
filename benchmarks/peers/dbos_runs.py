"""DBOS: a workflow of six steps for each run, as many at once as may be in flight.

Workflows are started directly and not by a queue, which is polled once a second: with one in flight that would be
measured, and nothing else. SQLite is given WAL and `synchronous=FULL`, as we use it; it comes with a rollback journal.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from typing import Any

from dbos import DBOS, DBOSConfig
from sqlalchemy import Engine, event

from benchmarks.peers.steps import SAID, STEPS

POOL = 20  # connections, as DBOS has by default; more where more are in flight
MOST = 100


@DBOS.step()
async def act(name: str) -> str:
    return name + SAID


@DBOS.workflow()
async def run(number: int) -> int:
    for name in STEPS:
        await act(name)
    return number


@event.listens_for(Engine, "connect")
def prepare(connection: Any, _: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")


async def work(runs: int, in_flight: int) -> float:
    room = asyncio.Semaphore(in_flight)

    async def one(number: int) -> None:
        async with room:
            handle = await DBOS.start_workflow_async(run, number)
            await handle.get_result()

    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(runs)))
    return runs / (time.perf_counter() - started)


def main(url: str, runs: int, in_flight: int) -> dict[str, Any]:
    pool = min(MOST, max(POOL, in_flight))
    DBOS(config=DBOSConfig(name="bench", system_database_url=url, sys_db_pool_size=pool, log_level="ERROR"))
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS.launch()

    async def all_of_it() -> float:
        await work(min(4, runs), in_flight)  # what is done once is not measured
        return await work(runs, in_flight)

    rate = asyncio.run(all_of_it())
    DBOS.destroy()
    return {"per_second": rate}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
