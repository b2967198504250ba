from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.prices import (
    PLANS,
    Operation,
    XquikPrices,
    credit_price,
    dollars,
    parse_dollars,
    plain_dollars,
)


@pytest.mark.parametrize(
    ("plan", "post"),
    [("starter", 1429), ("pro", 1286), ("business", 1192), ("payg", 1500)],
)
def test_a_post_costs_ten_credits_at_the_rate_of_the_plan_rounded_up(plan: str, post: int) -> None:
    assert XquikPrices(credit_price(plan)).post == post


def test_each_operation_has_its_credits() -> None:
    prices = XquikPrices()
    costs = {each: prices.of(each) for each in Operation}
    assert costs[Operation.MEDIA] == costs[Operation.DELETE] == costs[Operation.POST] == 1500
    assert prices.of(Operation.TWEET_READ, 20) == 3000


def test_credits_that_were_charged_cost_what_they_cost() -> None:
    assert [XquikPrices().charged(each) for each in (0, 1, 30)] == [0, 150, 4500]


def test_a_rate_of_ones_own_is_dollars_for_a_credit() -> None:
    assert credit_price("0.00012") == Fraction(120)
    assert credit_price("0") == 0
    assert credit_price("Starter") == PLANS["starter"]


@pytest.mark.parametrize("text", ["gold", "-1", "1e-4", "0.0000000000001", ""])
def test_what_is_neither_plan_nor_rate_names_both(text: str) -> None:
    with pytest.raises(ValueError, match="none of starter, pro, business, payg, and no price"):
        credit_price(text)


@given(st.integers(0, 9_999_999_999_999))
def test_an_amount_is_read_back_as_it_is_written(micros: int) -> None:
    assert parse_dollars(plain_dollars(micros)) == micros
    assert parse_dollars(dollars(micros)) == micros


@pytest.mark.parametrize(
    ("micros", "shown"),
    [(0, "$0.00"), (1_500, "$0.0015"), (10_000_000, "$10.00"), (1, "$0.000001"), (-50_000, "-$0.05")],
)
def test_an_amount_has_cents_and_no_more_digits_than_it_needs(micros: int, shown: str) -> None:
    assert dollars(micros) == shown
