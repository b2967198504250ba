"""Runner overhead: runs a second with six durable steps each, sources and writers doing nothing.

python -m benchmarks.runs --json
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks import parts
from benchmarks.report import main
from domain.run import RunStatus
from storage.database import Database
from storage.tables import runs as runs_table
from storage.writer import Writer

RUNS = 2_000
IN_FLIGHT = 64
REPEATS = 1
LOOK_EVERY = 0.01


async def one_round(database: Database) -> float:
    """Work off the queued runs; give runs a second, from the start of the daemon to the last run's end."""
    writer = Writer(database)
    writer.start()
    daemon = await parts.idle_daemon(database, writer, workers=IN_FLIGHT)
    stop = asyncio.Event()
    started = time.perf_counter()
    running = asyncio.create_task(daemon.run(stop))
    while await asyncio.to_thread(posted, database) < RUNS:
        await asyncio.sleep(LOOK_EVERY)
    took = time.perf_counter() - started
    stop.set()
    await running
    writer.stop()
    return RUNS / took


def posted(database: Database) -> int:
    with database.read() as connection:
        done = runs_table.c.status == RunStatus.POSTED.value
        return int(connection.execute(select(func.count()).select_from(runs_table).where(done)).scalar_one())


def measure() -> dict[str, Any]:
    """Give the median of several rounds, each on a database of its own."""
    rates = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            database = parts.fresh_database(Path(folder))
            far = parts.now() + parts.FAR
            owners = [parts.template(number, far) for number in range(400)]
            parts.add_templates(database, ((owner, far) for owner in owners))
            parts.queue_runs(database, owners, RUNS, far)
            rates.append(asyncio.run(one_round(database)))
            database.close()
    return {
        "runs_per_second": round(statistics.median(rates)),
        "all": [round(rate) for rate in rates],
        "runs": RUNS,
        "in_flight": IN_FLIGHT,
        "goal": 1500,
    }


if __name__ == "__main__":
    main(measure)
