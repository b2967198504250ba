"""The books: each payment reserved before it is made, by one conditional UPDATE, and settled or released after.

The entries are the truth; the rows of `spending` are their sums, one for each stretch of time that a budget limits. A
payment fits into all its windows or nothing of its write is kept. Whoever changes an entry adds the sums up anew in the
same transaction, so that no crash, no edit of a budget and no order of events can make the two differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, ScalarSelect, bindparam, case, delete, exists, func, select, update

from domain.budget import Entry, EntryKind, EntryState, Period, Scope, Window
from domain.errors import OverBudget
from domain.run import FINAL
from storage.row_values import Row
from storage.statements import InsertInto, Prepared, Statement, insert_or_replace
from storage.tables import constant, ledger_entries, runs, spending

_COLUMNS = (
    *("id", "kind", "run_id", "template_id", "account"),
    *("amount_micros", "state", "detail", "at", "settled_at"),
)
_RESERVED = constant(EntryState.RESERVED)
_PLACES = ((Scope.RUN, Period.RUN), *((s, p) for s in (Scope.TEMPLATE, Scope.ACCOUNT) for p in list(Period)[1:]))
_MINE = {
    Scope.RUN: ledger_entries.c.run_id,
    Scope.TEMPLATE: ledger_entries.c.template_id,
    Scope.ACCOUNT: ledger_entries.c.account,
}


def _sum(state: EntryState) -> Any:
    amount = case((ledger_entries.c.state == constant(state), ledger_entries.c.amount_micros), else_=0)
    return func.coalesce(func.sum(amount), 0)


def _open(scope: Scope) -> Prepared:
    """Give the insert of a window's row with the sums of the entries there are; one that is there stays as it is."""
    start, end = (bindparam(name, type_=spending.c[name].type) for name in ("start_at", "end_at"))
    subject, owner, period = (
        bindparam(name, type_=spending.c[name].type) for name in ("subject", "owner_id", "period")
    )
    place = (subject, owner, constant(scope), period, start, end)
    theirs = select(*place, _sum(EntryState.SPENT), _sum(EntryState.RESERVED)).where(
        _MINE[scope] == subject,
        ledger_entries.c.owner_id == owner,
        ledger_entries.c.at >= start,
        ledger_entries.c.at < end,
    )
    names = ["subject", "owner_id", "scope", "period", "start_at", "end_at", "spent_micros", "reserved_micros"]

    def insert(insert_of: InsertInto) -> Any:
        return insert_of(spending).from_select(names, theirs).on_conflict_do_nothing()

    return Prepared(insert)


def _take(scope: Scope, period: Period) -> Prepared:
    """Give the conditional UPDATE that reserves: it hits its row only while the amount fits under the limit."""
    amount, needed, limit = (bindparam(name, type_=BigInteger()) for name in ("amount", "needed", "limit"))
    taken = spending.c.spent_micros + spending.c.reserved_micros
    change = update(spending).where(
        spending.c.subject == bindparam("subject"),
        spending.c.owner_id == bindparam("owner_id"),
        spending.c.scope == constant(scope),
        spending.c.period == constant(period),
        spending.c.start_at == bindparam("start_at", type_=spending.c.start_at.type),
        taken + needed <= limit,
    )
    whose = "its budget for one run" if scope is Scope.RUN else f"the {scope}'s budget for the {period}"
    return Prepared(change.values(reserved_micros=spending.c.reserved_micros + amount), whose, OverBudget)


def _added_up(state: EntryState) -> Any:
    """Give the sum of a window's entries in *state*, for an UPDATE of its row."""

    def of(scope: Scope) -> ScalarSelect[Any]:
        within = (
            ledger_entries.c.owner_id == spending.c.owner_id,
            ledger_entries.c.at >= spending.c.start_at,
            ledger_entries.c.at < spending.c.end_at,
        )
        total = select(func.coalesce(func.sum(ledger_entries.c.amount_micros), 0))
        found = total.where(_MINE[scope] == spending.c.subject, ledger_entries.c.state == constant(state), *within)
        return found.correlate(spending).scalar_subquery()

    whose = spending.c.scope
    return case(
        (whose == constant(Scope.RUN), of(Scope.RUN)),
        (whose == constant(Scope.TEMPLATE), of(Scope.TEMPLATE)),
        else_=of(Scope.ACCOUNT),
    )


