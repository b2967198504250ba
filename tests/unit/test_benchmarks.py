import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import peer, results, table
from benchmarks.cells import Cell, in_turn
from benchmarks.goals import GOALS, Goal

ROOT = Path(__file__).resolve().parents[2]


CELL = {"cell", "unit", "ours", "peer", "peer_value", "ratio", "limit", "of_limit", "repeats", "machine"}
WITH_PEERS = {
    "endtoend": "aiohttp",
    "restart": "APScheduler",
    "schedule": "APScheduler",
    "runs": "DBOS, Procrastinate, Celery",
}


def run(name: str, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", f"benchmarks.{name}", "--quick", "--json", *words],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=115,
    )


def measured(name: str) -> dict[str, Any]:
    done = run(name, "--allow-missing")
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.mark.parametrize("name", GOALS)
def test_the_last_line_of_a_benchmark_is_one_object_with_every_promised_figure(name: str) -> None:
    figures = measured(name)

    assert {goal.figure for goal in GOALS[name]} <= figures.keys()
    promised = {goal.figure: figures[goal.figure] for goal in GOALS[name] if goal.unit not in ("", "%")}
    assert [figure for figure, value in promised.items() if value is not None and value <= 0] == []
    assert all(cell.keys() == CELL and cell["ours"] > 0 for cell in figures.get("cells", ()))
    assert results.document({name: figures})[name]


@pytest.mark.parametrize(("name", "missing"), WITH_PEERS.items())
def test_a_benchmark_without_its_peer_ends_and_names_it(name: str, missing: str) -> None:
    done = run(name, environment={peer.PYTHON: "/nowhere/python"})

    assert done.returncode == 1
    assert f"missing: {missing}" in done.stderr


def test_every_benchmark_has_a_goal() -> None:
    modules = (path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))

    assert {path.stem for path in modules} - {"__main__"} == GOALS.keys()


@pytest.mark.parametrize(
    ("at_least", "value", "met"),
    [(False, 99.9, True), (False, 100, False), (True, 100, True), (True, 99.9, False)],
)
def test_a_goal_is_met_below_its_limit_or_from_it_on(at_least: bool, value: float, met: bool) -> None:
    assert Goal("figure", "words", 100, at_least=at_least).met(value) is met


def test_the_table_says_what_was_missed_and_shows_the_other_figures() -> None:
    lines = table.of({"runs": {"runs_per_second": 1499, "runs": 6000}}).splitlines()

    row = next(line for line in lines if line.startswith("| runs"))
    assert [cell.strip() for cell in row.strip("|").split("|")][2:] == ["≥ 1,500 /s", "1,499 /s", "**missed**"]
    assert "* `runs`: runs 6000" in lines


def test_a_ratio_above_1_means_that_we_are_better_whichever_way_the_unit_runs() -> None:
    fast = Cell("rate", "/s", [90, 100, 120], "peer", [50], [400])
    short = Cell("time", "ms", [10], "peer", [50], [5], less_is_better=True)

    assert (fast.ratio, fast.of_limit) == (2, 0.25)
    assert (short.ratio, short.of_limit) == (5, 0.5)


def test_a_cell_without_its_peer_says_so_in_the_table() -> None:
    cell = Cell("rate", "/s", [100], "Celery").document()
    lines = table.of({"runs": {"runs_per_second": 2000, "cells": [cell]}}).splitlines()

    assert (cell["peer_value"], cell["ratio"]) == (None, None)
    row = next(line for line in lines if "| Celery" in line)
    assert [each.strip() for each in row.strip("|").split("|")] == ["runs", "rate", "100 /s", "Celery", "missing"] + [
        ""
    ] * 3


def test_what_is_compared_is_measured_in_turn() -> None:
    order: list[str] = []

    def act(name: str) -> float:
        order.append(name)
        return len(order)

    figures = in_turn(2, lambda: act("ours"), None, lambda: act("peer"))

    assert order == ["ours", "peer", "ours", "peer"]
    assert figures == [[1, 3], [], [2, 4]]


def test_figures_are_written_in_the_place_of_the_earlier_ones_and_nowhere_else() -> None:
    document = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"

    assert table.put_into(document, "new") == document.replace("old", "new")


def test_a_document_without_a_place_for_figures_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no .* to write the figures between"):
        table.put_into("before\nafter\n", "new")


def test_the_readme_has_a_place_for_the_figures_and_names_every_benchmark() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")

    assert table.put_into(readme, "new") != readme
    assert [name for name in GOALS if f"python -m benchmarks.{name}" not in readme] == []
