"""A fleet on PostgreSQL: runs a second that 1, 2 and 4 worker processes do, brought to them by jobs.

python -m benchmarks.fleet --json
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks import parts, report, results, servers
from benchmarks.cells import Cell, in_turn
from benchmarks.processes import ROOT, environment_without_settings
from benchmarks.runs import left
from benchmarks.servers import PostgreSQL
from storage import jobs
from storage.database import Database
from storage.tables import runs as runs_table

RUNS = 4_000
IN_FLIGHT = 64  # in each process
REPEATS = 5
TEMPLATES = 400
PROCESSES = (1, 2, 4)
PATIENCE = 300.0  # seconds for one round
LOOK_EVERY = 0.1
STOP_SECONDS = 20.0
WORKER = "from benchmarks import fleet_process; fleet_process.main()"
TWEETS = 10_000_000  # numbers of tweets for each process


@dataclass(slots=True)
class Sent:
    """How many runs were due and were sent in all rounds, and how many sends were of a run that was sent already."""

    runs: int = 0
    due: int = 0
    duplicates: int = 0

    def count(self, files: list[Path], due: Collection[str], database: Database) -> None:
        """Add what the processes of one round have sent of the runs that were *due*.

        Ends the benchmark, with what the ledger says of them, when one was sent that was not due, or not sent at all.
        """
        times = Counter(name for file in files for name in file.read_text(encoding="ascii").split())
        self.runs += len(times)
        self.due += len(due)
        self.duplicates += times.total() - len(times)
        if strays := times.keys() - set(due):
            raise SystemExit(f"{len(strays)} posts were sent of runs that were not due, such as {min(strays)}")
        if unsent := set(due) - times.keys():
            raise SystemExit(f"{len(unsent)} of {len(due)} runs were not sent: {_told(database, unsent)}")


def _told(database: Database, run_ids: Collection[str]) -> str:
    """Say what the ledger holds of runs: how many ended how, and why, or where they stand."""
    rows = runs_table.c
    with database.read() as connection:
        found = connection.execute(select(rows.id, rows.status, rows.reason, rows.detail)).all()
    kinds = Counter(" ".join(filter(None, (row.status, row.reason, row.detail))) for row in found if row.id in run_ids)
    kinds["absent"] = len(run_ids) - kinds.total()
    return "; ".join(f"{times} {kind}" for kind, times in sorted(kinds.items()) if times)


def one_round(processes: int, *, server: PostgreSQL, count: int, sent: Sent) -> float:
    """Give the runs a second that *processes* do, from the first run's start to the last one's end, as SQL has them."""
    with servers.database("postgresql", server) as url, tempfile.TemporaryDirectory() as folder:
        database = parts.new_database(url)
        far = parts.now() + parts.FAR
        owners = [parts.template(number, far) for number in range(min(TEMPLATES, count))]
        parts.add_templates(database, ((owner, far) for owner in owners))
        files = [Path(folder) / f"sent-{number}" for number in range(processes)]
        with ExitStack() as fleet:
            for number, file in enumerate(files):
                fleet.enter_context(_worker(url, file, 1 + number * TWEETS))
            with database.write() as connection:
                due = parts.plan_runs(connection, owners, count, far)
                jobs.defer_shards(connection, due)
            _wait(database)
        sent.count(files, due, database)
        rate = count / _seconds(database)
        database.close()
        return rate


@contextmanager
def _worker(url: str, sent: Path, first_tweet: int) -> Iterator[None]:
    given = {"url": url, "workers": IN_FLIGHT, "sent": str(sent), "first_tweet": first_tweet}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(given)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment_without_settings(),
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != "ready":
            raise SystemExit("a process of the fleet did not start")
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        process.stdout.close()


def _wait(database: Database) -> None:
    deadline = time.monotonic() + PATIENCE
    while open_runs := left(database):
        if time.monotonic() > deadline:
            raise SystemExit(f"{open_runs} runs were not done within {PATIENCE:.0f} s")
        time.sleep(LOOK_EVERY)


def _seconds(database: Database) -> float:
    with database.read() as connection:
        first, last = connection.execute(
            select(func.min(runs_table.c.started_at), func.max(runs_table.c.finished_at))
        ).one()
    return float((last - first).total_seconds())


def measure() -> dict[str, Any]:
    """Give the medians for each number of processes, in turn, each round on a database of its own."""
    count, repeats = (60, 1) if report.quick() else (RUNS, REPEATS)
    sent = Sent()
    with servers.postgresql() as server:
        rounds = [partial(one_round, each, server=server, count=count, sent=sent) for each in PROCESSES]
        alone, *more = in_turn(repeats, *rounds)
    cells = [
        Cell(f"fleet of {each} on PostgreSQL", "/s", figures, "one worker", alone)
        for each, figures in zip(PROCESSES[1:], more, strict=True)
    ]
    return {
        "times_one_worker": round(cells[0].ratio or 0, 2),
        "duplicates": sent.duplicates,
        "sent": sent.runs,
        "due": sent.due,
        "runs": count,
        "in_flight_each": IN_FLIGHT,
        "one_worker_all": [round(each) for each in alone],
        "two_workers_all": [round(each) for each in more[0]],
        "four_workers_all": [round(each) for each in more[1]],
        "repeats": repeats,
        "cells": results.texts(cells),
    }


if __name__ == "__main__":
    report.main(measure)
