"""The arithmetic to a million templates: a fleet's day by simulation, with service times measured here first.

python -m benchmarks.simulate --json [--waits SECONDS] [--post SECONDS] [--slots-a-day N]
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from benchmarks import report, results
from benchmarks.cells import Cell
from benchmarks.service_times import QUICK, Measured, Sizes, measured
from benchmarks.simulation import (
    Fleet,
    Shape,
    Tier,
    Times,
    keys_needed,
    lateness,
    loads,
    permitted,
    planned,
    slots_of_a_day,
    worked,
    workers_needed,
)

SIZES, FEW = (10_000, 100_000, 1_000_000), (100, 200)
WAITS, POST = 4.0, 0.5  # seconds: a page, a model and two scores; the post itself
WITHIN = 600.0  # seconds of p99 lateness for which the tier is counted
KEPT_DAYS = 90  # OSTINATO_KEEP


def given(name: str, default: float) -> float:
    """Give the number after the option *name* on the command line."""
    words = sys.argv[1:]
    return float(words[words.index(name) + 1]) if name in words else default


def scene(templates: int, shape: Shape, times: Times, found: Measured, a_day: float) -> dict[str, Any]:
    """Simulate a day of so many templates; give what it asks for and how late its posts are."""
    slots = slots_of_a_day(round(templates * a_day), shape)
    tier = Tier()
    ready = planned(slots, times)
    workers = workers_needed(ready, slots, times)
    wanted = worked(ready, times, Fleet(workers))
    with_one = permitted(wanted, tier.runs, tier.window)
    median_one, p99_one = lateness(slots, with_one, times)
    median, p99 = lateness(slots, wanted, times)
    load = loads(slots, times, Fleet(workers), tier)
    order = sorted(load, key=load.__getitem__, reverse=True)
    runs_a_year = 365 * len(slots)
    return {
        "templates": templates,
        "shape": shape.value,
        "posts_a_day": len(slots),
        "first": order[0],
        "first_load": round(load[order[0]], 2),
        "second": order[1],
        "second_load": round(load[order[1]], 2),
        "one_key_late_p50_seconds": round(median_one, 1),
        "one_key_late_p99_seconds": round(p99_one, 1),
        "one_key_posts_in_the_day": sum(at < 86_400 for at in with_one),
        "keys": keys_needed(wanted, slots, times, tier, max(WITHIN, 2 * p99)),
        "workers": workers,
        "late_p50_seconds": round(median, 1),
        "late_p99_seconds": round(p99, 1),
        "kept_gigabytes_a_year": round(runs_a_year * found.kept_bytes / 1e9, 2),
        "pruned_gigabytes": round(KEPT_DAYS * len(slots) * found.pruned_bytes / 1e9, 2),
    }


def measure() -> dict[str, Any]:
    """Give the measured times, the scenes, and what was promised of them."""
    found = measured(QUICK if report.quick() else Sizes())
    times = found.times(waits=given("--waits", WAITS), post=given("--post", POST))
    sizes = FEW if report.quick() else SIZES
    scenes = [scene(size, shape, times, found, given("--slots-a-day", 1)) for size in sizes for shape in Shape]
    most = {each["shape"]: each for each in scenes if each["templates"] == sizes[-1]}
    cells = [
        Cell(f"{each['templates']:,} templates, {each['shape']}: p99 late, tier aside", "s", [each["late_p99_seconds"]])
        for each in scenes
    ]
    return {
        "spread_late_p99_seconds": most["spread"]["late_p99_seconds"],
        "peaks_late_p99_seconds": most["peaks"]["late_p99_seconds"],
        "waits_seconds": times.waits,
        "post_seconds": times.post,
        "measured_microseconds": {
            name: round(1e6 * value, 1) for name, value in asdict(found).items() if not name.endswith("bytes")
        },
        "measured_bytes": {name: round(value) for name, value in asdict(found).items() if name.endswith("bytes")},
        "scenes": scenes,
        "cells": results.texts(cells),
    }


if __name__ == "__main__":
    report.main(measure)
