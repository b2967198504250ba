"""What things cost: dated price tables, and whole millionths of a US dollar (micros) worked out from them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil
from types import MappingProxyType

MICROS = 1_000_000  # to a US dollar


class Operation(StrEnum):
    """What the program pays the Xquik API for in credits. Composing, scoring, accounts and saved styles are free."""

    POST = "post"
    DELETE = "delete"
    MEDIA = "media"
    TWEET_READ = "tweet_read"  # each


# Xquik REST API, pricing of 2026-05-06: ten credits for every write, one for each item that is read.
CREDITS: Mapping[Operation, int] = MappingProxyType(
    {
        Operation.POST: 10,
        Operation.DELETE: 10,
        Operation.MEDIA: 10,
        Operation.TWEET_READ: 1,
    }
)
# Micros for a credit: what a plan costs a month over the credits it gives. The last one is bought as it goes.
PLANS: Mapping[str, Fraction] = MappingProxyType(
    {
        "starter": Fraction(20 * MICROS, 140_000),
        "pro": Fraction(99 * MICROS, 770_000),
        "business": Fraction(199 * MICROS, 1_670_000),
        "payg": Fraction(150),
    }
)
_DOLLARS = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class XquikPrices:
    """What the Xquik API costs, in micros. *credit* is micros for one credit; every amount is rounded up."""

    credit: Fraction = PLANS["payg"]

    def of(self, operation: Operation, count: int = 1) -> int:
        """Give what *count* times *operation* costs."""
        return self.charged(CREDITS[operation] * count)

    def charged(self, taken: int) -> int:
        """Give what *taken* credits cost, which an answer says were charged."""
        return _micros(self.credit, taken)

    @property
    def post(self) -> int:
        """What one post costs, whatever it says."""
        return self.of(Operation.POST)

    @property
    def deletion(self) -> int:
        """What it costs to delete a post."""
        return self.of(Operation.DELETE)

    @property
    def upload(self) -> int:
        """What it costs to upload a picture, beside the post that shows it."""
        return self.of(Operation.MEDIA)


@lru_cache
def _micros(credit: Fraction, taken: int) -> int:
    """Every post asks for the same few amounts, and fractions are slow."""
    return ceil(credit * taken)


def credit_price(text: str) -> Fraction:
    """Give micros for a credit, from a plan's name or from US dollars such as 0.00012. Raises ValueError."""
    if text.lower() in PLANS:
        return PLANS[text.lower()]
    if not re.fullmatch(r"0(?:\.[0-9]{1,12})?|[0-9]{1,3}(?:\.[0-9]{1,12})?", text):
        names = ", ".join(PLANS)
        raise ValueError(f"{text!r} is none of {names}, and no price; write US dollars for a credit, such as 0.00012")
    return Fraction(Decimal(text)) * MICROS


def parse_dollars(value: object) -> int:
    """Give micros from US dollars, such as 0.05, 10 or "2.5". Raises ValueError for what is none, or finer."""
    text = value.strip().removeprefix("$") if isinstance(value, str) else _plain(value)
    if not (match := _DOLLARS.fullmatch(text)):
        raise ValueError(f"{value!r} is not an amount; write US dollars such as 0.05, 2.5 or 10, to a millionth")
    return int(match[1]) * MICROS + int((match[2] or "").ljust(6, "0"))


def _plain(value: object) -> str:
    """Give a number without an exponent; anything else as what no amount looks like."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return f"{Decimal(str(value)):f}"


def plain_dollars(micros: int) -> str:
    """Give an amount as it is written in a template: 0.05, 10."""
    whole, rest = divmod(micros, MICROS)
    return f"{whole}.{rest:06d}".rstrip("0").removesuffix(".")


def dollars(micros: int) -> str:
    """Give an amount as people read it: at least cents, and no more digits than it has."""
    sign, (whole, rest) = "-" if micros < 0 else "", divmod(abs(micros), MICROS)
    return f"{sign}${whole}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')}"
