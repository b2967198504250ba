"""Deliveries: what must still be told to whom, in order for each webhook and template."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    RowMapping,
    and_,
    bindparam,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from domain.errors import NotFound
from domain.event import Delivery, DeliveryStatus, Event
from storage import events as outbox
from storage.statements import Prepared, Statement, Write, insert_into, parameters
from storage.tables import constant, deliveries, delivery_attempts, events

PENDING = constant(DeliveryStatus.PENDING)
_IS_THERE = select(deliveries.c.id).where(deliveries.c.id == bindparam("delivery"))
# Only what is pending changes: a late failure does not undo what another process delivered.
_ATTEMPTED = Prepared(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.status == PENDING)
    .values(
        status=bindparam("state"),
        attempts=deliveries.c.attempts + 1,
        leased_until=null(),
        **parameters(deliveries, "next_attempt_at", "last_error", "last_status", "delivered_at"),
    )
)
_ATTEMPT = Prepared(insert_into(delivery_attempts, "delivery_id", "at", "ok", "status", "error", "duration_ms"))
_SAME = and_(events.c.id == deliveries.c.event_id, events.c.owner_id == deliveries.c.owner_id)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery whose turn it is, with the event to tell."""

    delivery: Delivery
    event: Event

    @property
    def webhook_id(self) -> str:
        return self.delivery.webhook_id


def due(c: Connection, now: datetime, limit: int) -> list[DueDelivery]:
    """Give deliveries whose time has come, at most one for each line: the longest due of each webhook first, then the
    second of each, and so on. So one with thousands that wait keeps none of the others out of the *limit*.

    A line is the events of one template for one webhook. Its head is its pending delivery with the lowest sequence; one
    that is waiting to be tried again holds up the line, a dead one does not. What a person asked to send again is in no
    line.
    """
    waited = (deliveries.c.next_attempt_at, events.c.position)
    turn = func.row_number().over(partition_by=deliveries.c.webhook_id, order_by=waited).label("turn")
    heads = (
        select(deliveries.c.id, turn)
        .join_from(deliveries, events, _SAME)
        .where(deliveries.c.status == PENDING, deliveries.c.next_attempt_at <= now, _free_to_go(), *_unleased(c))
        .order_by(turn, *waited)
        .limit(limit)
        .subquery("heads")
    )
    query = _with_event().join(heads, heads.c.id == deliveries.c.id).order_by(heads.c.turn, *waited)
    return [DueDelivery(_delivery(row), outbox.from_row(row)) for row in c.execute(query).mappings()]


def next_due(c: Connection) -> datetime | None:
    """Give when the next delivery is to be tried."""
    query = select(deliveries.c.next_attempt_at).where(deliveries.c.status == PENDING, _free_to_go(), *_unleased(c))
    moment: datetime | None = c.execute(query.order_by(deliveries.c.next_attempt_at).limit(1)).scalar()
    return moment


def lease(c: Connection, delivery_ids: Collection[str], lease: timedelta, now: datetime) -> set[str]:
    """Keep deliveries from the other daemons for *lease*; give the ids of those that were still due and nobody's.

    The head of a line is leased, and the rest of the line waits for the head, so its events stay in order. PostgreSQL
    only, by its clock.
    """
    still_due = (deliveries.c.status == PENDING, deliveries.c.next_attempt_at <= now, *_unleased(c))
    change = update(deliveries).where(deliveries.c.id.in_(list(delivery_ids)), *still_due)
    until = func.clock_timestamp() + literal(lease, Interval())
    return set(c.execute(change.values(leased_until=until).returning(deliveries.c.id)).scalars())


def record_failure(
    c: Connection,
    delivery_id: str,
    *,
    status: int | None,
    error: str | None,
    now: datetime,
    next_attempt_at: datetime | None,
    dead: bool,
    duration_ms: int,
) -> None:
    """Record one try that was not accepted. It is dead when *dead*, and else tried again at *next_attempt_at*.

    Only what is pending changes: a late failure does not undo what another process delivered. Raises NotFound.
    """
    if not (dead or next_attempt_at):
        raise ValueError("a failed attempt needs the time of the next one, or to be the last")
    if c.execute(_IS_THERE, {"delivery": delivery_id}).first() is None:
        raise _not_found(delivery_id)
    state = DeliveryStatus.DEAD if dead else DeliveryStatus.PENDING
    again = None if dead else next_attempt_at
    _ATTEMPTED.run(c, [_change(delivery_id, state, now=now, again=again, status=status, error=error)])
    _ATTEMPT.run(c, [_attempt(delivery_id, ok=False, status=status, error=error, now=now, duration_ms=duration_ms)])


def delivered(delivery_id: str, *, status: int | None, now: datetime, duration_ms: int) -> Write:
    """Record one try that was accepted, with the HTTP *status* where there is one. Conflict without such a delivery."""
    change = _change(delivery_id, DeliveryStatus.DELIVERED, now=now, again=None, status=status, error=None)
    attempt = _attempt(delivery_id, ok=True, status=status, error=None, now=now, duration_ms=duration_ms)
    return Write((Statement(_ATTEMPTED, (change,)), Statement(_ATTEMPT, (attempt,))))


def _change(
    delivery_id: str,
    state: DeliveryStatus,
    *,
    now: datetime,
    again: datetime | None,
    status: int | None,
    error: str | None,
) -> dict[str, Any]:
    return {
        "delivery": delivery_id,
        "state": state.value,
        "next_attempt_at": again,
        "last_error": error,
        "last_status": status,
        "delivered_at": now if state is DeliveryStatus.DELIVERED else None,
    }


def _attempt(
    delivery_id: str, *, ok: bool, status: int | None, error: str | None, now: datetime, duration_ms: int
) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id,
        "at": now,
        "ok": ok,
        "status": status,
        "error": error,
        "duration_ms": duration_ms,
    }


def redeliver(c: Connection, delivery_id: str, now: datetime) -> None:
    """Send it again now, outside its line, with a fresh count of attempts. Raises NotFound."""
    fresh = {"status": DeliveryStatus.PENDING.value, "attempts": 0, "next_attempt_at": now, "in_line": False}
    fresh["leased_until"] = None
    if c.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(fresh)).rowcount != 1:
        raise _not_found(delivery_id)


def _with_event() -> Any:
    c = deliveries.c
    mine = [column.label(f"delivery_{column.name}") for column in (c.id, c.webhook_id, c.attempts)]
    return select(*mine, *events.c).join_from(deliveries, events, _SAME)


def _unleased(c: Connection) -> list[ColumnElement[bool]]:
    """Give the condition that no daemon sends it just now; on SQLite there is one daemon, and it leases none."""
    if c.dialect.name != "postgresql":
        return []
    return [or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= func.clock_timestamp())]


def _free_to_go() -> Any:
    earlier = deliveries.alias("earlier")
    blocked = exists().where(
        earlier.c.webhook_id == deliveries.c.webhook_id,
        earlier.c.stream == deliveries.c.stream,
        earlier.c.sequence < deliveries.c.sequence,
        earlier.c.status == PENDING,
        earlier.c.in_line,
    )
    return or_(~deliveries.c.in_line, ~blocked)


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(id=row["delivery_id"], webhook_id=row["delivery_webhook_id"], attempts=row["delivery_attempts"])


def _not_found(delivery_id: str) -> NotFound:
    return NotFound("delivery", delivery_id, "`ostinato callback list` shows those there are")
