"""CSV tables: what is read of them, however they are written, and what is no table."""

from __future__ import annotations

import codecs

import pytest

from sources.offloaded import NotATable
from sources.parsing.table import ROWS_LIMIT, Rows, parse

WEEKS = "week,signups\n2026-02-15,990\n2026-02-22,1108\n"


def read(text: str | bytes, *, newest_first: bool = False) -> Rows:
    return parse(text if isinstance(text, bytes) else text.encode(), None, newest_first=newest_first)


def test_the_last_row_is_the_newest_and_the_one_above_it_was_before() -> None:
    rows = read(WEEKS)

    assert (rows.header, rows.newest, rows.before) == (
        ("week", "signups"),
        ("2026-02-22", "1108"),
        ("2026-02-15", "990"),
    )


def test_a_table_that_begins_with_its_newest_row_says_so() -> None:
    rows = read("week,signups\n2026-02-22,1108\n2026-02-15,990\n2026-02-08,1\n", newest_first=True)

    assert (rows.newest, rows.before) == (("2026-02-22", "1108"), ("2026-02-15", "990"))


@pytest.mark.parametrize(("newest_first", "wanted"), [(False, "last"), (True, "first")])
def test_dates_that_run_the_other_way_are_refused_instead_of_posting_the_oldest(
    newest_first: bool, wanted: str
) -> None:
    text = WEEKS if newest_first else "week,signups\n2026-02-22,1108\n2026-02-15,990\n"
    other = {"last": "first", "first": "last"}[wanted]

    with pytest.raises(NotATable, match=f'say newest = "{other}"'):
        read(text, newest_first=newest_first)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_fields_may_be_parted_by_commas_semicolons_tabs_or_bars(delimiter: str) -> None:
    rows = read(WEEKS.replace(",", delimiter))

    assert (rows.newest, rows.delimiter) == (("2026-02-22", "1108"), delimiter)


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + "Wöche,x\n1,é\n".encode(),
        codecs.BOM_UTF16_LE + "Wöche,x\n1,é\n".encode("utf-16-le"),
        "Wöche,x\n1,é\n".encode("cp1252"),
        "Wöche,x\r\n1,é\r\n".encode(),
        "\n\n  \nWöche,x\n\n1,é\n,\n\n".encode(),
        "sep=,\nWöche,x\n1,é\n".encode(),
        'Wöche, "x"\n"1", "é"'.encode(),
    ],
    ids=["utf8-mark", "utf16", "cp1252", "crlf", "blank-lines", "excel", "quoted"],
)
def test_encodings_marks_blank_lines_and_quotes_make_no_difference(body: bytes) -> None:
    rows = read(body)

    assert (rows.header, rows.newest, rows.before) == (("Wöche", "x"), ("1", "é"), None)


def test_a_cell_may_hold_the_delimiter_a_quote_and_a_line_break() -> None:
    assert read('a,b\n"1,5 ""big""","two\nlines"\n').newest == ('1,5 "big"', "two lines")


def test_a_short_row_is_filled_up_and_a_long_one_is_cut() -> None:
    assert (read("a,b,c\n1\n").newest, read("a,b\n1,2,3\n").newest) == (("1", "", ""), ("1", "2"))


def test_what_the_eye_does_not_see_is_taken_out_of_cells() -> None:
    assert read("a\u200bb,c\n1\u202e2,x\n").header == ("ab", "c")
    assert read("a\u200bb,c\n1\u202e2,x\n").newest == ("12", "x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\n", "empty"),
        ("<!doctype html><html>", "a web page"),
        ('{"error": "no"}', "not a CSV table"),
        ("week,signups\n", "no row below"),
        ("2026-01-01,12\n2026-01-08,13\n", "must name the columns"),
        ('week,signups\n2026-01-01,"12\n', "line 2"),
        ("a\n" + "1\n" * ROWS_LIMIT, "more than 100,000 rows"),
        ("a" + ",b" * 600, "more than 500 columns"),
    ],
    ids=["empty", "blank", "html", "json", "header-only", "no-header", "open-quote", "rows", "columns"],
)
def test_what_is_no_table_is_said_to_be_none(text: str, reason: str) -> None:
    with pytest.raises(NotATable, match=reason):
        read(text)


def test_thousands_of_rows_are_read_to_the_end() -> None:
    rows = read("n,v\n" + "".join(f"{n},{n * n}\n" for n in range(50_000)))

    assert (rows.newest, rows.before) == (("49999", "2499900001"), ("49998", "2499800004"))
