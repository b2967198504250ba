"""Durations as the scheduler's documents write them: `PT2H`, `P7D`."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = ("days", "hours", "minutes", "seconds")
WRITTEN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def duration(text: str) -> timedelta:
    """Give the duration that an ISO 8601 *text* names. Raises ValueError for one with years or months."""
    if (found := WRITTEN.fullmatch(text)) is None:
        raise ValueError(f"{text!r} is no duration of days, hours, minutes and seconds")
    return timedelta(**{unit: float(number) for unit, number in zip(UNITS, found.groups(), strict=True) if number})
