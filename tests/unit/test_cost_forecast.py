from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from domain.budget import AccountBudget, Budget, Period, Scope
from domain.schedule import ClockTimes, Schedule, Slot
from scheduler.cost_forecast import Costs, RunCost, costs
from scheduler.forecast import Outlook
from tests.integration.storage_values import template

NOW = datetime(2026, 3, 30, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = Schedule(ClockTimes((time(9),), "Europe/Berlin"))


def outlook(name: str, *hours: int, budget: Budget | None = None, account: str = "acme") -> Outlook:
    made = template(name, name=name, account=account, budget=budget, schedule=BERLIN)
    return Outlook(made, tuple(Slot(NOW + each * HOUR) for each in hours))


def forecast(
    *outlooks: Outlook,
    each: RunCost = RunCost(10),  # noqa: B008
    account: AccountBudget | None = None,
    taken: dict[tuple[Scope, str, Period, date], int] | None = None,
) -> Costs:
    return costs(
        outlooks,
        each={one.template.id: each for one in outlooks},
        accounts={account.account: account} if account else {},
        taken=taken or {},
    )


def test_without_budgets_every_run_costs_its_posts_and_its_model() -> None:
    found = forecast(outlook("a", 0, 30), outlook("b", 1), each=RunCost(10, 3))
    assert (found.total, found.templates["a"].total, found.templates["b"].total) == (39, 26, 13)
    assert (found.days, found.over) == ({date(2026, 3, 30): 26, date(2026, 3, 31): 13}, {})


def test_the_runs_after_a_days_budget_are_over_it_until_the_next_day_in_the_zone() -> None:
    one = outlook("a", 0, 1, 2, 17, budget=Budget(day=20))  # the last one is at one o'clock in Berlin
    found = forecast(one)
    assert found.templates["a"].over == [NOW + 2 * HOUR]
    assert (found.total, found.over) == (30, {date(2026, 3, 30): 1})


def test_what_was_spent_before_counts_in_the_month_that_it_was_spent_in() -> None:
    spent = {(Scope.TEMPLATE, "a", Period.MONTH, date(2026, 3, 1)): 95}
    found = forecast(outlook("a", 0, 48, budget=Budget(month=100)), taken=spent)
    assert found.templates["a"].over == [NOW]  # the other is in April


def test_templates_of_one_account_use_up_its_budget_in_the_order_of_their_slots() -> None:
    found = forecast(outlook("a", 0, 2), outlook("b", 1, 3), account=AccountBudget("acme", 30, None, "UTC"))
    assert (found.templates["a"].over, found.templates["b"].over) == ([], [NOW + 3 * HOUR])
    others = forecast(outlook("a", 0, account="else"), account=AccountBudget("acme", 0, None, "UTC"))
    assert others.templates["a"].over == []


def test_a_run_whose_model_does_not_fit_is_written_without_it() -> None:
    found = forecast(outlook("a", 0, 1, budget=Budget(day=25)), each=RunCost(10, 5))
    assert (found.total, found.templates["a"].without_model, found.templates["a"].over) == (25, 1, [])


def test_a_run_that_costs_more_than_its_budget_never_runs() -> None:
    found = forecast(outlook("a", 0, 30, budget=Budget(run=9)))
    assert (found.total, len(found.templates["a"].over)) == (0, 2)
