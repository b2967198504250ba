"""One measured cell: our figure, the peer's from the same run, and the physical limit measured beside them."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """Medians of what was measured in turn. *peer_value* is None where the peer is missing; all are in *unit*."""

    cell: str
    unit: str
    ours: Sequence[float]
    peer: str | None = None
    peer_value: Sequence[float] = ()
    limit: Sequence[float] = ()
    less_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times better we are than the peer: above 1 we are better, below it the peer is."""
        return self._times(self.ours, self.peer_value)

    @property
    def of_limit(self) -> float | None:
        """The share of the physical limit that we reach: 1 is all of it."""
        return self._times(self.ours, self.limit)

    def document(self) -> dict[str, Any]:
        """Give the cell as `results.json` has it."""
        return {
            "cell": self.cell,
            "unit": self.unit,
            "ours": _median(self.ours),
            "peer": self.peer,
            "peer_value": _median(self.peer_value),
            "ratio": _rounded(self.ratio),
            "limit": _median(self.limit),
            "of_limit": _rounded(self.of_limit),
            "repeats": len(self.ours),
            "machine": machine(),
        }

    def _times(self, ours: Sequence[float], other: Sequence[float]) -> float | None:
        if not other:
            return None
        mine, theirs = statistics.median(ours), statistics.median(other)
        above, below = (theirs, mine) if self.less_is_better else (mine, theirs)
        return above / below if below else None


def in_turn(repeats: int, *acts: Callable[[], float] | None) -> list[list[float]]:
    """Do the *acts* one after the other, *repeats* times; give the figures of each. One that is None gives none."""
    figures: list[list[float]] = [[] for _ in acts]
    for _ in range(repeats):
        for act, its in zip(acts, figures, strict=True):
            if act is not None:
                its.append(act())
    return figures


def machine() -> str:
    """Say on what it was measured."""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _median(figures: Sequence[float]) -> float | None:
    return _rounded(statistics.median(figures)) if figures else None


def _rounded(value: float | None) -> float | None:
    """Keep four digits: the figures of a machine do not repeat to more."""
    return None if value is None else float(f"{value:.4g}")
