"""Sentences about a table: every figure a cell or reckoned from two, with a reason where a column is not fit for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import SourceError
from domain.own_words import CsvTable, DecimalMark
from sources.figures import sentences
from sources.parsing.table import Rows, parse

URL = "https://acme.example/metrics.csv"
TABLE = (
    "week,signups,revenue,uptime,note\n"
    '2026-02-15,"1,108","$5,000",99.95%,quiet\n'
    '2026-02-22,"1,240","$4,500",99.91%,busy\n'
)


def rows(text: str = TABLE) -> Rows:
    return parse(text.encode(), None, newest_first=False)


def say(pattern: str | None, text: str = TABLE, *, decimal: DecimalMark | None = None) -> str:
    return sentences(CsvTable(URL, pattern, decimal=decimal), rows(text))[0]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{signups} signups", "1,240 signups"),
        ("{Signups}, {signups.trend}.", "1,240, up 12% from 1,108."),
        ("{revenue.trend}", "down 10% from $5,000"),
        ("{revenue.difference} against {revenue.before}", "−$500 against $5,000"),
        ("{signups.change}", "+12%"),
        ("{uptime.trend}", "down 0.04 points from 99.95%"),
        ("{uptime.change}", "−0.04 points"),
        ("a {note} week to {week}", "a busy week to 2026-02-22"),
        ("{{signups}} {signups}", "{signups} 1,240"),
    ],
)
def test_the_owners_sentence_is_filled_in_from_two_rows(pattern: str, said: str) -> None:
    assert say(pattern) == said


def test_each_figure_says_which_cells_it_comes_from() -> None:
    text, figures = sentences(CsvTable(URL, "{signups} signups, {signups.trend}"), rows())

    assert [(text[slice(*each.span)], each.source) for each in figures] == [
        ("1,240", "column 'signups' of the newest row, 2026-02-22"),
        ("up 12% from 1,108", "column 'signups' of the newest row, 1,240, against 1,108 in the row before"),
    ]


def test_without_a_sentence_each_column_of_numbers_has_one() -> None:
    assert say(None) == (
        "signups: 1,240, up 12% from 1,108.\nrevenue: $4,500, down 10% from $5,000.\n"
        "uptime: 99.91%, down 0.04 points from 99.95%."
    )


def test_without_a_row_before_only_the_newest_is_told() -> None:
    single = "week,signups\n2026-02-22,7\n"

    assert say(None, single) == "signups: 7."
    with pytest.raises(SourceError, match=r"\{signups.trend\} needs two rows, and there is one"):
        say("{signups.trend}", single)


def test_no_more_columns_are_told_than_make_one_post() -> None:
    names = [f"a quite long name of column {n}" for n in range(20)]
    table = ",".join(["week", *names]) + "\n" + ",".join(["1"] * 21) + "\n" + ",".join(["2"] * 21) + "\n"

    assert len(say(None, table).splitlines()) == 5


def test_a_number_that_did_not_change_is_unchanged_and_one_from_zero_has_no_percentage() -> None:
    table = "week,a,b\n1,5,0\n2,5,3\n"

    assert say("{a.trend}; {b.trend}", table) == "unchanged; up from 0"
    with pytest.raises(SourceError, match="cannot be reckoned: 'b' was 0"):
        say("{b.change}", table)


def test_semicolons_mean_decimal_commas_unless_the_template_says_otherwise() -> None:
    assert say("{a.change}", "w;a\n1;1,5\n2;3,0\n") == "+100%"
    assert say("{a.change}", "w;a\n1;1.5\n2;3.0\n", decimal=DecimalMark.POINT) == "+100%"
    with pytest.raises(SourceError, match='say decimal = ","'):
        say("{a.change}", 'w,a\n1,"1,5"\n2,"3,0"\n')


@pytest.mark.parametrize(
    ("pattern", "text", "reason"),
    [
        ("{sales}", TABLE, "has no column 'sales'; it has week, signups, revenue, uptime, note"),
        ("{signups.median}", TABLE, "has no column 'signups.median'"),
        ("{a}", "a,a\n1,2\n", "has 2 columns 'a'"),
        ("{note.trend}", TABLE, "holds 'busy', which is no number"),
        ("{b}", "a,b\n1,\n", "column 'b' of the newest row is empty"),
        ("{b.trend}", "a,b\n1,$5\n2,€6\n", "has one unit in the newest row and another before"),
        (None, "a,b\n1,x\n", "holds no number"),
    ],
)
def test_a_column_that_is_not_as_it_must_be_is_named(pattern: str | None, text: str, reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        say(pattern, text)
    assert reason in str(raised.value)
    assert raised.value.reference == URL


@pytest.mark.parametrize("cell", ["@somebody", "https://evil.example", "evil.com", "＠somebody"])
def test_a_table_cannot_put_a_link_or_a_handle_into_a_post(cell: str) -> None:
    with pytest.raises(SourceError, match="holds a link or a handle"):
        say("{note}", TABLE.replace("busy", cell))
    with pytest.raises(SourceError, match="holds a link or a handle"):
        say(None, TABLE.replace("signups", cell))


def test_a_column_may_have_a_point_in_its_name() -> None:
    table = replace(rows(), header=("week", "signups.trend", "x", "y", "z"))

    assert sentences(CsvTable(URL, "{signups.trend}"), table)[0] == "1,240"
