"""Durations as people write them: `90d`, `2h`, `1h30m`, `250ms`."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
LONGEST = timedelta(days=3660)
HINT = "write a duration such as 90s, 15m, 2h or 1d"
_WHOLE = re.compile(r"(?:[0-9]{1,9}(?:d|h|ms|m|us|s))+")
_PIECE = re.compile(r"([0-9]+)(d|h|ms|m|us|s)")


class TooLong(ValueError):
    """A duration, but a longer one than any may be."""


def parse_duration(text: str) -> timedelta:
    """Read *text*, one or more whole numbers each with a unit of d, h, m, s, ms or us.

    Raises ValueError with the remedy when it is not one, and TooLong when it is longer than ten years.
    """
    written = text.strip()
    if not _WHOLE.fullmatch(written):
        raise ValueError(f"{text!r} is not a duration; {HINT}")
    total = sum((int(number) * UNITS[unit] for number, unit in _PIECE.findall(written)), timedelta(0))
    if total > LONGEST:
        raise TooLong(f"{text!r} is longer than ten years; {HINT}")
    return total


@lru_cache(maxsize=256)  # a few lengths are written for every template
def format_duration(length: timedelta) -> str:
    """Write *length*, zero or longer, so that `parse_duration` gives it back exactly."""
    pieces = []
    for unit, size in UNITS.items():
        number, length = divmod(length, size)
        if number:
            pieces.append(f"{number}{unit}")
    return "".join(pieces) or "0s"
