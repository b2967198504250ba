"""Research that is done again: what about, how often, until when, and when next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, tuple_
from sqlalchemy import update as update_of

from domain.errors import NotFound
from domain.research import OutputType, Recurring, RecurringStatus, Scope
from storage import codec
from storage.tables import constant, recurring_research

_table = recurring_research


def add(c: Connection, made: Recurring) -> None:
    """Keep a new one."""
    c.execute(
        insert(_table).values({"id": made.id, "owner_id": made.owner_id, "created_at": made.created_at, **_row(made)})
    )


def replace(c: Connection, changed: Recurring) -> None:
    """Keep *changed* in the place of what it was."""
    c.execute(
        update_of(_table).where(_table.c.id == changed.id, _table.c.owner_id == changed.owner_id).values(_row(changed))
    )


def get(c: Connection, recurring_id: str, *, owner: str) -> Recurring:
    """Give one of *owner* by its id. Raises NotFound."""
    mine = (_table.c.id == recurring_id, _table.c.owner_id == owner)
    row = c.execute(select(_table).where(*mine)).mappings().first()
    if row is None:
        raise NotFound("recurring research", recurring_id, "`ostinato research recurring list` shows those there are")
    return _recurring(row)


def list_all(c: Connection, *, owner: str) -> list[Recurring]:
    """Give all of *owner*, the newest first."""
    query = select(_table).where(_table.c.owner_id == owner)
    found = c.execute(query.order_by(_table.c.created_at.desc(), _table.c.id.desc())).mappings()
    return [_recurring(row) for row in found]


def page(c: Connection, *, limit: int, after: tuple[datetime, str] | None = None, owner: str) -> list[Recurring]:
    """Give up to *limit* of *owner*, the newest first; *after* is when and as what the last one was made."""
    place = (_table.c.created_at, _table.c.id)
    query = select(_table).where(_table.c.owner_id == owner)
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*after))
    found = c.execute(query.order_by(*(column.desc() for column in place)).limit(limit)).mappings()
    return [_recurring(row) for row in found]


def due(c: Connection, now: datetime) -> list[Recurring]:
    """Give those that are due, the longest waiting first, and nobody else's while the transaction lasts."""
    query = select(_table).where(_table.c.status == constant(RecurringStatus.ACTIVE), _table.c.next_at <= now)
    found = c.execute(query.order_by(_table.c.next_at).with_for_update(skip_locked=True)).mappings()
    return [_recurring(row) for row in found]


def _row(made: Recurring) -> Mapping[str, Any]:
    return {
        "topic": made.topic,
        "output_type": made.output.value,
        "scope": codec.dump(Scope, made.scope),
        "daily_count": made.daily_count,
        "anchor_at": made.anchor,
        "end_at": made.end,
        "status": made.status.value,
        "callback_data": made.callback_data,
        "next_at": made.next_at,
        "updated_at": made.updated_at,
    }


def _recurring(row: RowMapping) -> Recurring:
    return Recurring(
        id=row["id"],
        topic=row["topic"],
        output=OutputType(row["output_type"]),
        scope=codec.load(Scope, row["scope"]),
        daily_count=row["daily_count"],
        anchor=row["anchor_at"],
        end=row["end_at"],
        status=RecurringStatus(row["status"]),
        next_at=row["next_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        callback_data=row["callback_data"],
        owner_id=row["owner_id"],
    )
