"""Reading single fields of answers whose shape varies: wrong types read as missing, never as an error.

What comes out of here can be stored and sent on: no NUL, which PostgreSQL refuses, and no half of a surrogate pair,
which no encoding takes. A JavaScript server that cuts a text short may leave half an emoji at its end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

Body = dict[str, Any]
HALF_A_PAIR = re.compile("[\ud800-\udfff]")
LONGEST_REMARK = 2_000  # characters kept of what a server says about a request


def clean(value: str) -> str:
    """Give *value* without NULs, and with U+FFFD for each half of a surrogate pair."""
    return HALF_A_PAIR.sub("\N{REPLACEMENT CHARACTER}", value.replace("\0", ""))


def shortened(said: str | None) -> str | None:
    """Give what is kept of a message or a code: at most 2,000 characters."""
    return said and said[:LONGEST_REMARK]


def reference(value: str | None) -> str | None:
    """Give an id or a URL; one that is longer than 2,000 characters reads as missing, for cut it would be wrong."""
    return value if value is not None and len(value) <= LONGEST_REMARK else None


def text(body: Mapping[str, Any], *names: str) -> str | None:
    """Give the first of *names* that holds a non-empty string or a number, as a string, cleaned."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and (cleaned := clean(value)):
            return cleaned
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def number(body: Mapping[str, Any], *names: str) -> float | None:
    """Give the first of *names* that holds a finite number, or a string that reads as one."""
    for name in names:
        value = body.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                read = float(value)
            except (ValueError, OverflowError):
                continue
            if math.isfinite(read):
                return read
    return None


def flag(body: Mapping[str, Any], *names: str) -> bool | None:
    """Give the first of *names* that holds true or false."""
    return next((body[name] for name in names if isinstance(body.get(name), bool)), None)


def objects(body: Mapping[str, Any], *names: str) -> tuple[Body, ...]:
    """Give the objects in the first of *names* that holds a list; other items of it are left out."""
    for name in names:
        if isinstance(body.get(name), list):
            return tuple(item for item in body[name] if isinstance(item, dict))
    return ()


def strings(body: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Give the non-empty strings in the first of *names* that holds a list, cleaned."""
    for name in names:
        if isinstance(body.get(name), list):
            return tuple(cleaned for item in body[name] if isinstance(item, str) and (cleaned := clean(item)))
    return ()


def inner(body: Mapping[str, Any], name: str) -> Body:
    """Give the object under *name*, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def moment(body: Mapping[str, Any], *names: str) -> datetime | None:
    """Give the first of *names* that reads as a time: ISO 8601, or X's own `Tue Feb 24 10:30:00 +0000 2026`. UTC."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and (read := _moment(value)) is not None:
            return read
    return None


def http_date(value: str) -> datetime | None:
    """Give the UTC time of an HTTP date, None when it is none."""
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _moment(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, _x_moment):
        try:
            found = read(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # OverflowError: the first or the last day there is, in another zone
            continue
    return None


def _x_moment(value: str) -> datetime:
    return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
