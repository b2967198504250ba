"""Pages by cursor: each page names where the next one begins, so nothing is shown twice or left out meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from scheduler.shown.schema_words import TEXT, Schema, or_null
from web.operation import Parameter
from web.parameters import whole

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOST, USUAL = 200, 50
NEXT: Schema = or_null(TEXT | {"description": "The cursor of the next page; null on the last one."})
_NO_CURSOR = "is no cursor; take `next` of the page before as it is"
LIMIT = whole("limit", "How many are given at most.", 1, MOST, USUAL)


def after(*kinds: type) -> Parameter:
    """Give the parameter for a cursor that holds values of these *kinds*: where the page before ended."""

    def read(given: str) -> tuple[Any, ...]:
        try:
            padded = given.encode("ascii") + b"=" * (-len(given) % 4)
            found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, binascii.Error, RecursionError):
            found = None
        if (
            not isinstance(found, list)
            or len(found) != len(kinds)
            or not all(type(each) is kind for each, kind in zip(found, kinds, strict=True))
            or any(isinstance(each, str) and not _storable(each) for each in found)
            or any(isinstance(each, int) and abs(each) >= 1 << 63 for each in found)
        ):
            raise ValueError(_NO_CURSOR)
        return tuple(found)

    return Parameter("after", "The `next` of the page before; the first page without it.", TEXT, read)


def after_instant(*kinds: type) -> Parameter:
    """Give the parameter for a cursor that holds an instant, as `number_of` gives it, and values of these *kinds*."""
    plain = after(int, *kinds)

    def read(given: str) -> tuple[Any, ...]:
        number, *rest = plain.read(given)
        try:
            return (EPOCH + number * MICROSECOND, *rest)
        except OverflowError:
            raise ValueError(_NO_CURSOR) from None

    return replace(plain, read=read)


def number_of(at: datetime) -> int:
    """Give an instant as a cursor holds it: microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def cursor(*values: str | int) -> str:
    """Give the cursor that holds *values*."""
    said = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def page(found: Sequence[T], limit: int, place: Callable[[T], tuple[str | int, ...]]) -> tuple[Sequence[T], str | None]:
    """Give the first *limit* of *found*, and the cursor behind them if there are more: ask for one more than a page."""
    shown = found[:limit]
    return shown, cursor(*place(shown[-1])) if len(found) > limit else None


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
