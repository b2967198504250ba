"""What a person can do with budgets: see what is left of them, and set those of accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from domain.budget import AccountBudget, Balance, Budget, Period, Scope, day_of, month_of, zone_of
from domain.errors import FieldError, InvalidInput, NotFound
from domain.owner import LOCAL_OWNER
from domain.schedule import zone_problem
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document.reading import ACCOUNT
from storage import budgets, templates
from storage.database import Database

Place = tuple[str, str, str]  # scope, name and period of a line
_PERIODS = [each.value for each in Period]


@dataclass(frozen=True, slots=True)
class Line:
    """What a template or an account has taken in the day or the month that is now; *limit* None: any amount.

    Of the budget for one run nothing is counted here: *taken*, *start* and *end* are None.
    """

    scope: Scope
    name: str
    period: Period
    limit: int | None
    timezone: str
    taken: Balance | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def left(self) -> int | None:
        """What may still be spent, in micros; None: any amount."""
        if self.limit is None or self.taken is None:
            return self.limit
        return max(0, self.limit - self.taken.taken)


def standing(
    database: Database,
    names: Collection[str],
    *,
    timezone: str,
    now: datetime,
    owner: str = LOCAL_OWNER,
    after: Place | None = None,
    limit: int | None = None,
) -> list[Line]:
    """Give how the templates and accounts of *names* stand, or all that have a budget or spent something this month.

    A template of a single post is among all of them only with a budget of its own: it spends no more. They are the
    owner's: of what an account has taken, what the owner's templates spent as it. Templates come first, by name; with
    *after* what stands behind that place, and with *limit* so many lines at most.

    The days of an account without a budget are those of *timezone*. Raises NotFound for a name that is neither.
    """
    with database.read() as connection:
        every = templates.list_all(connection, owner=owner)
        stored = [each for each in every if each.state.status is not TemplateStatus.DELETED]
        known = budgets.account_budgets(connection, owner=owner)
        accounts = {each.template.account.lower() for each in stored} | set(known)
        _check_names(names, stored, accounts)
        wanted = {name.removeprefix("@").lower() for name in names}
        behind = _key(*after) if after else (-1,)

        def lines() -> Iterator[Line]:
            for each in sorted(stored, key=lambda one: one.template.name):
                named = {each.template.name.lower(), each.template.id.lower()}
                shown = named & wanted if wanted else each.template.budget or not each.template.once
                if shown and _key(Scope.TEMPLATE, each.template.name) >= behind[:2]:
                    yield from _of_template(connection, each, now, everything=bool(wanted))
            for account in sorted(accounts):
                if (not wanted or account in wanted) and _key(Scope.ACCOUNT, account) >= behind[:2]:
                    budget = known.get(account, AccountBudget(account, None, None, timezone))
                    yield from _of_account(connection, budget, now, owner, everything=bool(wanted))

        return list(islice((each for each in lines() if _key(*place(each)) > behind), limit))


def place(line: Line) -> Place:
    """Give where a line stands among all."""
    return line.scope.value, line.name, line.period.value


def _key(scope: str, name: str, period: str | None = None) -> tuple[int | str, ...]:
    at = () if period is None else (_PERIODS.index(period) if period in _PERIODS else 0,)
    return (0 if scope == Scope.TEMPLATE else 1, name, *at)


def set_account(
    database: Database,
    name: str,
    *,
    day: int | None,
    month: int | None,
    timezone: str | None,
    otherwise: str,
    now: datetime,
    owner: str = LOCAL_OWNER,
) -> AccountBudget:
    """Set what the owner may spend as an account, in micros; what is None stays as it is. Days are those of *timezone*.

    Without one its earlier zone stays, or else it is *otherwise*. Raises InvalidInput.
    """
    account = _account(name)
    if timezone is not None and (problem := zone_problem(timezone)):
        raise InvalidInput([FieldError("timezone", problem)])
    with database.write() as connection:
        known = budgets.account_budgets(connection, owner=owner)
        before = known.get(account, AccountBudget(account, None, None, otherwise))
        after = replace(
            before,
            day=before.day if day is None else day,
            month=before.month if month is None else month,
            timezone=timezone or before.timezone,
        )
        budgets.set_account_budget(connection, after, now=now, owner=owner)
        return after


def lift_account(database: Database, name: str, *, now: datetime, owner: str = LOCAL_OWNER) -> AccountBudget:
    """Let the owner spend any amount as an account. Raises InvalidInput for what is no account's name."""
    lifted = AccountBudget(_account(name), None, None, "UTC")
    with database.write() as connection:
        budgets.set_account_budget(connection, lifted, now=now, owner=owner)
    return lifted


def _account(name: str) -> str:
    account = name.removeprefix("@")
    if not ACCOUNT.fullmatch(account):
        raise InvalidInput([FieldError("account", f"{name!r} is no X account: 1 to 15 letters, digits, underscores")])
    return account.lower()


def _check_names(names: Collection[str], stored: Collection[StoredTemplate], accounts: Collection[str]) -> None:
    known = {*accounts}
    for each in stored:
        known |= {each.template.name.lower(), each.template.id.lower()}
    for name in names:
        if name.removeprefix("@").lower() not in known:
            raise NotFound("template or account", name, "`ostinato template list` shows the templates there are")


def _of_template(connection: Connection, stored: StoredTemplate, now: datetime, *, everything: bool) -> Iterator[Line]:
    template = stored.template
    budget, zone = template.budget or Budget(), zone_of(template.schedule)
    if budget.run is not None:
        yield Line(Scope.TEMPLATE, template.name, Period.RUN, budget.run, zone)
    limits = {Period.DAY: budget.day, Period.MONTH: budget.month}
    for period, limit in limits.items():
        start, end = (day_of if period is Period.DAY else month_of)(now, zone)
        taken = budgets.taken(connection, Scope.TEMPLATE, template.id, start, end, owner=template.owner_id)
        if everything or limit is not None or taken.taken:
            yield Line(Scope.TEMPLATE, template.name, period, limit, zone, taken, start, end)


def _of_account(
    connection: Connection, budget: AccountBudget, now: datetime, owner: str, *, everything: bool
) -> Iterator[Line]:
    for period, limit in ((Period.DAY, budget.day), (Period.MONTH, budget.month)):
        start, end = (day_of if period is Period.DAY else month_of)(now, budget.timezone)
        taken = budgets.taken(connection, Scope.ACCOUNT, budget.account, start, end, owner=owner)
        if everything or limit is not None or taken.taken:
            yield Line(Scope.ACCOUNT, budget.account, period, limit, budget.timezone, taken, start, end)
