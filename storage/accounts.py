"""Accounts as their posts and their owner's wishes show them: when each posted last, and how far apart it may post."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, bindparam, delete, func, select

from domain.publication import REPLAY_WITHIN, Outcome, out_at
from domain.template import TemplateStatus
from storage.statements import Prepared, insert_or_replace
from storage.tables import account_gaps, constant, publications, templates

_SET = Prepared(
    insert_or_replace(account_gaps, "account", "owner_id", "seconds", key=("account", "owner_id"), change=("seconds",))
)
_CONFIRMED = constant(Outcome.CONFIRMED)
_OPEN = publications.c.outcome.is_(None) | (publications.c.outcome == constant(Outcome.UNKNOWN))


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


def _when_out(named: FromClause, *which: ColumnElement[bool]) -> Select[Any]:
    """Give when the posts of *named* accounts were meant to go out, and were settled: of those that are out."""
    when = (publications.c.intended_at, publications.c.settled_at, publications.c.tweet_id)
    out = (publications.c.account == named.c.account, publications.c.outcome == _CONFIRMED, *which)
    return select(named.c.account, *when).join_from(named, publications, and_(*out))


def _newest(named: FromClause) -> Select[Any]:
    others = publications.alias("others")
    at = select(func.max(others.c.intended_at)).where(
        others.c.account == named.c.account, others.c.outcome == _CONFIRMED
    )
    return _when_out(named, publications.c.intended_at == at.scalar_subquery())


def _late(named: FromClause) -> Select[Any]:
    """Give those that may have gone out after a post that was meant later: their keys were sent again, say."""
    since = publications.c.intended_at >= bindparam("since", type_=publications.c.intended_at.type)
    return _when_out(named, since, publications.c.settled_by != "answer")


_NAMES = _names()
_MINE = select(_NAMES.c.account).where(func.lower(_NAMES.c.account) == bindparam("account")).subquery()
_NEWEST, _NEWEST_OF = _newest(_NAMES), _newest(_MINE)
_LATE, _LATE_OF = _late(_NAMES), _late(_MINE)
_MAY_BE_OUT = (
    select(publications.c.account, func.max(publications.c.intended_at).label("at"))
    .where(_OPEN)
    .group_by(publications.c.account)
)
_MAY_BE_OUT_OF = _MAY_BE_OUT.where(func.lower(publications.c.account) == bindparam("account"))


def gaps(c: Connection) -> dict[str, timedelta]:
    """Give the least time between two posts of each account that has one of its own, by its name in lower case.

    Where several owners post as one account it is the longest that any of them has set: their posts stand in one
    timeline.
    """
    longest = select(account_gaps.c.account, func.max(account_gaps.c.seconds)).group_by(account_gaps.c.account)
    return {account: timedelta(seconds=seconds) for account, seconds in c.execute(longest)}


def set_gap(c: Connection, account: str, gap: timedelta | None, *, owner: str) -> None:
    """Set the gap that *owner* wants between an account's posts, in whole seconds; None takes it away."""
    name = account.lower()
    if gap is None:
        c.execute(delete(account_gaps).where(account_gaps.c.account == name, account_gaps.c.owner_id == owner))
    else:
        _SET.run(c, [{"account": name, "owner_id": owner, "seconds": int(gap.total_seconds())}])


def forget_other_gaps(c: Connection, account: str, *, owner: str) -> None:
    """Take away the gaps that other owners than *owner* have set for an account."""
    others = (account_gaps.c.account == account.lower(), account_gaps.c.owner_id != owner)
    c.execute(delete(account_gaps).where(*others))


def has_gap(c: Connection, account: str, *, owner: str) -> bool:
    """Tell whether *owner* has set a gap between an account's posts."""
    mine = (account_gaps.c.account == account.lower(), account_gaps.c.owner_id == owner)
    return c.execute(select(account_gaps.c.account).where(*mine)).first() is not None


def last_posts(c: Connection, since: datetime) -> dict[str, datetime]:
    """Give when each account posted last, or may have, by its name in lower case.

    Of what went out before *since*, nothing is looked for whose key was sent again after a later post.
    """
    found = [*c.execute(_NEWEST), *c.execute(_LATE, {"since": since - REPLAY_WITHIN})]
    out = [(row.account, out_at(row.intended_at, row.settled_at, row.tweet_id)) for row in found]
    newest: dict[str, datetime] = {}
    for account, at in [*out, *c.execute(_MAY_BE_OUT)]:
        newest[account.lower()] = max(at, newest.get(account.lower(), at))
    return newest


def last_post(c: Connection, account: str) -> datetime | None:
    """Give when *account*, in lower case, posted last, or may have."""
    mine = {"account": account}
    found = list(c.execute(_NEWEST_OF, mine))
    if found:
        since = max(row.intended_at for row in found) - REPLAY_WITHIN
        found += c.execute(_LATE_OF, {**mine, "since": since})
    out = [out_at(row.intended_at, row.settled_at, row.tweet_id) for row in found]
    return max([*out, *(row.at for row in c.execute(_MAY_BE_OUT_OF, mine))], default=None)


def spellings(c: Connection, account: str) -> list[str]:
    """Give the ways in which the name of *account* stands at what it posted: X takes a name in any."""
    return list(c.execute(select(_MINE.c.account), {"account": account.lower()}).scalars())


def is_shared(c: Connection, account: str, *, owner: str) -> bool:
    """Tell whether a template of another owner than *owner* posts as *account*, however it writes it."""
    others = (func.lower(templates.c.account) == account.lower(), templates.c.owner_id != owner)
    alive = templates.c.status != TemplateStatus.DELETED.value
    return c.execute(select(templates.c.id).where(*others, alive).limit(1)).first() is not None


def templates_of(c: Connection, account: str, *, owner: str | None = None) -> list[str]:
    """Give the names of the templates that post as *account*, however they write it, and are not deleted.

    Those of *owner*, or with None of everybody.
    """
    alive = templates.c.status != TemplateStatus.DELETED.value
    mine = [func.lower(templates.c.account) == account.lower()]
    if owner is not None:
        mine.append(templates.c.owner_id == owner)
    return list(c.execute(select(templates.c.name).where(*mine, alive).order_by(templates.c.name)).scalars())
