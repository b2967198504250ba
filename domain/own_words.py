"""Sources that are the owner's own words: tips taken in turn, a countdown, and sentences about a table's figures.

They are posted as they stand; only the places in braces are filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

DAYS_LEFT = "days_left"  # the one name that a countdown's words may hold


@dataclass(frozen=True, slots=True)
class Countdown:
    """Words for the days before *to*, a day on the wall of the template's zone.

    *say* holds sentences with {days_left}, taken in turn as the days go by. *tomorrow* is for the day before, *today*
    for the day itself; without them, after the day, and more than *days* before it, there is nothing to post.
    """

    to: date
    say: tuple[str, ...]
    tomorrow: str | None = None
    today: str | None = None
    days: int | None = None  # None: it begins at once


class Newest(StrEnum):
    """Where a table's newest row stands."""

    LAST = "last"
    FIRST = "first"


class DecimalMark(StrEnum):
    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV table at *url*, of which the newest row is told beside the one before it.

    *say* is the owner's sentence with names of columns in braces; without it each column of numbers gets one sentence.
    *decimal* None means a point, or a comma where semicolons part the fields.
    """

    url: str
    say: str | None = None
    newest: Newest = Newest.LAST
    decimal: DecimalMark | None = None


@dataclass(frozen=True, slots=True)
class Roundup:
    """A thread of several feed entries, one part for each: *at_least* so many or none, at most *entries*.

    *opening* is the owner's first part.
    """

    entries: int = 5
    at_least: int = 2
    opening: str | None = None
