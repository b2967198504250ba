"""The budgets of accounts, and what the books say: the entries of a run, and what a stretch of time has taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, insert, select

from domain.budget import AccountBudget, Balance, Entry, EntryKind, EntryState, Period, Scope, Window
from storage.queries import Query
from storage.tables import budgets, ledger_entries

CHUNK = 500  # ids in one IN list
_MINE = {
    Scope.RUN: ledger_entries.c.run_id,
    Scope.TEMPLATE: ledger_entries.c.template_id,
    Scope.ACCOUNT: ledger_entries.c.account,
}

_BUDGETS = Query(
    select(budgets.c.owner_id, budgets.c.account, budgets.c.period, budgets.c.limit_micros, budgets.c.timezone)
)


@dataclass(frozen=True, slots=True)
class Average:
    """What the runs of a template cost that posted or asked a model: how many *posted* runs, and in all, in micros."""

    posted: int = 0
    posts: int = 0
    asked: int = 0
    model: int = 0


def account_budgets(c: Connection, *, owner: str) -> dict[str, AccountBudget]:
    """Give the budget of each account for which *owner* has set one, by its name in lower case."""
    return {account: found for (whose, account), found in all_account_budgets(c).items() if whose == owner}


def all_account_budgets(c: Connection) -> dict[tuple[str, str], AccountBudget]:
    """Give every owner's budgets of accounts, by the owner and the account's name in lower case."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    zones: dict[tuple[str, str], str] = {}
    for owner, account, period, limit, zone in _BUDGETS.rows(c):
        found.setdefault((owner, account), {})[period] = limit
        zones[owner, account] = zone
    return {
        place: AccountBudget(place[1], limits.get(Period.DAY), limits.get(Period.MONTH), zones[place])
        for place, limits in found.items()
    }


def set_account_budget(c: Connection, budget: AccountBudget, *, now: datetime, owner: str) -> None:
    """Set what *owner* may spend as an account, in the place of what was set before; with no limit, take it away."""
    name = budget.account.lower()
    c.execute(delete(budgets).where(budgets.c.account == name, budgets.c.owner_id == owner))
    limits = {Period.DAY: budget.day, Period.MONTH: budget.month}
    rows = [
        {
            "account": name,
            "owner_id": owner,
            "period": period.value,
            "limit_micros": limit,
            "timezone": budget.timezone,
            "created_at": now,
        }
        for period, limit in limits.items()
        if limit is not None
    ]
    if rows:
        c.execute(insert(budgets), rows)


def of_run(c: Connection, run_id: str) -> list[Entry]:
    """Give every payment of a run, in order; those that were released too."""
    query = select(ledger_entries).where(ledger_entries.c.run_id == run_id)
    return [_entry(row) for row in c.execute(query.order_by(ledger_entries.c.at, ledger_entries.c.id)).mappings()]


def balance(c: Connection, window: Window) -> Balance:
    """Give what a window has taken, from the entries themselves."""
    return taken(c, window.scope, window.subject, window.start, window.end, owner=window.owner_id)


def taken(c: Connection, scope: Scope, subject: str, start: datetime, end: datetime, *, owner: str) -> Balance:
    """Give what *subject* of *owner* has spent and reserved from *start* until before *end*."""
    query = select(_sum(EntryState.SPENT), _sum(EntryState.RESERVED)).where(
        _MINE[scope] == subject,
        ledger_entries.c.owner_id == owner,
        ledger_entries.c.at >= start,
        ledger_entries.c.at < end,
    )
    spent, reserved = c.execute(query).one()
    return Balance(int(spent), int(reserved))


def averages(c: Connection, template_ids: Collection[str], since: datetime) -> dict[str, Average]:
    """Give what the runs of each template have cost since *since*; templates without an entry are left out."""
    found: dict[str, Average] = {}
    wanted = list(template_ids)
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(
                ledger_entries.c.template_id,
                ledger_entries.c.kind,
                func.count(func.distinct(ledger_entries.c.run_id)),
                func.sum(ledger_entries.c.amount_micros),
            )
            .where(
                ledger_entries.c.template_id.in_(wanted[start : start + CHUNK]),
                ledger_entries.c.at >= since,
                ledger_entries.c.state == EntryState.SPENT.value,
            )
            .group_by(ledger_entries.c.template_id, ledger_entries.c.kind)
        )
        for template_id, kind, count, total in c.execute(query):
            known = found.get(template_id, Average())
            if kind == EntryKind.POST:
                known = Average(int(count), int(total), known.asked, known.model)
            elif kind == EntryKind.MODEL:
                known = Average(known.posted, known.posts, int(count), int(total))
            found[template_id] = known
    return found


def _sum(state: EntryState) -> ColumnElement[int]:
    amount = case((ledger_entries.c.state == state.value, ledger_entries.c.amount_micros), else_=0)
    return func.coalesce(func.sum(amount), 0)


def _entry(row: RowMapping) -> Entry:
    return Entry(
        id=row["id"],
        kind=EntryKind(row["kind"]),
        run_id=row["run_id"],
        template_id=row["template_id"],
        account=row["account"],
        amount=row["amount_micros"],
        state=EntryState(row["state"]),
        detail=row["detail"],
        at=row["at"],
        settled_at=row["settled_at"],
    )
