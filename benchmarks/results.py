"""`results.json`: every measured figure by part, for programs to read; and the table of the cells with a peer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.cells import Cell
from benchmarks.goals import GOALS, Goal

FILE = Path(__file__).with_name("results.json")
HEADER = ("part", "cell", "ours", "peer", "its figure", "ratio", "limit", "of the limit")


def document(measured: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Give `{part: [cell, …]}`: the cells that a part measured, then what else was promised of it."""
    return {
        part: [
            *figures.get("cells", ()),
            *(_alone(goal, figures) for goal in GOALS[part] if _stands_alone(goal, figures)),
        ]
        for part, figures in measured.items()
    }


def write(measured: Mapping[str, Mapping[str, Any]], file: Path = FILE) -> None:
    """Put the parts that were *measured* into *file*; the others stay as they were recorded."""
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    merged = recorded | document(measured)
    parts = {part: merged[part] for part in GOALS if part in merged}
    file.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def rows(measured: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Give the rows of the table of cells, under `HEADER`."""
    return [
        (
            part,
            cell["cell"],
            said(cell["ours"], cell["unit"]),
            cell["peer"] or "",
            said(cell["peer_value"], cell["unit"]) if cell["peer_value"] is not None else _missing(cell),
            "" if cell["ratio"] is None else f"{cell['ratio']:,.3g}",
            "" if cell["limit"] is None else said(cell["limit"], cell["unit"]),
            "" if cell["of_limit"] is None else f"{cell['of_limit']:.0%}",
        )
        for part, figures in measured.items()
        for cell in figures.get("cells", ())
    ]


def said(value: float, unit: str) -> str:
    return f"{value:,.4g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def overhead(cell: Cell) -> float | None:
    """Give what ours takes longer than the library alone, in percent of the library's time; below 0 it is quicker."""
    return None if cell.ratio is None else round(100 * (1 / cell.ratio - 1), 1)


def _missing(cell: Mapping[str, Any]) -> str:
    return "missing" if cell["peer"] else ""


def _stands_alone(goal: Goal, figures: Mapping[str, Any]) -> bool:
    return not goal.of_a_cell and figures.get(goal.figure) is not None


def _alone(goal: Goal, figures: Mapping[str, Any]) -> dict[str, Any]:
    cell = Cell(goal.words, goal.unit, [figures[goal.figure]], less_is_better=not goal.at_least)
    return cell.document() | {"repeats": figures.get("repeats")}


def texts(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Give *cells* as a part prints them."""
    return [cell.document() for cell in cells]
