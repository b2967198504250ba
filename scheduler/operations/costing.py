"""What the books say about the runs to come: what those of each template have cost, and what its budgets have taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from domain.budget import AccountBudget, Period, Scope, day_of, month_of, zone_of
from domain.owner import LOCAL_OWNER
from domain.picture import Charts
from domain.prices import XquikPrices
from domain.template import Approval, PostType, StoredTemplate, Template, shows_picture
from scheduler import cost_forecast
from scheduler.cost_forecast import Costs, Key, RunCost
from scheduler.forecast import Outlook
from storage import budgets
from storage.budgets import Average

LOOK_BACK = timedelta(days=30)  # whose runs tell what the next ones cost
PARTS = 4  # of a thread, while none has been posted to tell


def costs(
    connection: Connection,
    stored: Sequence[StoredTemplate],
    outlooks: Sequence[Outlook],
    *,
    prices: XquikPrices,
    model: bool,
    now: datetime,
) -> Costs:
    """Forecast what the runs of *outlooks* cost. *model* tells that a model with prices is asked."""
    found = [each.template for each in stored]
    averages = budgets.averages(connection, [each.id for each in found], now - LOOK_BACK)
    asked = sum(each.asked for each in averages.values())
    usual = sum(each.model for each in averages.values()) // asked if asked else 0
    owner = next((each.owner_id for each in found), LOCAL_OWNER)  # a plan is one owner's
    accounts = budgets.account_budgets(connection, owner=owner)
    return cost_forecast.costs(
        outlooks,
        each={
            each.id: RunCost(
                post_costs(each, averages.get(each.id, Average()), prices), _model(averages, each, usual, model)
            )
            for each in found
        },
        accounts=accounts,
        taken=_taken(connection, found, accounts, now, owner),
        model_unknown=model and not asked,
    )


def post_costs(template: Template, average: Average, prices: XquikPrices) -> int:
    """Give what the posts of a run cost: a tweet its price and its picture's, a thread what others came to."""
    if template.approval is Approval.SHADOW:
        return 0
    single = prices.post * template.count
    may_show = shows_picture(template) or template.charts is not Charts.NONE
    shown = prices.upload * template.count if may_show else 0
    if template.type is PostType.TWEET:
        return single + shown
    return average.posts // average.posted if average.posted else single * PARTS + shown


def _model(averages: Mapping[str, Average], template: Template, usual: int, model: bool) -> int:
    if not model:
        return 0
    average = averages.get(template.id, Average())
    return average.model // average.asked if average.asked else usual


def _taken(
    connection: Connection, found: Sequence[Template], accounts: Mapping[str, AccountBudget], now: datetime, owner: str
) -> dict[Key, int]:
    """Give what the windows that *now* lies in have spent and reserved already."""
    whose = [(Scope.TEMPLATE, each.id, zone_of(each.schedule)) for each in found if each.budget is not None]
    whose += [(Scope.ACCOUNT, each.account, each.timezone) for each in accounts.values()]
    taken: dict[Key, int] = {}
    for scope, subject, zone in whose:
        for period, bounds in ((Period.DAY, day_of(now, zone)), (Period.MONTH, month_of(now, zone))):
            place = cost_forecast.key(scope, subject, period, now, ZoneInfo(zone))
            taken[place] = budgets.taken(connection, scope, subject, *bounds, owner=owner).taken
    return taken
