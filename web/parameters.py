"""Parameters of the query, as many operations have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

from scheduler.shown.schema_words import FLAG, INSTANT, TEXT, between, one_of
from web.operation import Parameter

TEXT_LIMIT = 2_000  # characters of a parameter
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


def text(name: str, description: str, *, most: int = TEXT_LIMIT, required: bool = False) -> Parameter:
    """Give a parameter that is any text of at most *most* characters."""

    def read(given: str) -> str:
        if len(given) > most:
            raise ValueError(f"is longer than {most} characters")
        return given

    return Parameter(name, description, TEXT | {"maxLength": most}, read, required=required)


def whole(name: str, description: str, low: int, high: int, default: int) -> Parameter:
    """Give a parameter that is a whole number."""

    def read(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", given) or not low <= int(given) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(given)

    return Parameter(name, description, between(low, high) | {"default": default}, read, default)


def flag(name: str, description: str) -> Parameter:
    """Give a parameter that is true or false; false when it is not given."""

    def read(given: str) -> bool:
        if given not in ("true", "false"):
            raise ValueError("must be true or false")
        return given == "true"

    return Parameter(name, description, FLAG | {"default": False}, read, False)


def choice(name: str, description: str, words: type[StrEnum]) -> Parameter:
    """Give a parameter that is one of *words*."""

    def read(given: str) -> StrEnum:
        try:
            return words(given)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(words)}") from None

    return Parameter(name, description, one_of(words), read)


def instant(name: str, description: str, *, required: bool = False) -> Parameter:
    """Give a parameter that is an instant."""
    return Parameter(name, description, INSTANT, read_instant, required=required)


def read_instant(given: str) -> datetime:
    """Give the instant that ISO 8601 text says; without an offset it is in UTC. Raises ValueError with the remedy."""
    remedy = "is no instant; write it as 2026-03-26T08:00:00Z"
    if not _INSTANT.fullmatch(given):
        raise ValueError(remedy)
    try:
        found = datetime.fromisoformat(given.replace(" ", "T"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(remedy) from None
