"""The tables of a page whose cells are short: figures and names. Tables that only lay a page out are none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement  # type: ignore[import-untyped]

from sources.cleaning import clean

TABLES = 5  # of a page
ROWS, COLUMNS = 40, 12
LONGEST_CELL = 60  # characters

Rows = tuple[tuple[str, ...], ...]


def tables(tree: HtmlElement) -> tuple[Rows, ...]:
    """Give the tables of *tree*, their headers first; of a long one its first rows. Hidden text is removed already."""
    found = (_rows(table) for table in tree.iter("table") if next(table.iterdescendants("table"), None) is None)
    return tuple(islice((rows for rows in found if rows), TABLES))


def _rows(table: HtmlElement) -> Rows:
    """Give the rows of *table* that have as many cells as its header; none of a table without a header of names."""
    rows = islice(_cells(table), ROWS + 1)
    header = next(rows, ())
    if not 2 <= len(header) <= COLUMNS or sum(bool(name) for name in header) < 2:
        return ()
    body = [row for row in rows if len(row) == len(header)]
    return (header, *body) if len(body) >= 2 and all(len(cell) <= LONGEST_CELL for row in body for cell in row) else ()


def _cells(table: HtmlElement) -> Iterator[tuple[str, ...]]:
    """Give the cells of each row; one with a cell that spans others has no place for each of them, and is left out."""
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if any(cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1" for cell in cells):
            continue
        yield tuple(clean(" ".join(str(cell.text_content()).split()))[: LONGEST_CELL + 1] for cell in cells)
