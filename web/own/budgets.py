"""Budgets over HTTP: what templates and accounts may spend, and what they have spent."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from domain.token import Scope
from scheduler.operations import budgets as operations
from scheduler.operations.joined import Joined
from scheduler.shown import budget_views
from scheduler.shown.schema_words import list_of, object_of
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.paging import LIMIT, NEXT, after, page
from web.parameters import text

PATH = "/api/v1/budgets"


async def list_(call: Call) -> Response:
    names = [each for each in (call.query["names"] or "").split(",") if each.strip()]
    limit = call.query["limit"]
    found = await call.read(
        lambda c: operations.standing(
            Joined(c),
            [each.strip() for each in names],
            timezone=call.parts.outside.timezone,
            now=call.now,
            owner=call.owner,
            after=call.query["after"],
            limit=limit + 1,
        )
    )
    shown, following = page(found, limit, operations.place)
    return answered({"budgets": [budget_views.line(each) for each in shown], "next": following})


_LINE: dict[str, Any] = {
    "scope": "account",
    "name": "acme",
    "period": "day",
    "limit_micros": 1_000_000,
    "spent_micros": 150_000,
    "reserved_micros": 0,
    "left_micros": 850_000,
    "from": "2026-03-26T00:00:00.000000Z",
    "until": "2026-03-27T00:00:00.000000Z",
    "timezone": "UTC",
}

OPERATIONS = (
    Operation(
        id="listBudgets",
        method="GET",
        path=PATH,
        tag="accounts",
        summary="Show what templates and accounts may spend, have spent, and have left of the day and the month.",
        description=(
            "All that have a budget or spent something this month, or those of `names`, whatever they have: templates "
            "first, by name. Amounts are in millionths of a US dollar; a limit that is null is any amount."
        ),
        scope=Scope.READ,
        parameters=(text("names", "Templates and accounts, with commas between them."), LIMIT, after(str, str, str)),
        refusals=(404,),
        answer=object_of(budgets=list_of(budget_views.LINE), next=NEXT),
        example=Example({"budgets": [_LINE], "next": None}, query={"names": "morning,acme"}),
        endpoint=list_,
    ),
)
