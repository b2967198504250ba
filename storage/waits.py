"""What waits for an instant of the machine's clock, and what becomes of it when that clock is set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, func, or_, select, update

from domain.event import DeliveryStatus
from domain.publication import Outcome
from domain.run import RunStatus
from storage.tables import deliveries, publications, runs

A_MOMENT = timedelta(minutes=1)  # more than from a step of the clock until it is steady
_OPEN = (RunStatus.QUEUED, RunStatus.WORKING, RunStatus.HELD, RunStatus.UNKNOWN)
# It goes on though its slot lies ahead again: something of it may be out. One that was only planned waits for its slot.
# No IN: SQLAlchemy cannot repeat a statement that has one for many rows.
_BEGUN = and_(runs.c.started_at.is_not(None), or_(*(runs.c.status == status.value for status in _OPEN)))
# Of each: the instant that it waits for, and which rows wait.
_WAITS: tuple[tuple[Column[datetime], ColumnElement[bool]], ...] = (
    (deliveries.c.next_attempt_at, deliveries.c.status == DeliveryStatus.PENDING.value),
    (runs.c.not_before, runs.c.status == RunStatus.QUEUED.value),
    (runs.c.due_at, _BEGUN),
    (publications.c.next_ask_at, publications.c.outcome == Outcome.UNKNOWN.value),
)
_IN_DOUBT = or_(publications.c.outcome.is_(None), publications.c.outcome == Outcome.UNKNOWN.value)
# What is dated by the clock when it happens, of rows that are not done.
_DATED: tuple[tuple[Column[datetime], ColumnElement[bool]], ...] = (
    (runs.c.started_at, _BEGUN),
    (publications.c.intended_at, _IN_DOUBT),
)


def last_begun(c: Connection) -> list[datetime]:
    """Give when the last open run was begun and the last post in doubt was intended, of what there is."""
    newest = (c.scalar(select(func.max(at)).where(open_rows)) for at, open_rows in _DATED)
    return [at for at in newest if at is not None]


def bring_forward(c: Connection, by: timedelta, now: datetime, since: datetime | None = None) -> int:
    """Let what waits for later than *now* wait shorter *by* so much, until *now* at least; give how much that was.

    For a clock that was set back by that: what it was told to wait for a minute would else wait for a minute and all
    that the clock was ahead. Where several processes see the same step some is done early, and nothing late.
    *since* is for a step that nobody saw: a post in doubt was intended between then and *now*, and is dated by the
    earlier, for which more of a timeline is read, and a key is given up sooner.
    """
    _date_anew(c, by, now, since)
    return sum(_shorten(c, at, waiting, by, now, now) for at, waiting in _WAITS)


def bring_forward_late(c: Connection, by: timedelta, now: datetime) -> int:
    """Do the same, a moment after, for what was on its way to be written when the clock was set back.

    It can only be known by how long it is to wait; what waits shorter was told so by a clock that was right.
    """
    _date_anew(c, by, now, None)
    return sum(_shorten(c, at, waiting, by, now, now + by - A_MOMENT) for at, waiting in _WAITS)


def _date_anew(c: Connection, by: timedelta, now: datetime, since: datetime | None) -> None:
    """Give what was begun and intended ahead of *now* the instants that it had by the clock as it is.

    A post is looked for in its account's timeline from there on, and its key is repeated for so long.
    """
    for at, open_rows in _DATED:
        key = at.table.c.id
        rows = c.execute(select(key, at).where(at > now, open_rows)).all()
        if rows:
            change = update(at.table).where(key == bindparam("row")).values({at: bindparam("then", type_=at.type)})
            doubtful = since if at is publications.c.intended_at else None
            c.execute(change, [{"row": row_id, "then": doubtful or dated - by} for row_id, dated in rows])


def _shorten(
    c: Connection,
    at: Column[datetime],
    waiting: ColumnElement[bool],
    by: timedelta,
    now: datetime,
    later_than: datetime,
) -> int:
    key = at.table.c.id
    rows = c.execute(select(key, at).where(waiting, at > later_than)).all()
    if rows:
        sooner = {at: bindparam("sooner", type_=at.type)}
        change = update(at.table).where(key == bindparam("row"), waiting).values(sooner)
        c.execute(change, [{"row": row_id, "sooner": max(until - by, now)} for row_id, until in rows])
    return len(rows)
