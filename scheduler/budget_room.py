"""What is left of the budgets that limit a template, and the sentence where it is not enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.budget import AccountBudget, Period, Scope, Window, windows, zone_of
from domain.errors import OverBudget
from domain.prices import XquikPrices, dollars
from domain.template import Approval, Template, shows_picture
from storage import budgets


def check_room(connection: Connection, template: Template, *, run_id: str, prices: XquikPrices, now: datetime) -> None:
    """Raise OverBudget when not even the shortest posts of a run at *now* would fit, in the caller's transaction."""
    account = budgets.account_budgets(connection, owner=template.owner_id).get(template.account.lower())
    limits = limits_of(template, account, run_id, now)
    if limits and (found := over(connection, limits, least(template, prices))):
        raise OverBudget(found)


def limits_of(template: Template, account: AccountBudget | None, run_id: str, now: datetime) -> tuple[Window, ...]:
    """Give what a payment for *template* at *now* must fit into, where its owner's *account* may spend so much."""
    return windows(
        template.budget,
        account,
        run_id=run_id,
        template_id=template.id,
        zone=zone_of(template.schedule),
        now=now,
        owner=template.owner_id,
    )


def least(template: Template, prices: XquikPrices) -> int:
    """Give the least that the posts of a run cost, in micros."""
    if template.approval is Approval.SHADOW:
        return 0
    upload = prices.upload if shows_picture(template) and template.picture_required else 0
    return (prices.post + upload) * template.count


def over(connection: Connection, limits: tuple[Window, ...], needed: int) -> str | None:
    """Say which of *limits* has not *needed* micros left, in numbers; None when all of them have."""
    for each in limits:
        taken = budgets.balance(connection, each)
        if taken.taken + needed > each.limit:
            spent, reserved = dollars(taken.spent), dollars(taken.reserved)
            sums = f"{spent} is spent and {reserved} reserved, {dollars(needed)} is needed"
            return f"{told(each)}: {sums}{starts_again(each)}"
    return None


def told(window: Window) -> str:
    """Say which budget *window* is: the template's budget of $0.50 for the day."""
    limit = dollars(window.limit)
    if window.scope is Scope.RUN:
        return f"the template's budget of {limit} for one run"
    return f"the {window.scope.value}'s budget of {limit} for the {window.period.value}"


def starts_again(window: Window) -> str:
    """Say when *window* is over; nothing of one run's."""
    return "" if window.period is Period.RUN else f"; it starts again at {window.end:%Y-%m-%d %H:%M} UTC"
