"""Comparable numbers in the columns of a table: what names its rows, and which columns count the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from domain.picture import Bar, Comparison
from generators.charts.numbers import Quantity, is_year, read_cell

Rows = Sequence[Sequence[str]]

MOST_ROWS = 12  # that one picture shows, and that can be read on a phone
LONGEST_LABEL = 40  # characters
_RANKS = re.compile(r"#|№|no\.?|nr\.?|rank(?:ing)?|rang|place|platz|pos(?:ition)?\.?|id|順位|排名|순위", re.IGNORECASE)
_YEARS = re.compile(r"years?|jahre?|années?|año|anno|date|datum|day|month|monat|年|年度|日付|年份|년도?", re.IGNORECASE)
_TOTALS = re.compile(
    r"(?:grand |sub)?totals?|sum(?:me)?|average|mean|median|all|overall|gesamt|insgesamt|ensemble|"
    r"合計|総計|計|平均|总计|合计|總計|합계|전체",
    re.IGNORECASE,
)
_HEADER_UNIT = re.compile(r"[(\[]([^()\[\]]{1,24})[)\]]\s*$")
_DISTINCT = 0.8  # the share of a column's cells that must be numbers


def in_table(rows: Rows, *, material_id: str, title: str, language: str | None) -> Iterator[Comparison]:
    """Give what each column of *rows*, its header first, compares; nothing of columns of years, ranks and dates."""
    header, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    cells = [[read_cell(row[at], language) for row in body] for at in range(len(header))]
    names = _names(header, cells)
    if names is None or len(body) < 2:
        return
    for at, column in enumerate(cells):
        if at == names or not _is_measure(header[at], column):
            continue
        bars = _bars([row[names].strip() for row in body], column)
        units = {_unit(quantity, header[at]) for quantity in column if quantity}
        if bars is not None and len(units) == 1:
            table = tuple(tuple(row) for row in (header, *body[:MOST_ROWS]))
            yield Comparison(material_id, title, _measure(header[at]), units.pop(), bars, table)


def _names(header: Sequence[str], cells: Sequence[Sequence[Quantity | None]]) -> int | None:
    """Give the column that names the rows: the first one of words, or else of years."""
    for at, column in enumerate(cells):
        if column and sum(each is not None for each in column) * 2 < len(column) and not _RANKS.fullmatch(header[at]):
            return at
    return next(
        (at for at, column in enumerate(cells) if column and all(each and is_year(each) for each in column)), None
    )


def _is_measure(name: str, column: Sequence[Quantity | None]) -> bool:
    known = [each for each in column if each is not None]
    if len(known) < 2 or len(known) < _DISTINCT * len(column):
        return False
    if _RANKS.fullmatch(name.strip()) or _YEARS.fullmatch(name.strip()) or all(map(is_year, known)):
        return False
    values = [each.value for each in known]
    return not (values == list(range(1, len(values) + 1)) and not any(each.named for each in known))


def _bars(labels: Sequence[str], column: Sequence[Quantity | None]) -> tuple[Bar, ...] | None:
    """Give a bar for each row with a number, without the rows that add up the others; None where names repeat."""
    found = [
        Bar(label, quantity.value, quantity.shown)
        for label, quantity in zip(labels, column, strict=True)
        if quantity is not None and label and not _TOTALS.fullmatch(label)
    ]
    if len(found) < 2 or len({bar.label for bar in found}) < len(found):
        return None
    return tuple(found[:MOST_ROWS]) if all(len(bar.label) <= LONGEST_LABEL for bar in found) else None


def _unit(quantity: Quantity, name: str) -> str:
    stated = _HEADER_UNIT.search(name)
    return quantity.unit or (stated[1].strip() if stated else "")


def _measure(name: str) -> str:
    return _HEADER_UNIT.sub("", name).strip()
