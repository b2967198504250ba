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

from benchmarks import disk, durable, parts, peer, report, results
from domain.run import RunStatus
from storage.database import Database
from storage.pruning import Keep
from storage.tables import constant
from storage.tables import runs as runs_table

RUNS = 6_000
IN_FLIGHT = 64
REPEATS = 5
LOOK_EVERY = 0.05  # seconds; a look takes 0.7 ms of a core that the runs need
TEMPLATES = 400
KEEP = Keep()
DISK_SECONDS = 1.0


async def one_round(database: Database, count: int, in_flight: int, keep: Keep) -> float:
    """Work off the queued runs; give runs a second, from the start of the daemon to the last run's end."""
    started = time.perf_counter()
    async with parts.running(database, workers=in_flight, keep=keep):
        while await asyncio.to_thread(left, database):
            await asyncio.sleep(LOOK_EVERY)
        took = time.perf_counter() - started
    return count / took


def round_on(url: str, count: int, in_flight: int) -> float:
    """Give the runs a second of a round on the new database at *url*."""
    database = parts.new_database(url)
    far = parts.now() + parts.FAR
    owners = [parts.template(number, far) for number in range(min(TEMPLATES, count))]
    parts.add_templates(database, ((owner, far) for owner in owners))
    parts.queue_runs(database, owners, count, far)
    try:
        return round_of(database, count, in_flight)
    finally:
        database.close()


def round_of(database: Database, count: int, in_flight: int, keep: Keep = KEEP) -> float:
    """Give the runs a second of working off the *count* runs that are queued."""
    return asyncio.run(one_round(database, count, in_flight, keep))


def left(database: Database) -> int:
    """Give how many runs are not done: by their partial indexes, however long the history.

    In one statement, which sees one moment: of a fleet's runs some are let go of and claimed between any two.
    """
    queued, working = (
        select(func.count()).select_from(runs_table).where(runs_table.c.status == constant(status)).scalar_subquery()
        for status in (RunStatus.QUEUED, RunStatus.WORKING)
    )
    with database.read() as connection:
        return int(connection.execute(select(queued + working)).scalar_one())


def measure() -> dict[str, Any]:
    """Give the median of several rounds, each on a database of its own, and what the disk allowed beside them."""
    count, repeats, disk_seconds = (100, 1, 0.05) if report.quick() else (RUNS, REPEATS, DISK_SECONDS)
    rates, syncs, commits = [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            syncs.append(disk.syncs_per_second(Path(folder), disk_seconds))
            commits.append(disk.commits_per_second(Path(folder), disk_seconds))
            rates.append(round_on(f"sqlite:///{folder}/ostinato.db", count, IN_FLIGHT))
    cells = list(durable.cells(durable.QUICK if report.quick() else durable.Sizes(), round_on))
    most = max(durable.QUICK.runs if report.quick() else durable.Sizes().runs)
    some = 8 if report.quick() else 32
    return {
        "runs_per_second": round(statistics.median(rates)),
        "all": [round(rate) for rate in rates],
        "runs": count,
        "in_flight": IN_FLIGHT,
        "disk_syncs_per_second": round(statistics.median(syncs)),
        "sqlite_commits_per_second": round(statistics.median(commits)),
        "sqlite_most_per_second": durable.rate(cells, "sqlite", most),
        "postgresql_most_per_second": durable.rate(cells, "postgresql", most),
        "alone_of_limit_percent": durable.of_limit(cells),
        "times_dbos": durable.ratio(cells, peer.DBOS, some),
        "times_procrastinate": durable.ratio(cells, peer.PROCRASTINATE, some),
        "times_celery": durable.ratio(cells, peer.CELERY, some),
        "times_dramatiq": durable.ratio(cells, peer.DRAMATIQ, some),
        "cells": results.texts(cells),
    }


if __name__ == "__main__":
    report.main(measure)
