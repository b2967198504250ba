"""Reading single fields of answers whose shape varies: wrong types read as missing, never as an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

Body = dict[str, Any]


def text(body: Mapping[str, Any], *names: str) -> str | None:
    """Give the first of *names* that holds a non-empty string or a number, as a string."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def number(body: Mapping[str, Any], *names: str) -> float | None:
    """Give the first of *names* that holds a number, or a string that reads as one; balances come as strings."""
    for name in names:
        value = body.get(name)
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float | str):
            try:
                return float(value)
            except ValueError:
                continue
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
    """Give the non-empty strings in the first of *names* that holds a list."""
    for name in names:
        if isinstance(body.get(name), list):
            return tuple(item for item in body[name] if isinstance(item, str) and item)
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
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return None


def http_date(value: str) -> datetime | None:
    """Give the UTC time of an HTTP date, None when it is none."""
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _moment(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, _x_moment):
        try:
            return read(value)
        except ValueError:
            continue
    return None


def _x_moment(value: str) -> datetime:
    return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
