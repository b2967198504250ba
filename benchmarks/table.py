"""The figures as a Markdown table that can be read as it is: what was promised, what was measured, met or missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import results
from benchmarks.cells import machine
from benchmarks.goals import GOALS, Goal

BEGIN, END = "<!-- figures: python -m benchmarks --write -->", "<!-- end of figures -->"
HEADER = ("benchmark", "figure", "goal", "measured", "")


def of(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the table of *measured*, by benchmark, with the machine above it and the other figures below."""
    rows = [
        (name, goal.words, goal.wanted, *_measured(goal, figures.get(goal.figure)))
        for name, figures in measured.items()
        for goal in GOALS[name]
    ]
    beside = [f"* `{name}`: {_others(name, figures)}" for name, figures in measured.items()]
    lines = [f"Measured on {machine()}.", "", *_aligned([HEADER, *rows]), ""]
    if cells := results.rows(measured):
        lines += ["Beside named peers and physical limits (a ratio above 1 means that we are better):", ""]
        lines += [*_aligned([results.HEADER, *cells]), ""]
    return "\n".join([*lines, "Measured beside them:", "", *beside])


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def _measured(goal: Goal, value: float | None) -> tuple[str, str]:
    return ("", "not measured") if value is None else (goal.said(value), verdict(goal.met(value)))


def put_into(document: str, text: str) -> str:
    """Give *document* with *text* in the place of the earlier figures. Raises ValueError when it has no such place."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END} to write the figures between")
    return f"{before}{begin}\n{text}\n{end}{after}"


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
