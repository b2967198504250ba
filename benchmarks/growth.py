"""What a run costs as history grows, from a thousand runs to a million; the database's size; what pruning takes away.

python -m benchmarks.growth --json
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import parts, report, results
from benchmarks.cells import Cell, in_turn
from benchmarks.history import fill
from benchmarks.runs import round_of
from benchmarks.why import Sizes as HistorySizes
from benchmarks.why import of_history
from domain.template import Template
from storage.database import Database
from storage.pruning import Keep, prune

TEMPLATES, IN_FLIGHT = 100, 64
ALL_OF_IT = timedelta(days=3660)  # the daemon prunes nothing while runs are measured
AT_ONCE = 1000  # rows in a transaction, as the daemon prunes


@dataclass(frozen=True, slots=True)
class Sizes:
    """*history* runs stand before *runs* are measured, *repeats* times; one of *pruned* runs is pruned to *kept*."""

    history: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    runs: int = 1_000
    repeats: int = 5
    pruned: int = 100_000
    kept: timedelta = timedelta(days=7)


QUICK = Sizes(history=(100, 200), runs=50, repeats=1, pruned=200, kept=timedelta(0))


@dataclass(frozen=True, slots=True)
class Old:
    """A database with *history* runs, and templates of which runs are queued."""

    database: Database
    history: int
    owners: list[Template]
    far: datetime  # the next slot of each owner

    def cost(self, runs: int) -> float:
        """Queue and work off *runs*; give the milliseconds for each."""
        parts.queue_runs(self.database, self.owners, runs, self.far)
        return 1000 / round_of(self.database, runs, IN_FLIGHT, keep=Keep.all(ALL_OF_IT))

    @property
    def megabytes(self) -> float:
        """What the rows and indexes take; pages that are free again are not counted."""
        with self.database.read() as connection:
            names = ("page_count", "freelist_count", "page_size")
            pages, free, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names)
        return float((pages - free) * size / 2**20)


def old(folder: Path, history: int) -> Old:
    """Make a database with so many runs of a hundred templates."""
    folder.mkdir()
    database = parts.fresh_database(folder)
    past = of_history(HistorySizes(templates=TEMPLATES, runs=max(1, history // TEMPLATES)))
    far = parts.now() + parts.FAR
    owners = [parts.template(TEMPLATES + number, far) for number in range(TEMPLATES)]
    parts.add_templates(database, [*((one, far) for one in past.templates), *((owner, far) for owner in owners)])
    fill(folder / "ostinato.db", past)
    return Old(database, history, owners, far)


def pruned(of: Old, kept: timedelta) -> dict[str, float]:
    """Prune all but what is *kept*, as the daemon does; give rows a second, and the longest transaction."""
    before, rows, longest = of.megabytes, 0, 0.0
    started = time.perf_counter()
    while True:
        since = time.perf_counter()
        with of.database.write() as connection:
            gone = prune(connection, parts.now(), Keep.all(kept), AT_ONCE).rows
        longest = max(longest, time.perf_counter() - since)
        rows += gone
        if not gone:
            break
    took = time.perf_counter() - started
    return {
        "pruned_rows_per_second": round(rows / took),
        "pruned_longest_ms": round(1000 * longest, 1),
        "before_pruning_megabytes": round(before, 1),
        "after_pruning_megabytes": round(of.megabytes, 1),
        "pruned_to_percent": round(100 * of.megabytes / before, 1),
    }


def measure() -> dict[str, Any]:
    """Give the medians of the cost of a run by history, all histories in turn, and the sizes."""
    sizes = QUICK if report.quick() else Sizes()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        databases = [old(Path(folder) / str(history), history) for history in sizes.history]
        for each in databases:
            stack.callback(each.database.close)
        megabytes = [each.megabytes for each in databases]
        costs = in_turn(sizes.repeats, *(partial(each.cost, sizes.runs) for each in databases))
        gone = pruned(next(each for each in databases if each.history == sizes.pruned), sizes.kept)
    few, many = statistics.median(costs[0]), statistics.median(costs[-1])
    cells = [
        Cell(f"a run after {each.history:,} runs", "ms", cost, less_is_better=True)
        for each, cost in zip(databases, costs, strict=True)
    ]
    cells += [
        Cell(f"database with {each.history:,} runs", "MB", [size], less_is_better=True)
        for each, size in zip(databases, megabytes, strict=True)
    ]
    return {"growth_percent": round(100 * (many / few - 1), 1), **gone, "cells": results.texts(cells)}


if __name__ == "__main__":
    report.main(measure)
