"""Tests that did not run because something is not on this machine: named at the end of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_MISSING = re.compile(
    r"not installed|could not import|not on this machine|not kept in|does not reach back|needs a device"
)


def unrun(skipped: Iterable[Any]) -> list[str]:
    """Give a line for each of the *skipped* reports that says that something is missing: its reason and its test."""
    found = {(_reason(each), str(each.nodeid)) for each in skipped}
    return [f"{reason}: {test}" for reason, test in sorted(found) if _MISSING.search(reason)]


def _reason(report: Any) -> str:
    """Give why a test was skipped; pytest gives it with the place, or as text."""
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(told).removeprefix("Skipped: ")
