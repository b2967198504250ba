"""Instants, lengths of time and lists as a chain says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_SECOND = timedelta(seconds=1)
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
NAMED = 3  # of a list, before the others are only counted


def utc(at: datetime) -> str:
    """Give an instant in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def length(span: timedelta) -> str:
    """Give a length of time by its two largest units: `2h 5m`; below a second, milliseconds."""
    if abs(span) < _SECOND:
        return f"{span // timedelta(milliseconds=1)} ms"
    seconds = int(span.total_seconds())
    found = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            found.append(f"{count}{unit}")
    return " ".join(found[:2])


def some(said: Sequence[str]) -> str:
    """Name the first of a list, and count the others."""
    more = len(said) - NAMED
    return "; ".join([*said[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def number(count: int, one: str, many: str | None = None) -> str:
    """Give a number with its word: `1 draft`, `2 drafts`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
