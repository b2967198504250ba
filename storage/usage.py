"""What an owner, or one template, has posted and paid in a stretch of time: added up from the posts and the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from domain.budget import Balance, EntryKind, EntryState
from domain.template import TemplateStatus
from storage.tables import constant, ledger_entries, posts, research, templates


@dataclass(frozen=True, slots=True)
class Used:
    """*posts* that went out; what was paid by kind, in micros; and what research took that no run asked for."""

    posts: int
    paid: Mapping[EntryKind, Balance]
    research: int

    @property
    def taken(self) -> int:
        """Everything that is spent or reserved, in micros."""
        return sum(each.taken for each in self.paid.values()) + self.research


def between(c: Connection, start: datetime, end: datetime, *, owner: str, template_id: str | None = None) -> Used:
    """Give what was used from *start* until before *end*; with *template_id* by that template alone.

    A payment counts when it was reserved, a post when it went out, research when it was asked for.
    """
    out = (posts.c.owner_id == owner, posts.c.published_at >= start, posts.c.published_at < end)
    counted = select(func.count()).select_from(posts).where(*out)
    if template_id is not None:
        counted = counted.where(posts.c.template_id == template_id)
    amounts: dict[EntryKind, dict[EntryState, int]] = {}
    for kind, state, amount in c.execute(_payments(start, end, owner, template_id)):
        amounts.setdefault(EntryKind(kind), {})[EntryState(state)] = int(amount)
    paid = {
        kind: Balance(found.get(EntryState.SPENT, 0), found.get(EntryState.RESERVED, 0))
        for kind, found in amounts.items()
    }
    return Used(int(c.execute(counted).scalar_one()), paid, 0 if template_id else _research(c, start, end, owner))


def accounts(c: Connection, *, owner: str) -> set[str]:
    """Give the accounts, in lower case, as which the owner's active templates post."""
    active = (templates.c.owner_id == owner, templates.c.status == constant(TemplateStatus.ACTIVE))
    return set(c.execute(select(func.lower(templates.c.account)).where(*active).distinct()).scalars())


def _payments(start: datetime, end: datetime, owner: str, template_id: str | None) -> Select[Any]:
    entries = ledger_entries.c
    query = select(entries.kind, entries.state, func.sum(entries.amount_micros))
    query = query.where(entries.owner_id == owner, entries.at >= start, entries.at < end)
    query = query.group_by(entries.kind, entries.state)
    if template_id is not None:
        return query.where(entries.template_id == template_id)
    # By the index of accounts and times: the books are never pruned.
    theirs = select(func.lower(templates.c.account)).where(templates.c.owner_id == owner).distinct()
    return query.where(entries.account.in_(theirs))


def _research(c: Connection, start: datetime, end: datetime, owner: str) -> int:
    mine = (research.c.owner_id == owner, research.c.run_id.is_(None))
    total = select(func.coalesce(func.sum(research.c.cost_micros), 0)).where(
        *mine, research.c.created_at >= start, research.c.created_at < end
    )
    return int(c.execute(total).scalar_one())
