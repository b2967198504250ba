"""Sentences about a table's newest row: every number a cell, or reckoned from two cells, and said from which."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import SourceError
from domain.material import Figure
from domain.own_words import CsvTable, DecimalMark
from domain.pattern import Filling, fill
from domain.weighted_length import LIMIT, link_spans, weighted_length
from sources.cleaning import clean
from sources.numbers import Number, difference, percent, read_number
from sources.parsing.table import Rows

BEFORE, DIFFERENCE, CHANGE, TREND = "before", "difference", "change", "trend"
MEASURES = (BEFORE, DIFFERENCE, CHANGE, TREND)


def sentences(table: CsvTable, rows: Rows) -> tuple[str, tuple[Figure, ...]]:
    """Give what *table* says about *rows*, and where each figure in it comes from.

    Raises SourceError naming the column that is missing, or that holds no number where one is needed.
    """
    told = _Told(table, rows)
    if table.say is not None:
        return fill(clean(table.say), told.filling)
    pattern = "\n".join(_that_fit(told))
    if not pattern:
        raise SourceError(table.url, "the newest row holds no number; name its columns in csv.say")
    return fill(pattern, told.filling)


def _that_fit(told: _Told) -> Iterator[str]:
    """Give a pattern for each column of numbers, as long as they make one post."""
    said = 0
    for name in told.number_columns():
        line = f"{name}: {{{name}}}, {{{name}.{TREND}}}." if told.rows.before else f"{name}: {{{name}}}."
        said += weighted_length(fill(line, told.filling)[0]) + 1
        if said > LIMIT:
            return
        yield line


class _Told:
    """The cells of two rows by the names of their columns."""

    def __init__(self, table: CsvTable, rows: Rows) -> None:
        self.rows = rows
        self._url = table.url
        usual = DecimalMark.COMMA if rows.delimiter == ";" else DecimalMark.POINT
        self._mark = (table.decimal or usual).value
        self._names = [name.casefold() for name in rows.header]

    def number_columns(self) -> Iterator[str]:
        """Give the columns with a number in the newest row; the first of several names the row, and is left out."""
        for at, name in enumerate(self.rows.header):
            plain = name and not set("{}") & set(name) and self._names.count(name.casefold()) == 1
            if plain and (at or len(self.rows.header) == 1) and read_number(self.rows.newest[at], self._mark):
                yield self._safe(name, f"the name of column {at + 1}")

    def filling(self, name: str) -> Filling:
        """Give what stands for *name*: a column, or a column with a measure after a point."""
        column, _, measure = name.rpartition(".")
        if name.casefold() in self._names or measure not in MEASURES:
            return self._cell(name, self.rows.newest, "newest row")
        if self.rows.before is None:
            raise SourceError(self._url, f"{{{name}}} needs two rows, and there is one")
        if measure == BEFORE:
            return self._cell(column, self.rows.before, "row before")
        return self._reckoned(name, column, measure, self.rows.before)

    def _reckoned(self, name: str, column: str, measure: str, row: tuple[str, ...]) -> Filling:
        newest, before = self._number(column, self.rows.newest), self._number(column, row)
        if (newest.front, newest.back.strip()) != (before.front, before.back.strip()):
            raise SourceError(self._url, f"column {column!r} has one unit in the newest row and another before")
        was, now = self._of(column, row), self._of(column, self.rows.newest)
        source = f"column {column!r} of the newest row, {now}, against {was} in the row before"
        if measure == TREND:
            return Filling(_trend(newest, before, was), source)
        if measure == DIFFERENCE or newest.is_share:
            return Filling(difference(newest, before), source)
        change = percent(newest, before)
        if change is None:
            raise SourceError(self._url, f"{{{name}}} cannot be reckoned: {column!r} was {was} in the row before")
        signed = difference(newest, before)[0] + change
        return Filling(signed, source)

    def _cell(self, column: str, row: tuple[str, ...], which: str) -> Filling:
        cell = self._of(column, row)
        if not cell:
            raise SourceError(self._url, f"column {column!r} of the {which} is empty")
        return Filling(self._safe(cell, f"column {column!r}"), f"column {column!r} of the {which}, {row[0]}")

    def _number(self, column: str, row: tuple[str, ...]) -> Number:
        cell = self._of(column, row)
        number = read_number(cell, self._mark)
        if number is None:
            mark = {".": ",", ",": "."}[self._mark]
            remedy = f'; if its decimal mark is {mark} say decimal = "{mark}"' if mark in cell else ""
            raise SourceError(self._url, f"column {column!r} holds {cell!r}, which is no number{remedy}")
        return number

    def _of(self, column: str, row: tuple[str, ...]) -> str:
        count = self._names.count(column.casefold())
        if count != 1:
            there = ", ".join(name for name in self.rows.header if name)
            why = f"has {count} columns" if count else "has no column"
            raise SourceError(self._url, f"the table {why} {column!r}; it has {there}"[:400])
        return row[self._names.index(column.casefold())]

    def _safe(self, text: str, where: str) -> str:
        # A table is written elsewhere: what it can put into a post is a figure or a word, never an address.
        if "@" in text or "＠" in text or "://" in text or any(True for _ in link_spans(text)):
            raise SourceError(self._url, f"{where} holds a link or a handle, which is not posted from a table")
        return text


def _trend(newest: Number, before: Number, was: str) -> str:
    if newest.value == before.value:
        return "unchanged"
    way = "up" if newest.value > before.value else "down"
    by = difference(newest, before)[1:] if newest.is_share else percent(newest, before)
    return f"{way} {by} from {was}" if by else f"{way} from {was}"
