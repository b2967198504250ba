"""`GET /content/Usage`: what was posted and paid today and this month, of how much."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.budget import EntryKind, day_of, month_of
from domain.errors import NotFound, Unreadable
from domain.prices import MICROS, XquikPrices
from domain.template import Template
from domain.token import Scope
from scheduler.shown.compatible import iso
from scheduler.shown.schema_words import Schema, object_of
from storage import budgets, usage
from storage.usage import Used
from web import owned
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.refusal import missing
from web.operation import Example, Manner, Operation
from web.parameters import text

ANY_AMOUNT = 2**31 - 1  # where nothing is limited: the vendor's clients count with whole numbers
ZONE = "UTC"


async def show(call: Call) -> Response:
    named = call.query["scheduleId"]

    def found(c: Connection) -> dict[str, Any]:
        template = owned.template(c, named, call.owner).template if named is not None else None
        month, day = (
            usage.between(c, *span, owner=call.owner, template_id=template.id if template else None)
            for span in (month_of(call.now, ZONE), day_of(call.now, ZONE))
        )
        limit = _of_accounts(c, call.owner) if template is None else _of_template(template)
        prices = call.parts.prices
        return {
            "allowed": ANY_AMOUNT if limit is None else min(_credits(limit, prices), ANY_AMOUNT),
            "used": -_credits(-month.taken, prices),
            "allowedDailyPodcasts": 0,
            "usedDailyPodcasts": 0,
            "month": _span(month, *month_of(call.now, ZONE)),
            "day": _span(day, *day_of(call.now, ZONE)),
        }

    try:
        return answered(await call.read(found))
    except (NotFound, Unreadable):
        raise missing("Recurring template not found or unauthorized") from None


def _of_template(template: Template) -> int | None:
    return template.budget.month if template.budget else None


def _of_accounts(c: Connection, owner: str) -> int | None:
    """Give what the owner's accounts may spend in a month, in micros; None where one of them may spend any amount."""
    limits = {account: each.month for account, each in budgets.account_budgets(c, owner=owner).items()}
    if not limits or None in limits.values() or usage.accounts(c, owner=owner) - set(limits):
        return None
    return sum(limit for limit in limits.values() if limit is not None)


def _credits(micros: int, prices: XquikPrices) -> int:
    """Give how many credits of the API an amount is, rounded down."""
    return micros * MICROS // max(1, prices.charged(MICROS))


def _span(used: Used, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "from": iso(start),
        "until": iso(end),
        "posts": used.posts,
        "spentMicros": sum(each.spent for each in used.paid.values()),
        "reservedMicros": sum(each.reserved for each in used.paid.values()),
        "researchMicros": used.research,
        "byKind": {kind.value: used.paid[kind].taken if kind in used.paid else 0 for kind in EntryKind},
    }


_AMOUNT: Schema = {"type": "integer", "minimum": 0}
_SPAN = object_of(
    **{"from": words.WHEN},
    until=words.WHEN,
    posts=_AMOUNT,
    spentMicros=_AMOUNT,
    reservedMicros=_AMOUNT,
    researchMicros=_AMOUNT,
    byKind=object_of(**{kind.value: _AMOUNT for kind in EntryKind}),
)
_EXAMPLE_DAY = {
    "from": "2026-03-26T00:00:00Z",
    "until": "2026-03-27T00:00:00Z",
    "posts": 2,
    "spentMicros": 3000,
    "reservedMicros": 0,
    "researchMicros": 0,
    "byKind": {"post": 3000, "delete": 0, "read": 0, "model": 0},
}

OPERATIONS = (
    Operation(
        id="showContentUsage",
        method="GET",
        path="/content/Usage",
        tag="content",
        summary="Show what was posted and paid today and this month, and how much of it is allowed.",
        description=(
            "`used` and `allowed` are credits of the API in this month (UTC), all that was paid counted as such, and "
            f"{ANY_AMOUNT} where nothing limits it. Amounts in `month` and `day` are millionths of a US dollar."
        ),
        scope=Scope.READ,
        parameters=(text("scheduleId", "Only what this template has used."),),
        answer=object_of(
            allowed=_AMOUNT,
            used=_AMOUNT,
            allowedDailyPodcasts=_AMOUNT,
            usedDailyPodcasts=_AMOUNT,
            month=_SPAN,
            day=_SPAN,
        ),
        refusals=(404,),
        manner=Manner.COMPATIBLE,
        example=Example(
            {
                "allowed": ANY_AMOUNT,
                "used": 20,
                "allowedDailyPodcasts": 0,
                "usedDailyPodcasts": 0,
                "month": _EXAMPLE_DAY | {"from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
                "day": _EXAMPLE_DAY,
            }
        ),
        endpoint=show,
    ),
)
