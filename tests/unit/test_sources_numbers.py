"""Numbers of tables: read as people write them, and what is reckoned from two of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.numbers import Number, difference, percent, read_number


def number(cell: str, mark: str = ".") -> Number:
    found = read_number(cell, mark)
    assert found is not None, cell
    return found


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("1240", ".", "1240"),
        ("1,240", ".", "1240"),
        ("1,240,000.5", ".", "1240000.5"),
        ("1.240.000,5", ",", "1240000.5"),
        ("1 240,5", ",", "1240.5"),
        ("1\u202f240", ",", "1240"),
        ("1'240.50", ".", "1240.50"),
        ("3,5", ",", "3.5"),
        ("-12", ".", "-12"),
        ("−12.5", ".", "-12.5"),
        ("+7", ".", "7"),
        ("$1,240.50", ".", "1240.50"),
        ("-$4", ".", "-4"),
        ("€ 12", ".", "12"),
        ("12 %", ".", "12"),
        ("99.95%", ".", "99.95"),
        ("1.2M", ".", "1.2"),
        ("0", ".", "0"),
        ("  17 ", ".", "17"),
    ],
)
def test_a_number_is_read_with_its_unit_sign_and_groups(cell: str, mark: str, value: str) -> None:
    assert number(cell, mark).value == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ("", "."),
        ("n/a", "."),
        ("3,5", "."),
        ("1,24,0", "."),
        ("1.2.3", "."),
        ("12.", "."),
        ("1 2", "."),
        ("2026-02-22", "."),
        ("12 of 13", "."),
        ("--4", "."),
        ("-$-4", "."),
        ("1" * 50, "."),
    ],
)
def test_what_is_no_number_or_not_only_one_is_none(cell: str, mark: str) -> None:
    assert read_number(cell, mark) is None


@pytest.mark.parametrize(
    ("newest", "before", "signed", "share"),
    [
        ("1,240", "1,108", "+132", "12%"),
        ("1,108", "1,240", "−132", "11%"),
        ("12,400", "900", "+11,500", "1278%"),
        ("54310", "51200", "+3110", "6.1%"),
        ("105", "100", "+5", "5%"),
        ("100", "100", "±0", "0%"),
        ("100001", "100000", "+1", "less than 0.1%"),
        ("$4.50", "$5", "−$0.50", "10%"),
        ("5", "0", "+5", None),
        ("5", "-5", "+10", "200%"),
        ("12%", "10%", "+2 points", "20%"),
        ("1.5M", "1.2M", "+0.3M", "25%"),
    ],
)
def test_a_change_is_reckoned_and_written_as_the_cells_are(
    newest: str, before: str, signed: str, share: str | None
) -> None:
    assert difference(number(newest), number(before)) == signed
    assert percent(number(newest), number(before)) == share


def test_a_decimal_comma_stays_a_comma() -> None:
    assert difference(number("1.240,5", ","), number("1.100", ",")) == "+140,5"
    assert percent(number("102,5", ","), number("100", ",")) == "2,5%"


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.sampled_from([",", ".", ""]))
def test_a_difference_added_to_what_was_before_gives_the_newest(newest: int, before: int, grouping: str) -> None:
    mark = "," if grouping == "." else "."
    one, other = (f"{value:,}".replace(",", grouping) for value in (newest, before))
    found = difference(number(one, mark), number(other, mark))

    plain = int(found.replace("−", "-").replace("±", "").replace(grouping or ",", ""))
    assert before + plain == newest
