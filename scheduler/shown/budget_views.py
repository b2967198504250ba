"""Budgets as JSON: plain values under stable snake_case keys, amounts in millionths of a US dollar (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.budget import Period, Scope
from scheduler.shown.schema_words import INSTANT, NUMBER, TEXT, Schema, object_of, one_of, or_null

if TYPE_CHECKING:  # commands that show other things need not wait for these
    from domain.budget import AccountBudget
    from scheduler.operations.budgets import Line


def line(line: Line) -> dict[str, Any]:
    taken = line.taken
    return {
        "scope": line.scope.value,
        "name": line.name,
        "period": line.period.value,
        "limit_micros": line.limit,
        "spent_micros": taken and taken.spent,
        "reserved_micros": taken and taken.reserved,
        "left_micros": line.left,
        "from": line.start,
        "until": line.end,
        "timezone": line.timezone,
    }


def of_account(kept: AccountBudget) -> dict[str, Any]:
    return {"account": kept.account, "day": kept.day, "month": kept.month, "timezone": kept.timezone}


LINE: Schema = object_of(
    scope=one_of(Scope),
    name=TEXT,
    period=one_of(Period),
    limit_micros=or_null(NUMBER),
    spent_micros=or_null(NUMBER),
    reserved_micros=or_null(NUMBER),
    left_micros=or_null(NUMBER),
    **{"from": or_null(INSTANT)},
    until=or_null(INSTANT),
    timezone=TEXT,
)
