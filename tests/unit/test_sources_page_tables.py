"""The tables of pages: those with figures are kept, those that lay a page out are not."""

from __future__ import annotations

import pytest

from sources.parsing.page import extract

WORDS = " ".join(["These are words of an article that has enough of them to be one."] * 12)


def tables(markup: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    body = f"<html><body><article><h1>Cities</h1><p>{WORDS}</p>{markup}<p>{WORDS}</p></article></body></html>"
    found = extract(body.encode(), "https://example.com/")
    assert found.problem is None
    return found.tables


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


HEADER = "<th>City</th><th>People</th>"
TOKYO, OSAKA = "<td>Tokyo <b>(capital)</b></td><td> 14.1\n million</td>", "<td>Osaka</td><td>8.8 million</td>"
KEPT = (("City", "People"), ("Tokyo (capital)", "14.1 million"), ("Osaka", "8.8 million"))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (table(HEADER, TOKYO, OSAKA), (KEPT,)),
        (f"<table><thead><tr>{HEADER}</tr></thead><tbody><tr>{TOKYO}</tr><tr>{OSAKA}</tr></tbody></table>", (KEPT,)),
        (table(HEADER, TOKYO, '<td colspan="2">A remark</td>', OSAKA), (KEPT,)),
        (table(HEADER, TOKYO), ()),
        (table("<td>one</td>", "<td>two</td>", "<td>three</td>"), ()),
        (table(HEADER, TOKYO, f"<td>Osaka</td><td>{WORDS}</td>"), ()),
        (f"<table><tr><td>{table(HEADER, TOKYO, OSAKA)}</td><td>x</td></tr></table>", (KEPT,)),
        (f'<div style="display:none">{table(HEADER, TOKYO, OSAKA)}</div>', ()),
        (table("", "", ""), ()),
    ],
)
def test_tables_of_short_cells_under_a_header_are_kept(markup: str, expected: tuple[object, ...]) -> None:
    assert tables(markup) == expected


def test_of_a_page_with_many_long_tables_the_first_ones_are_kept_in_part() -> None:
    long = table(HEADER, *[f"<td>City {number}</td><td>{number}</td>" for number in range(100)])

    found = tables(long * 9)

    assert [len(rows) for rows in found] == [41] * 5
