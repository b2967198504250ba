"""The figures as a Markdown table that can be read as it is: what was promised, what was measured, met or missed."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.goals import GOALS

BEGIN, END = "<!-- figures: python -m benchmarks --write -->", "<!-- end of figures -->"
HEADER = ("benchmark", "figure", "goal", "measured", "")


def of(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the table of *measured*, by benchmark, with the machine above it and the other figures below."""
    rows = [
        (name, goal.words, goal.wanted, goal.said(figures[goal.figure]), verdict(goal.met(figures[goal.figure])))
        for name, figures in measured.items()
        for goal in GOALS[name]
    ]
    beside = [f"* `{name}`: {_others(name, figures)}" for name, figures in measured.items()]
    return "\n".join([machine(), "", *_aligned([HEADER, *rows]), "", "Measured beside them:", "", *beside])


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def machine() -> str:
    """Say on what it was measured."""
    return (
        f"Measured on {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}."
    )


def put_into(document: str, text: str) -> str:
    """Give *document* with *text* in the place of the earlier figures. Raises ValueError when it has no such place."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END} to write the figures between")
    return f"{before}{begin}\n{text}\n{end}{after}"


def _others(name: str, figures: Mapping[str, Any]) -> str:
    promised = {goal.figure for goal in GOALS[name]}
    return ", ".join(f"{key} {value}" for key, value in figures.items() if key not in promised)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rule = ["-" * width for width in widths]
    return [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in (rows[0], rule, *rows[1:])
    ]
