"""Restart with many templates, and what each costs in memory, beside APScheduler's memory job store.

python -m benchmarks.restart --json
"""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import parts, peer, report, results
from benchmarks.cells import Cell, in_turn
from benchmarks.schedule import DUE_AT_RESTART, restart

TEMPLATES, REPEATS = 100_000, 5
QUICK_TEMPLATES = 1_000


def restarted(count: int) -> tuple[float, float]:
    """Restart a daemon with *count* templates; give milliseconds to its first plan, and the megabytes that it took."""
    with tempfile.TemporaryDirectory() as folder, _new_process() as process:
        url = f"sqlite:///{folder}/ostinato.db"
        _fill(url, count)
        return process.submit(measured_restart, url).result()


def measured_restart(url: str) -> tuple[float, float]:
    """Restart once in this process, which has done it before on another database: imports and caches do not count."""
    with tempfile.TemporaryDirectory() as folder:
        other = f"sqlite:///{folder}/ostinato.db"
        _fill(other, 10)
        restart(other)
    gc.collect()
    before = _megabytes()
    seconds = restart(url)
    return 1000 * seconds, max(0.0, _megabytes() - before)


def peer_restarted(count: int) -> tuple[float, float]:
    figures = peer.APSCHEDULER_MEMORY.run(jobs=count, due=min(DUE_AT_RESTART, count // 2))
    return float(figures["milliseconds"]), float(figures["megabytes"])


def measure() -> dict[str, Any]:
    """Give medians of the time and of the memory, interleaved with the peer's."""
    count, repeats = (QUICK_TEMPLATES, 1) if report.quick() else (TEMPLATES, REPEATS)
    there = peer.present([peer.APSCHEDULER_MEMORY])
    ours: list[tuple[float, float]] = []
    its: list[tuple[float, float]] = []

    def once() -> float:
        ours.append(restarted(count))
        return ours[-1][0]

    def peer_once() -> float:
        its.append(peer_restarted(count))
        return its[-1][0]

    in_turn(repeats, once, peer_once if there else None)
    title = peer.APSCHEDULER_MEMORY.title
    times, sizes = ([one[at] for one in ours] for at in (0, 1))
    its_times, its_sizes = ([one[at] for one in its] for at in (0, 1))
    cells = (
        Cell(f"restart with {count:,} templates to the first plan", "ms", times, title, its_times, less_is_better=True),
        Cell(f"memory that {count:,} templates take", "MB", sizes, title, its_sizes, less_is_better=True),
    )
    texts = results.texts(cells)
    return {"restart_ms": texts[0]["ours"], "templates_megabytes": texts[1]["ours"], "cells": texts}


def _fill(url: str, count: int) -> None:
    database = parts.new_database(url)
    now = parts.now()
    far = now + parts.FAR
    few = min(DUE_AT_RESTART, count // 2)
    slots = (now if number < few else far for number in range(count))
    parts.add_templates(database, ((parts.template(number, at), at) for number, at in enumerate(slots)))
    database.close()


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1024**2


@contextmanager
def _new_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield process


if __name__ == "__main__":
    report.main(measure)
