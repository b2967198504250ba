"""Fields given one by one, as `field=value`, read into the document that changes a template."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from domain.errors import FieldError, InvalidInput
from domain.template_document.names import canonical

# What these hold is text, whatever it looks like: `text=2026` is no number.
TEXTS = frozenset(
    {
        "name", "account", "type", "url", "text", "prompt", "tweet_style", "goal", "approval", "approve_within",
        "approve_default", "on_partial", "freshness", "callback_url", "callback_data", "schedule_end_date",
        "schedule.timezone", "schedule.window", "schedule.cron", "schedule.rrule", "schedule.jitter",
        "schedule.missed", "schedule.grace", "schedule.spread_gap", "schedule.overlap", "style.username",
    }
)  # fmt: skip


def read(assigned: Iterable[str], unset: Iterable[str]) -> dict[str, Any]:
    """Give the document that `FIELD=VALUE` and the names of fields to take away stand for; those are None in it.

    A value is read as in a TOML file; what is none is text. Raises InvalidInput naming what is wrong.
    """
    document: dict[str, Any] = {}
    problems: list[FieldError] = []
    for each in assigned:
        field, equals, value = each.partition("=")
        if not equals:
            problems.append(FieldError(each, "is not FIELD=VALUE; write it like count=2"))
            continue
        _place(document, field.strip(), _value(field.strip(), value), problems)
    for field in unset:
        _place(document, field.strip(), None, problems)
    if problems:
        raise InvalidInput(problems)
    return document


def _value(field: str, written: str) -> Any:
    if canonical(field) in TEXTS:
        return written
    try:
        return tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return written


def _place(document: dict[str, Any], field: str, value: Any, problems: list[FieldError]) -> None:
    table, dot, inner = field.rpartition(".")
    place = document.setdefault(table, {}) if dot else document
    if not isinstance(place, dict):
        problems.append(FieldError(field, f"{table} is given as a whole too; keep one"))
    elif inner in place:
        problems.append(FieldError(field, "is given twice; keep one"))
    else:
        place[inner] = value
