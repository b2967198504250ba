"""What waits for an instant of the machine's clock, and what becomes of it when that clock is set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, func, or_, select, update

from domain.event import DeliveryStatus
from domain.publication import Outcome
from domain.run import RunStatus
from storage.tables import deliveries, publications, runs

_OPEN = [status.value for status in (RunStatus.QUEUED, RunStatus.WORKING, RunStatus.HELD, RunStatus.UNKNOWN)]
# It goes on though its slot lies ahead again: something of it may be out. One that was only planned waits for its slot.
_BEGUN = and_(runs.c.started_at.is_not(None), runs.c.status.in_(_OPEN))
# Of each: the instant that it waits for, and which rows wait.
_WAITS: tuple[tuple[Column[datetime], ColumnElement[bool]], ...] = (
    (deliveries.c.next_attempt_at, deliveries.c.status == DeliveryStatus.PENDING.value),
    (runs.c.not_before, runs.c.status == RunStatus.QUEUED.value),
    (runs.c.due_at, _BEGUN),
    (publications.c.next_ask_at, publications.c.outcome == Outcome.UNKNOWN.value),
)
_IN_DOUBT = or_(publications.c.outcome.is_(None), publications.c.outcome == Outcome.UNKNOWN.value)


def last_begun(c: Connection) -> list[datetime]:
    """Give when the last open run was begun and the last post in doubt was intended, of what there is."""
    asked = (
        select(func.max(runs.c.started_at)).where(_BEGUN),
        select(func.max(publications.c.intended_at)).where(_IN_DOUBT),
    )
    return [at for at in map(c.scalar, asked) if at is not None]


def bring_forward(c: Connection, by: timedelta, now: datetime) -> int:
    """Let what waits for later than *now* wait shorter *by* so much, until *now* at least; give how much that was.

    For a clock that was set back by that: what it was told to wait for a minute would else wait for a minute and all
    that the clock was ahead. Where several processes see the same step some is done early, and nothing late.
    """
    _date_anew(c, by, now)
    return sum(_shorten(c, at, waiting, by, now) for at, waiting in _WAITS)


def _date_anew(c: Connection, by: timedelta, now: datetime) -> None:
    """Give intentions that lie ahead the instants that they had by the clock as it is.

    A post is looked for in its account's timeline from there on, and its key is repeated for so long.
    """
    ahead = (publications.c.intended_at > now, _IN_DOUBT)
    rows = c.execute(select(publications.c.id, publications.c.intended_at).where(*ahead)).all()
    if rows:
        at = bindparam("at", type_=publications.c.intended_at.type)
        change = update(publications).where(publications.c.id == bindparam("row")).values(intended_at=at)
        c.execute(change, [{"row": row_id, "at": intended - by} for row_id, intended in rows])


def _shorten(c: Connection, at: Column[datetime], waiting: ColumnElement[bool], by: timedelta, now: datetime) -> int:
    key = at.table.c.id
    rows = c.execute(select(key, at).where(waiting, at > now)).all()
    if rows:
        sooner = {at: bindparam("sooner", type_=at.type)}
        change = update(at.table).where(key == bindparam("row"), waiting).values(sooner)
        c.execute(change, [{"row": row_id, "sooner": max(until - by, now)} for row_id, until in rows])
    return len(rows)
