"""Comparable numbers in the lines of a list: each line a name and an amount, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.picture import Bar, Comparison
from generators.charts.numbers import Quantity, is_year, read_cell
from generators.charts.tables import LONGEST_LABEL, MOST_ROWS

_LINE = re.compile(
    r"\s*(?:[-*•–·‣]\s*|\d{1,2}[.)]\s+)?(?P<label>[^\n:：|\t]{1,60}?)\s*(?:[:：|\t]|\s[–—-]\s)\s*(?P<amount>[^\n]{1,60}?)\s*"
)
_REMARK = re.compile(r"\s*(?:\([^()]{0,40}\)|（[^（）]{0,40}）|[;,.。])\s*$")
UNITLESS = 3  # lines that a list of bare numbers has at least


def in_list(text: str, *, material_id: str, title: str, language: str | None) -> Iterator[Comparison]:
    """Give what each run of such lines compares."""
    lines = [_read(line, language) for line in text.split("\n")]
    start = 0
    for at in range(len(lines) + 1):
        if at < len(lines) and (lines[at] is not None or _between(lines, at)):
            continue
        found = [line for line in lines[start:at] if line is not None]
        start = at + 1
        if (compared := _compared(found, material_id, title)) is not None:
            yield compared


def _between(lines: list[tuple[str, Quantity] | None], at: int) -> bool:
    """Tell whether the line at *at* only parts two lines of a list."""
    return 0 < at < len(lines) - 1 and lines[at - 1] is not None and lines[at + 1] is not None


def _read(line: str, language: str | None) -> tuple[str, Quantity] | None:
    match = _LINE.fullmatch(line) if len(line) <= 120 else None
    if match is None:
        return None
    amount = read_cell(_REMARK.sub("", match["amount"]), language)
    if amount is None or len(match["label"]) > LONGEST_LABEL or is_year(amount):
        return None
    return match["label"].strip(" *_"), amount


def _compared(found: list[tuple[str, Quantity]], material_id: str, title: str) -> Comparison | None:
    units = {amount.unit for _, amount in found}
    labels = {label for label, _ in found}
    if len(found) < 2 or len(units) != 1 or len(labels) < len(found):
        return None
    unit = units.pop()
    if not unit and len(found) < UNITLESS and not all(amount.scaled for _, amount in found):
        return None
    bars = tuple(Bar(label, amount.value, amount.shown) for label, amount in found[:MOST_ROWS])
    return Comparison(material_id, title, "", unit, bars)
