"""What things cost: dated price tables, and whole millionths of a US dollar (micros) worked out from them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil
from types import MappingProxyType
from typing import Protocol

from domain.weighted_length import link_spans

MICROS = 1_000_000  # to a US dollar
AS_OF = date(2026, 5, 6)  # when the tables below were right


class Operation(StrEnum):
    """What the program asks of the Xquik API for credits. Composing, scoring, accounts and saved styles are free."""

    POST = "post"
    DELETE = "delete"
    MEDIA = "media"
    TWEET_READ = "tweet_read"  # each
    USER_READ = "user_read"  # each
    STYLE_POST_READ = "style_post_read"  # each post of an author whose style is read anew
    TRENDS = "trends"
    ARTICLE = "article"


# Xquik REST API, pricing: ten credits for every write, one for each item that is read.
CREDITS: Mapping[Operation, int] = MappingProxyType(
    {
        Operation.POST: 10,
        Operation.DELETE: 10,
        Operation.MEDIA: 10,
        Operation.TWEET_READ: 1,
        Operation.USER_READ: 1,
        Operation.STYLE_POST_READ: 1,
        Operation.TRENDS: 3,
        Operation.ARTICLE: 5,
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


class PostPrices(Protocol):
    """What a publisher's posts cost, in micros."""

    def post(self, text: str) -> int:
        """Give what one post of *text* costs."""
        ...

    def charged(self, taken: int) -> int:
        """Give what *taken* credits cost, which an answer says were charged."""
        ...

    @property
    def deletion(self) -> int:
        """What it costs to delete a post."""
        ...

    @property
    def upload(self) -> int:
        """What it costs to upload a picture, beside the post that shows it."""
        ...


@dataclass(frozen=True, slots=True)
class XquikPrices:
    """Posts through the Xquik API. *credit* is micros for one credit; every amount is rounded up."""

    credit: Fraction = PLANS["payg"]

    def post(self, text: str) -> int:  # noqa: ARG002 - a post costs the same with a link and without
        return self.of(Operation.POST)

    def of(self, operation: Operation, count: int = 1) -> int:
        """Give what *count* times *operation* costs."""
        return self.charged(CREDITS[operation] * count)

    def charged(self, taken: int) -> int:
        return _micros(self.credit, taken)

    @property
    def deletion(self) -> int:
        return self.of(Operation.DELETE)

    @property
    def upload(self) -> int:
        return self.of(Operation.MEDIA)


@dataclass(frozen=True, slots=True)
class XPrices:
    """X's own prices, for a publisher that calls X itself: a post with a link costs more."""

    plain: int = 15_000
    with_link: int = 200_000

    def post(self, text: str) -> int:
        return self.with_link if next(iter(link_spans(text)), None) else self.plain

    def charged(self, taken: int) -> int:  # noqa: ARG002 - X has no credits: its answers name no price
        return self.plain

    @property
    def deletion(self) -> int:
        return self.plain

    @property
    def upload(self) -> int:
        return 0


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
