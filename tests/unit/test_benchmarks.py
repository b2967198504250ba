import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import peer, results, table
from benchmarks.cells import Cell, in_turn
from benchmarks.goals import GOALS, Goal

ROOT = Path(__file__).resolve().parents[2]
# A benchmark in the middle of its work: it says which server it has started.
SERVING = """
import time
from pathlib import Path
import psycopg
from benchmarks import report, servers
def measure():
    with servers.postgresql() as server, psycopg.connect(server.address) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()[0]
        print(Path(folder, "postmaster.pid").read_text().split()[0], flush=True)
        time.sleep(60)
report.main(measure)
"""


def alive(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # empty once it has ended and nobody has asked how
    except FileNotFoundError:
        return False


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
    measured = {"runs": {"runs_per_second": 1499}}

    assert table.put_into(document, measured) == document.replace("old", table.of(measured))


def test_a_part_that_is_measured_alone_leaves_the_rows_of_the_others_as_they_were_recorded() -> None:
    cell = Cell("rate", "/s", [100], "Celery", [10]).document()
    others: dict[str, dict[str, Any]] = {
        "footprint": {"help_seconds": 0.1, "idle": 1},
        "runs": {"runs_per_second": 1499, "cells": [cell]},
    }
    schedule: dict[str, Any] = {"late_p99_ms": 5, "cells": [cell]}
    before = table.put_into(f"{table.BEGIN}{table.END}", others | {"schedule": {"late_p99_ms": 700, "old": 1}})

    merged = table.put_into(before, {"schedule": schedule})

    assert merged == table.put_into(before, others | {"schedule": schedule})
    assert "700" not in merged
    assert "old" not in merged


def test_results_of_a_part_that_is_measured_alone_leave_the_others_as_they_were_recorded(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.write({"runs": {"runs_per_second": 1499}, "schedule": {"late_p99_ms": 700}}, file)
    results.write({"schedule": {"late_p99_ms": 5}}, file)

    recorded = json.loads(file.read_text())
    assert list(recorded) == ["schedule", "runs"]
    assert [recorded[part][0]["ours"] for part in recorded] == [5, 1499]


def test_a_document_without_a_place_for_figures_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no .* to write the figures between"):
        table.put_into("before\nafter\n", {})


def test_the_readme_has_a_place_for_the_figures_and_names_every_benchmark() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")

    assert table.put_into(readme, {"runs": {"runs_per_second": 1}}) != readme
    assert [name for name in GOALS if f"python -m benchmarks.{name}" not in readme] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_benchmark_that_is_told_to_end_takes_its_servers_down(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVING], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        server = int(running.stdout.readline())
        assert alive(server)
        running.send_signal(number)
        assert running.wait(30) == 128 + number

    assert not alive(server)
    assert list(tmp_path.glob("ostinato-bench-*")) == []
