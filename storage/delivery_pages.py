"""Deliveries page by page, those of the newest events first, and every try of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, false, func, select, tuple_

from domain.errors import NotFound
from domain.event import DeliveryStatus, EventType
from storage.tables import constant, deliveries, delivery_attempts, events

Place = tuple[int, str]  # the position of its event, and its webhook
_EARLIER = deliveries.alias("earlier")


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery with what it tells. *waits*: an earlier one to the same webhook is to be settled first."""

    id: str
    webhook_id: str
    event_id: str
    event: EventType
    position: int
    template_id: str | None
    run_id: str | None
    sequence: int
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a delivery: *status* is what the receiver answered, None when it answered nothing."""

    at: datetime
    ok: bool
    status: int | None
    error: str | None
    duration_ms: int


def page(
    c: Connection,
    *,
    owner: str | None,
    limit: int,
    after: Place | None = None,
    status: DeliveryStatus | None = None,
    webhook_id: str | None = None,
    event: EventType | None = None,
) -> list[Told]:
    """Give the first *limit* deliveries behind *after*: those of *owner*, or of everybody where it is None.

    Only those of that status, webhook or type of event are given.
    """
    place = (events.c.position, deliveries.c.webhook_id)
    query = _chosen(owner).order_by(events.c.position.desc(), deliveries.c.webhook_id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*after))
    if status is not None:
        query = query.where(deliveries.c.status == constant(status))
    if webhook_id is not None:
        query = query.where(deliveries.c.webhook_id == webhook_id)
    if event is not None:
        query = query.where(events.c.type == event.value)
    return [_told(row) for row in c.execute(query).mappings()]


def get(c: Connection, delivery_id: str, *, owner: str) -> tuple[Told, list[Try]]:
    """Give one of the owner's deliveries with its tries, the first one first. Raises NotFound."""
    row = c.execute(_chosen(owner).where(deliveries.c.id == delivery_id)).mappings().first()
    if row is None:
        raise NotFound("delivery", delivery_id)
    mine = delivery_attempts.c.delivery_id == delivery_id
    tries = c.execute(select(delivery_attempts).where(mine).order_by(delivery_attempts.c.id))
    return _told(row), [Try(each.at, each.ok, each.status, each.error, each.duration_ms) for each in tries]


def _chosen(owner: str | None) -> Any:
    same = and_(events.c.id == deliveries.c.event_id, events.c.owner_id == deliveries.c.owner_id)
    pending = constant(DeliveryStatus.PENDING)
    first = (
        select(func.min(_EARLIER.c.sequence))
        .where(_EARLIER.c.webhook_id == deliveries.c.webhook_id, _EARLIER.c.stream == deliveries.c.stream)
        .where(_EARLIER.c.status == pending, _EARLIER.c.in_line)
        .scalar_subquery()
    )
    waits = and_(deliveries.c.status == pending, deliveries.c.in_line, first < deliveries.c.sequence)
    told = (events.c.type, events.c.position, events.c.template_id, events.c.run_id)
    mine = [column for column in deliveries.c if column.name != "owner_id"]
    query = select(*mine, *told, func.coalesce(waits, false()).label("waits")).join_from(deliveries, events, same)
    return query if owner is None else query.where(deliveries.c.owner_id == owner)


def _told(row: Any) -> Told:
    return Told(
        id=row["id"],
        webhook_id=row["webhook_id"],
        event_id=row["event_id"],
        event=EventType(row["type"]),
        position=row["position"],
        template_id=row["template_id"],
        run_id=row["run_id"],
        sequence=row["sequence"],
        status=DeliveryStatus(row["status"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        delivered_at=row["delivered_at"],
        last_status=row["last_status"],
        last_error=row["last_error"],
        waits=bool(row["waits"]),
    )
