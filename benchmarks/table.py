"""The figures as a Markdown table that can be read as it is: what was promised, what was measured, met or missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import results
from benchmarks.cells import machine
from benchmarks.goals import GOALS, Goal

BEGIN, END = "<!-- figures: python -m benchmarks --write -->", "<!-- end of figures -->"
HEADER = ("benchmark", "figure", "goal", "measured", "")


def of(measured: Mapping[str, Mapping[str, Any]], recorded: str = "") -> str:
    """Give the table of *measured*, by benchmark, with the machine above it and the other figures below.

    Benchmarks that were not measured keep their rows of *recorded*, such a table.
    """
    goals = [
        (name, goal.words, goal.wanted, *_measured(goal, figures.get(goal.figure)))
        for name, figures in measured.items()
        for goal in GOALS[name]
    ]
    beside = [(f"* `{name}`", _others(name, figures)) for name, figures in measured.items()]
    kept = [row for line in recorded.splitlines() if (row := _row(line)) and _part(row) in GOALS.keys() - measured]
    lines = [f"Measured on {machine()}.", "", *_aligned([HEADER, *_in_order([*goals, *_wide(kept, HEADER)])]), ""]
    if cells := [*results.rows(measured), *_wide(kept, results.HEADER)]:
        lines += ["Beside named peers and physical limits (a ratio above 1 means that we are better):", ""]
        lines += [*_aligned([results.HEADER, *_in_order(cells)]), ""]
    others = _in_order([*beside, *_wide(kept, ("part", "figures"))])
    return "\n".join([*lines, "Measured beside them:", "", *map(": ".join, others)])


def _row(line: str) -> list[str]:
    """Give the cells of a line that `of` made for a benchmark, nothing for any other."""
    if line.startswith("* `"):
        return list(line.partition(": ")[::2])
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []


def _part(row: Sequence[str]) -> str:
    return row[0].strip("* `")


def _wide(rows: Sequence[Sequence[str]], header: Sequence[str]) -> list[Sequence[str]]:
    return [row for row in rows if len(row) == len(header)]


def _in_order(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    places = {name: place for place, name in enumerate(GOALS)}
    return sorted(rows, key=lambda row: places[_part(row)])


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def _measured(goal: Goal, value: float | None) -> tuple[str, str]:
    return ("", "not measured") if value is None else (goal.said(value), verdict(goal.met(value)))


def put_into(document: str, measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Give *document* with the table of *measured* in its place; the rows of other benchmarks stay.

    Raises ValueError when it has no such place.
    """
    before, begin, rest = document.partition(BEGIN)
    recorded, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END} to write the figures between")
    return f"{before}{begin}\n{of(measured, recorded)}\n{end}{after}"


def _others(name: str, figures: Mapping[str, Any]) -> str:
    promised = {goal.figure for goal in GOALS[name]} | {"cells"}
    return ", ".join(f"{key} {value}" for key, value in figures.items() if key not in promised)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rule = ["-" * width for width in widths]
    return [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in (rows[0], rule, *rows[1:])
    ]