_OPEN = {scope: _open(scope) for scope in Scope}
_TAKE = {place: _take(*place) for place in _PLACES}
_KEY = ("id", "owner_id")
_ENTER = Prepared(
    insert_or_replace(
        ledger_entries, *_COLUMNS, key=_KEY, change=("amount_micros", "state", "detail", "at", "settled_at")
    )
)
# What was reserved keeps its `at`: it counts for the day and the month in which it was reserved.
_SETTLE = Prepared(
    insert_or_replace(ledger_entries, *_COLUMNS, key=_KEY, change=("amount_micros", "state", "detail", "settled_at")),
    at_once=True,
)
_MARK = Prepared(
    update(ledger_entries)
    .where(ledger_entries.c.id == bindparam("entry"))
    .values({name: bindparam(name, type_=ledger_entries.c[name].type) for name in ("state", "settled_at")})
)
_LEFT = (ledger_entries.c.run_id == bindparam("run"), ledger_entries.c.state == _RESERVED)
_SETTLED_AT = bindparam("at", type_=ledger_entries.c.settled_at.type)
_RELEASE_POSTS = Prepared(
    update(ledger_entries)
    .where(*_LEFT, ledger_entries.c.kind == constant(EntryKind.POST))
    .values(state=constant(EntryState.RELEASED), settled_at=_SETTLED_AT)
)
# A post that is still reserved when its run ends was not sent. What a model was asked may have been answered and
# charged by the time that its worker died: that counts as spent.
_CLOSE = Prepared(
    update(ledger_entries)
    .where(*_LEFT)
    .values(
        state=case(
            (ledger_entries.c.kind == constant(EntryKind.POST), constant(EntryState.RELEASED)),
            else_=constant(EntryState.SPENT),
        ),
        settled_at=_SETTLED_AT,
    )
)
_FORGET = Prepared(
    delete(spending).where(spending.c.subject == bindparam("run"), spending.c.scope == constant(Scope.RUN))
)
_theirs = ledger_entries.alias("theirs")
_ADD_UP = Prepared(
    update(spending)
    .where(
        spending.c.subject.in_([bindparam("run"), bindparam("template"), bindparam("account")]),
        exists().where(
            _theirs.c.run_id == bindparam("run"),
            _theirs.c.owner_id == spending.c.owner_id,
            _theirs.c.at >= spending.c.start_at,
            _theirs.c.at < spending.c.end_at,
        ),
    )
    .values(spent_micros=_added_up(EntryState.SPENT), reserved_micros=_added_up(EntryState.RESERVED))
)


def reserve(windows: Sequence[Window], entries: Sequence[Entry], *, room: int = 0) -> tuple[Statement, ...]:
    """Give the statements that reserve *entries*, all of one run, in all of *windows*.

    *room* is what must be left over beside them. The write that they stand in fails with OverBudget, naming the budget,
    when they do not fit. An entry that was released before is reserved anew.
    """
    amount = sum(entry.amount for entry in entries)
    rows: list[Row] = [
        {
            "subject": each.subject,
            "owner_id": each.owner_id,
            "period": each.period.value,
            "start_at": each.start,
            "end_at": each.end,
            "amount": amount,
            "needed": amount + room,
            "limit": each.limit,
        }
        for each in windows
    ]
    opened = [Statement(_OPEN[each.scope], [row]) for each, row in zip(windows, rows, strict=True)]
    taken = [Statement(_TAKE[each.scope, each.period], [row], 1) for each, row in zip(windows, rows, strict=True)]
    entered = Statement(_ENTER, [_row(entry) for entry in entries])
    return (*opened, *taken, entered, _add_up(entries[0].run_id, entries[0].template_id, entries[0].account))


def settle(entry: Entry) -> tuple[Statement, ...]:
    """Give the statements that set an entry to what it came to; one that was never reserved is made."""
    return Statement(_SETTLE, [_row(entry)]), _add_up(entry.run_id, entry.template_id, entry.account)


def mark(
    entry_id: str, state: EntryState, *, run_id: str, template_id: str, account: str, now: datetime
) -> tuple[Statement, ...]:
    """Give the statements that set the state of an entry and leave its amount; without such an entry, nothing."""
    row = {"entry": entry_id, "state": state.value, "settled_at": now}
    return Statement(_MARK, [row]), _add_up(run_id, template_id, account)


def release_posts(*, run_id: str, template_id: str, account: str, now: datetime) -> tuple[Statement, ...]:
    """Give the statements that release what a run has reserved for its posts."""
    return Statement(_RELEASE_POSTS, [{"run": run_id, "at": now}]), _add_up(run_id, template_id, account)


def close(*, run_id: str, template_id: str, account: str, now: datetime) -> tuple[Statement, ...]:
    """Give the statements for the end of a run: reserved posts are released, anything else reserved counts as spent."""
    forgotten = Statement(_FORGET, [{"run": run_id}])
    return Statement(_CLOSE, [{"run": run_id, "at": now}]), forgotten, _add_up(run_id, template_id, account)


def close_runs(c: Connection, run_ids: Iterable[str], *, now: datetime) -> None:
    """End what these runs have reserved, as `close` does, in the caller's transaction."""
    for run_id in run_ids:
        run = c.execute(select(runs.c.template_id, runs.c.account).where(runs.c.id == run_id)).one()
        perform(c, close(run_id=run_id, template_id=run.template_id, account=run.account.lower(), now=now))


def close_ended(c: Connection, *, now: datetime, limit: int) -> int:
    """End what runs have reserved that ended without doing so: a worker wrote it down too late. Give how many."""
    final = [each.value for each in FINAL]
    over = exists().where(runs.c.id == ledger_entries.c.run_id, runs.c.status.in_(final))
    left = select(ledger_entries.c.run_id).where(ledger_entries.c.state == _RESERVED, over).limit(limit)
    ended = set(c.execute(left).scalars())
    close_runs(c, ended, now=now)
    return len(ended)


def perform(c: Connection, statements: Iterable[Statement]) -> None:
    """Run *statements* in the caller's transaction. Raises what they are refused with."""
    for each in statements:
        touched = each.sql.run(c, each.rows) if each.rows else 0
        if each.expect is not None and touched != each.expect:
            raise each.sql.error(each.sql.refusal)


def _add_up(run_id: str, template_id: str, account: str) -> Statement:
    return Statement(_ADD_UP, [{"run": run_id, "template": template_id, "account": account}])


def _row(entry: Entry) -> Row:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "run_id": entry.run_id,
        "template_id": entry.template_id,
        "account": entry.account,
        "amount_micros": entry.amount,
        "state": entry.state.value,
        "detail": entry.detail,
        "at": entry.at,
        "settled_at": entry.settled_at,
    }
