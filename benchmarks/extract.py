"""Pages a second that become articles, beside trafilatura alone on the same bytes.

Seconds are those of this process's own processor time: what others take of the machine does not count.

python -m benchmarks.extract --json [--pages DIR]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trafilatura import bare_extraction

from benchmarks import report, results
from benchmarks.cells import Cell, in_turn
from benchmarks.writing import pages_folder
from sources.parsing.page import extract

PAGES = Path(__file__).parents[1] / "tests" / "data" / "sources" / "pages"
URL = "https://example.org/page"
REPEATS = 15
AT_LEAST = 1.0  # seconds for a round, so that few and small pages are read often enough


def alone(body: bytes) -> object:
    """Give what trafilatura makes of a page: the article with what the page says about itself, as we ask for it."""
    found: object = bare_extraction(
        body, url=URL, fast=True, with_metadata=True, include_comments=False, include_tables=True
    )
    return found


def rate(read: Callable[[bytes], object], bodies: list[bytes], seconds: float) -> float:
    """Read all *bodies*, again and again for *seconds*; give pages a second."""
    started = time.process_time()
    done = 0
    while True:
        for body in bodies:
            read(body)
        done += len(bodies)
        took = time.process_time() - started
        if took >= seconds:
            return done / took


def measure() -> dict[str, Any]:
    """Give the medians of both, in turn, and what ours costs over the library in percent of its time."""
    bodies = [path.read_bytes() for path in sorted((pages_folder() or PAGES).glob("*.html"))]
    seconds, repeats = (0.05, 1) if report.quick() else (AT_LEAST, REPEATS)
    for body in bodies:  # what is loaded and compiled once does not count
        extract(body, URL)
        alone(body)
    ours, its = in_turn(
        repeats,
        lambda: rate(lambda body: extract(body, URL), bodies, seconds),
        lambda: rate(alone, bodies, seconds),
    )
    cell = Cell("pages to articles", "/s", ours, f"trafilatura {version('trafilatura')} alone", its)
    return {
        "pages": len(bodies),
        "kilobytes": round(sum(map(len, bodies)) / 1000),
        "overhead_percent": results.overhead(cell),
        "cells": results.texts([cell]),
    }


if __name__ == "__main__":
    report.main(measure)
