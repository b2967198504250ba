"""The embedded writer alone: how long a draft takes, from the material to drafts that are verified word by word.

python -m benchmarks.writer --json [--pages DIR]
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks import report, results, writing
from benchmarks.cells import Cell
from domain.draft import Draft
from domain.material import Material
from generators.verify import problems

REPEATS = 5


def one_round(pages: list[Material]) -> tuple[list[float], int]:
    """Write every form of every page; give the milliseconds of each writing, and the drafts that came of it."""
    took, drafts = [], 0
    for material in pages:
        for kind, style in writing.FORMS:
            started = time.perf_counter()
            written = _verified(writing.write(material, kind, style), material)
            took.append(1000 * (time.perf_counter() - started))
            drafts += len(written)
    return took, drafts


def _verified(drafts: tuple[Draft, ...], material: Material) -> tuple[Draft, ...]:
    return tuple(draft for draft in drafts if not problems(draft, (material,)))


def measure() -> dict[str, Any]:
    """Give the medians, over the rounds, of the mean for each draft and of the 95th percentile of a writing."""
    pages = [material for material, _ in writing.chosen_pages()]
    if report.quick():
        pages = pages[:3]
    one_round(pages[:1])  # the language model and numpy are loaded once, before the clock runs
    means, slow = [], []
    for _ in range(1 if report.quick() else REPEATS):
        took, drafts = one_round(pages)
        means.append(sum(took) / drafts)
        slow.append(statistics.quantiles(took, n=20)[-1])
    cells = (
        Cell("each verified draft", "ms", means, less_is_better=True),
        Cell("all drafts of one post, 95th percentile", "ms", slow, less_is_better=True),
    )
    texts = results.texts(cells)
    return {"pages": len(pages), "draft_ms": texts[0]["ours"], "p95_ms": texts[1]["ours"], "cells": texts}


if __name__ == "__main__":
    report.main(measure)
