"""How late slots start, how many are planned in a second, and how soon a restarted daemon plans.

python -m benchmarks.schedule --json
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from sqlalchemy import func, make_url, select

from benchmarks import firing, parts, report, results, steady
from benchmarks.draining import planned_per_second
from domain.run import RunStatus
from storage.database import Database, open_database
from storage.tables import runs

T = TypeVar("T")

IN_FLIGHT = 64
PATIENCE = 120.0  # seconds; a daemon that has stopped working must not be waited for
HOUR = timedelta(hours=1)
DUE_AT_RESTART = 500  # a minute's slots of a large installation, or one batch of the planner


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* and *many* are numbers of templates; slots come for *seconds*, *slots* of them in each."""

    templates: int = 10_000
    many: int = 100_000
    slots: int = 50
    seconds: int = 30
    repeats: int = 3
    head_start: timedelta = timedelta(seconds=5)


QUICK = Sizes(templates=200, many=1_000, slots=20, seconds=1, repeats=1, head_start=timedelta(seconds=1))


def lateness(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Let slots come evenly, and read from SQL how long after its slot each run was started."""
    database = parts.fresh_database(folder)
    start = parts.now() + sizes.head_start
    coming = [start + timedelta(seconds=n / sizes.slots) for n in range(sizes.slots * sizes.seconds)]
    later = [start + parts.FAR] * (sizes.templates - len(coming))
    anchors = [*coming, *later]
    Random(1).shuffle(anchors)
    parts.add_templates(database, ((parts.template(n, at), at) for n, at in enumerate(anchors)))

    async def let_them_come() -> float:
        async with parts.running(database, workers=IN_FLIGHT):
            if parts.now() >= start:
                raise SystemExit("the machine is too busy: the first slots came before the daemon had started")
            before = time.process_time()
            done = runs.c.status == RunStatus.POSTED.value
            await _until(lambda: _count(database, done) == len(coming), look_every=0.5)
            return time.process_time() - before

    used = asyncio.run(let_them_come())
    with database.read() as connection:
        late = [1000 * (row.started_at - row.slot_at).total_seconds() for row in connection.execute(select(runs))]
    database.close()
    return {
        "late_p50_ms": round(statistics.median(late), 1),
        "late_p99_ms": round(statistics.quantiles(late, n=100, method="inclusive")[98], 1),
        "late_max_ms": round(max(late), 1),
        "slots": len(late),
        "slots_per_second": sizes.slots,
        "cpu_percent": round(100 * used / (sizes.seconds + sizes.head_start.total_seconds()), 1),
    }


def restart(url: str) -> float:
    """Open the database anew and run a daemon on it; give the seconds until its first plan is on disk."""

    async def until_planned() -> float:
        with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as watch:
            watch.execute("SELECT id FROM runs LIMIT 1")
            started = time.perf_counter()
            database = open_database(url)
            async with parts.running(database, workers=IN_FLIGHT), asyncio.timeout(PATIENCE):
                while watch.execute("SELECT id FROM runs LIMIT 1").fetchone() is None:
                    await asyncio.sleep(0.001)
                took = time.perf_counter() - started
            database.close()
            return took

    return asyncio.run(until_planned())


def planning(folder: Path, count: int) -> float:
    """Give slots planned in a second when *count* templates are due at one instant, as at nine o'clock."""
    database = parts.fresh_database(folder)
    nine = parts.now()
    parts.add_templates(database, ((parts.template(n, nine), nine) for n in range(count)))
    rate = planned_per_second(database, nine)
    database.close()
    return rate


def outage(folder: Path, count: int) -> tuple[float, float]:
    """Give the seconds of a restart, and slots planned in a second when *count* came due over an hour of outage.

    They are due in another order than they were made in, so each row and index entry lies somewhere else. Few are due
    at the restart, the others an hour later.
    """
    database = parts.fresh_database(folder)
    base = parts.now()
    few = min(DUE_AT_RESTART, count // 2)
    anchors = [*[base] * few, *(base + HOUR * (1 + n / count) for n in range(count - few))]
    Random(2).shuffle(anchors)
    parts.add_templates(database, ((parts.template(n, at), at) for n, at in enumerate(anchors)))
    database.close()
    restarted = restart(database.url)
    database = open_database(database.url)
    rate = planned_per_second(database, base + 2 * HOUR)
    database.close()
    return restarted, rate


def measure() -> dict[str, Any]:
    """Give all figures of the schedule; all but lateness are medians."""
    sizes = QUICK if report.quick() else Sizes()
    figures = _in_folder(lambda folder: lateness(folder, sizes))
    some = [_in_folder(lambda folder: planning(folder, sizes.templates)) for _ in range(sizes.repeats)]
    many = [_in_folder(lambda folder: planning(folder, sizes.many)) for _ in range(sizes.repeats)]
    outages = [_in_folder(lambda folder: outage(folder, sizes.many)) for _ in range(sizes.repeats)]
    cells = dict(firing.cells(firing.QUICK if report.quick() else firing.Sizes()))
    stream = dict(steady.cells(steady.QUICK if report.quick() else steady.Sizes()))
    return {
        "templates": sizes.templates,
        **figures,
        "planned_10k_per_second": round(statistics.median(some)),
        "planned_100k_per_second": round(statistics.median(many)),
        "planned_after_outage_per_second": round(statistics.median(rate for _, rate in outages)),
        "restart_seconds": round(statistics.median(seconds for seconds, _ in outages), 3),
        "restart_templates": sizes.many,
        "times_apscheduler": firing.worst(cells, firing.KEPT),
        "times_apscheduler_without_rows": firing.worst(cells, firing.ALONE),
        "steady_late_p99_ms": steady.worst(stream, steady.LATE),
        "steady_blocked_ms": steady.worst(stream, steady.BLOCKED),
        "cells": results.texts([*cells.values(), *stream.values()]),
    }


def _in_folder(act: Callable[[Path], T]) -> T:
    with tempfile.TemporaryDirectory() as folder:
        return act(Path(folder))


async def _until(reached: Callable[[], bool], look_every: float) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(reached):
            await asyncio.sleep(look_every)


def _count(database: Database, condition: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(runs).where(condition)).scalar_one())


if __name__ == "__main__":
    report.main(measure)
