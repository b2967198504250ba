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

from benchmarks import disk, parts, report
from domain.run import RunStatus
from storage.database import Database
from storage.tables import runs as runs_table

RUNS = 6_000
IN_FLIGHT = 64
REPEATS = 5
LOOK_EVERY = 0.05  # seconds; a look takes 0.7 ms of a core that the runs need
DISK_SECONDS = 1.0


async def one_round(database: Database, count: int) -> float:
    """Work off the queued runs; give runs a second, from the start of the daemon to the last run's end."""
    started = time.perf_counter()
    async with parts.running(database, workers=IN_FLIGHT):
        while await asyncio.to_thread(posted, database) < count:
            await asyncio.sleep(LOOK_EVERY)
        took = time.perf_counter() - started
    return count / took


def posted(database: Database) -> int:
    with database.read() as connection:
        done = runs_table.c.status == RunStatus.POSTED.value
        return int(connection.execute(select(func.count()).select_from(runs_table).where(done)).scalar_one())


def measure() -> dict[str, Any]:
    """Give the median of several rounds, each on a database of its own, and what the disk allowed beside them."""
    count, repeats, disk_seconds = (100, 1, 0.05) if report.quick() else (RUNS, REPEATS, DISK_SECONDS)
    rates, syncs, commits = [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            syncs.append(disk.syncs_per_second(Path(folder), disk_seconds))
            commits.append(disk.commits_per_second(Path(folder), disk_seconds))
            database = parts.fresh_database(Path(folder))
            far = parts.now() + parts.FAR
            owners = [parts.template(number, far) for number in range(400)]
            parts.add_templates(database, ((owner, far) for owner in owners))
            parts.queue_runs(database, owners, count, far)
            rates.append(asyncio.run(one_round(database, count)))
            database.close()
    return {
        "runs_per_second": round(statistics.median(rates)),
        "all": [round(rate) for rate in rates],
        "runs": count,
        "in_flight": IN_FLIGHT,
        "disk_syncs_per_second": round(statistics.median(syncs)),
        "sqlite_commits_per_second": round(statistics.median(commits)),
    }


if __name__ == "__main__":
    report.main(measure)
