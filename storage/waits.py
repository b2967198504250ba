"""What waits for an instant of the machine's clock, and what becomes of it when that clock is set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, bindparam, select, update

from domain.event import DeliveryStatus
from domain.publication import Outcome
from domain.run import RunStatus
from storage.tables import deliveries, publications, runs

# Of each: the instant that it waits for, and which rows wait.
_WAITS: tuple[tuple[Column[datetime], ColumnElement[bool]], ...] = (
    (deliveries.c.next_attempt_at, deliveries.c.status == DeliveryStatus.PENDING.value),
    (runs.c.not_before, runs.c.status == RunStatus.QUEUED.value),
    (publications.c.next_ask_at, publications.c.outcome == Outcome.UNKNOWN.value),
)


def bring_forward(c: Connection, by: timedelta, now: datetime) -> int:
    """Let what waits for later than *now* wait shorter *by* so much, until *now* at least; give how much that was.

    For a clock that was set back by that: what it was told to wait for a minute would else wait for a minute and all
    that the clock was ahead. Where several processes see the same step some is done early, and nothing late.
    """
    return sum(_shorten(c, at, waiting, by, now) for at, waiting in _WAITS)


def _shorten(c: Connection, at: Column[datetime], waiting: ColumnElement[bool], by: timedelta, now: datetime) -> int:
    key = at.table.c.id
    rows = c.execute(select(key, at).where(waiting, at > now)).all()
    if rows:
        sooner = {at: bindparam("sooner", type_=at.type)}
        change = update(at.table).where(key == bindparam("row"), waiting).values(sooner)
        c.execute(change, [{"row": row_id, "sooner": max(until - by, now)} for row_id, until in rows])
    return len(rows)
