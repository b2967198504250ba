"""Answers as JSON, in the form in which the command line prints it: instants in UTC with microseconds and Z."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from domain.duration import format_duration


def as_json(value: Any) -> bytes:
    """Give *value* as JSON in UTF-8."""
    return _ENCODER.encode(value).encode()


def plain_json(value: Any) -> bytes:
    """Give *value*, of nothing but plain values, as `as_json` does, in a third of the time."""
    return to_json(value)


def answered(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give the answer that holds *value*."""
    return Response(as_json(value), status, headers, "application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return format_duration(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
