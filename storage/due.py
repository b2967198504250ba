"""The planner's question: which templates are due, and what stands in the way of their slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, case, func, or_, select

from domain.errors import Unreadable
from domain.run import RunStatus, Trigger
from domain.template import Template
from storage.tables import busy_index, constant, runs, templates
from storage.templates import ACTIVE, read_definition, understood

_QUEUED, _UNKNOWN = 1, 2
_BUSY = {_QUEUED: RunStatus.QUEUED, _UNKNOWN: RunStatus.UNKNOWN}


@dataclass(frozen=True, slots=True)
class DueTemplate:
    """A template whose slot has come.

    *busy* is what `templates.busy` says of it. *taken* tells that a slot from *next_slot_at* on has a run already.
    """

    template: Template
    next_slot_at: datetime
    busy: RunStatus | None
    taken: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Templates that are due, and by their ids why the others cannot be read."""

    templates: list[DueTemplate]
    unreadable: dict[str, str]


def due(c: Connection, now: datetime, limit: int) -> Due:
    """Give the active templates whose next slot is at or before *now*, the longest due first, at most *limit*.

    In a writing transaction they are the caller's until it ends: nobody else plans or changes them meanwhile, and those
    that another has taken are left out. Those that a newer program wrote are left to it.
    """
    found: list[DueTemplate] = []
    unreadable: dict[str, str] = {}
    for definition, next_slot_at, template_id, name, busy, taken in c.execute(
        _question(), {"now": now, "limit": limit}
    ):
        try:
            template = read_definition(definition, name)
        except Unreadable as error:
            unreadable[template_id] = str(error)
        else:
            found.append(DueTemplate(template, next_slot_at, _BUSY[busy] if busy else None, taken is not None))
    return Due(found, unreadable)


@cache
def _question() -> Any:
    """Give the query; built once, for it is many expressions.

    What stands in the way is asked for each template by itself, from the index by template: joined with all of `runs`,
    PostgreSQL may read that whole where it has no statistics yet.
    """
    now = bindparam("now", type_=templates.c.next_slot_at.type)
    mine = runs.c.template_id == templates.c.id
    urgency = case((runs.c.status == constant(RunStatus.UNKNOWN), _UNKNOWN), else_=_QUEUED)
    waits_no_more = or_(runs.c.status != constant(RunStatus.QUEUED), runs.c.due_at <= now)
    busy = select(func.max(urgency)).where(mine, busy_index(), waits_no_more).scalar_subquery()
    planned = (mine, runs.c.trigger == constant(Trigger.SCHEDULE), runs.c.slot_at >= templates.c.next_slot_at)
    taken = select(func.min(runs.c.slot_at)).where(*planned).scalar_subquery()
    wanted = (templates.c.definition, templates.c.next_slot_at, templates.c.id, templates.c.name, busy, taken)
    return (
        select(*wanted)
        .where(templates.c.status == ACTIVE, templates.c.next_slot_at <= now, understood())
        .order_by(templates.c.next_slot_at)
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(of=templates, skip_locked=True)
    )
