"""From the bytes of a CSV table to the rows that are told: the newest and the one before it."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sources.cleaning import clean
from sources.offloaded import NotATable
from sources.parsing.charset import decode

ROWS_LIMIT = 100_000
COLUMNS_LIMIT = 500
CELL_LIMIT = 200  # characters that are kept of a cell
DELIMITERS = ",;\t|"
_DATED = re.compile(r"\d{4}-(?:\d{2}(?:-\d{2})?|[WQ]\d{1,2})\b")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table's header names, its newest row and the one before it, cell by cell; *before* is None without one.

    A row that is shorter than the header is filled up with empty cells.
    """

    header: tuple[str, ...]
    newest: tuple[str, ...]
    before: tuple[str, ...] | None
    delimiter: str


def parse(body: bytes, charset: str | None, *, newest_first: bool) -> Rows:
    """Read the CSV table in *body*: fields parted by commas, semicolons, tabs or bars, names of columns in line one.

    Raises NotATable with what is wrong.
    """
    text = decode(body, charset).lstrip("\ufeff").strip("\r\n")
    if not text.strip():
        raise NotATable("the table is empty")
    if text.lstrip().startswith(("<", "{", "[")):
        raise NotATable("a web page or something else, not a CSV table")
    text, delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    header = next(rows, ())
    if not any(re.search(r"[^\W\d_]", name) for name in header):
        raise NotATable("its first line must name the columns")
    newest, before = _told(rows, newest_first=newest_first)
    width = len(header)
    return Rows(_filled(header, width), _filled(newest, width), _filled(before, width) if before else None, delimiter)


def _delimiter(text: str) -> tuple[str, str]:
    """Give the table and what parts its fields: what Excel says in a line of its own, else what parts line one most."""
    if match := re.match(r"sep=([,;\t|])\r?\n", text):
        return text[match.end() :], match[1]
    widths = {}
    for delimiter in DELIMITERS:
        try:
            widths[delimiter] = len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
        except csv.Error:
            widths[delimiter] = 0
    return text, max(DELIMITERS, key=lambda each: widths[each])


def _rows(text: str, delimiter: str) -> Iterator[tuple[str, ...]]:
    """Give the rows that hold something, each cell cleaned and in one line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for row in reader:
            if reader.line_num > ROWS_LIMIT:
                raise NotATable(f"it has more than {ROWS_LIMIT:,} rows; leave the old ones out")
            if len(row) > COLUMNS_LIMIT:
                raise NotATable(f"it has more than {COLUMNS_LIMIT} columns")
            if any(cell.strip() for cell in row):
                yield tuple(row)
    except csv.Error as error:
        raise NotATable(f"line {reader.line_num} cannot be read: {error}") from error


def _told(rows: Iterator[tuple[str, ...]], *, newest_first: bool) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    told = list(islice(rows, 2)) if newest_first else list(deque(rows, maxlen=2))[::-1]
    if not told:
        raise NotATable("it has names of columns and no row below them")
    newest, before = told[0], told[1] if len(told) > 1 else None
    if before and _DATED.match(newest[0]) and _DATED.match(before[0]) and newest[0] < before[0]:
        wanted = "last" if newest_first else "first"
        raise NotATable(f'{before[0]} stands where the row before {newest[0]} should; say newest = "{wanted}"')
    return newest, before


def _filled(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    cells = tuple(clean(cell).replace("\n", " ")[:CELL_LIMIT] for cell in row[:width])
    return cells + ("",) * (width - len(cells))
