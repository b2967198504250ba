"""Accounts as their posts and their owner's wishes show them: when each posted last, and how far apart it may post."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, FromClause, delete, func, select

from domain.publication import Outcome
from domain.template import TemplateStatus
from storage.statements import Prepared, insert_or_replace
from storage.tables import account_gaps, constant, publications, templates

_SET = Prepared(insert_or_replace(account_gaps, "account", "seconds", key=("account", "owner_id"), change=("seconds",)))
_CONFIRMED = constant(Outcome.CONFIRMED)
_OPEN = publications.c.outcome.is_(None) | (publications.c.outcome == constant(Outcome.UNKNOWN))


def gaps(c: Connection) -> dict[str, timedelta]:
    """Give the least time between two posts of each account that has one of its own, by its name in lower case."""
    return {row.account: timedelta(seconds=row.seconds) for row in c.execute(select(account_gaps))}


def set_gap(c: Connection, account: str, gap: timedelta | None) -> None:
    """Set an account's own gap, in whole seconds; None takes it away."""
    name = account.lower()
    if gap is None:
        c.execute(delete(account_gaps).where(account_gaps.c.account == name))
    else:
        _SET.run(c, [{"account": name, "seconds": int(gap.total_seconds())}])


def last_posts(c: Connection) -> dict[str, datetime]:
    """Give when each account posted last, or may have, by its name in lower case."""
    named = _names()
    newest = (
        select(func.max(publications.c.intended_at))
        .where(publications.c.account == named.c.account, publications.c.outcome == _CONFIRMED)
        .scalar_subquery()
    )
    open_ = (
        select(publications.c.account, func.max(publications.c.intended_at))
        .where(_OPEN)
        .group_by(publications.c.account)
    )
    found: dict[str, datetime] = {}
    for account, at in [*c.execute(select(named.c.account, newest)), *c.execute(open_)]:
        if at is not None:
            found[account.lower()] = max(at, found.get(account.lower(), at))
    return found


def spellings(c: Connection, account: str) -> list[str]:
    """Give the ways in which the name of *account* stands at what it posted: X takes a name in any."""
    named = _names()
    return list(c.execute(select(named.c.account).where(func.lower(named.c.account) == account.lower())).scalars())


def templates_of(c: Connection, account: str) -> list[str]:
    """Give the names of the templates that post as *account*, however they write it, and are not deleted."""
    alive = templates.c.status != TemplateStatus.DELETED.value
    mine = func.lower(templates.c.account) == account.lower()
    return list(c.execute(select(templates.c.name).where(mine, alive).order_by(templates.c.name)).scalars())


def _names() -> FromClause:
    """Give each name that posted, from one to the next along the index of what is out: its cost does not grow."""
    first = select(func.min(publications.c.account).label("account")).where(publications.c.outcome == _CONFIRMED)
    names = first.cte("names", recursive=True)
    following = (
        select(func.min(publications.c.account))
        .where(publications.c.outcome == _CONFIRMED, publications.c.account > names.c.account)
        .scalar_subquery()
    )
    names = names.union_all(select(following).where(names.c.account.is_not(None)))
    return select(names.c.account).where(names.c.account.is_not(None)).subquery()
