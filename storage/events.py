"""Events and the outbox: recorded in the transaction of what they tell about."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Text,
    bindparam,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    update,
)

from domain.errors import NotFound
from domain.event import FAILURES, TERMINAL, Channel, DeliveryStatus, Event, EventType, NewEvent
from storage.functions import new_id
from storage.row_values import Row
from storage.statements import Prepared, Statement
from storage.tables import constant, deliveries, events, webhooks


def _parameter(name: str) -> Any:
    return bindparam(name, type_=events.c[name].type)


_GIVEN = ("id", "owner_id", "type", "stream", "template_id", "run_id", "created_at", "data", "unread")

# The sequence is allotted by the insert itself. Two processes that meet get the same number, the unique key refuses
# the second, and its write is tried again alone.
RECORD = Prepared(
    insert(events).from_select(
        [*_GIVEN, "sequence"],
        select(
            *(_parameter(name) for name in _GIVEN),
            select(func.coalesce(func.max(events.c.sequence), 0) + 1)
            .where(events.c.stream == _parameter("stream"), events.c.owner_id == _parameter("owner_id"))
            .scalar_subquery(),
        ),
    ),
    at_once=True,
    apart="stream",
)

_COMMA = literal_column("','", Text)
_WITHOUT_IT = func.replace(webhooks.c.events, _COMMA + events.c.type + _COMMA, _COMMA)

# One delivery for each active webhook of the event's template or of all templates. The notify command is told of
# failures only (and of tests): it rings at a person.
DELIVER = Prepared(
    insert(deliveries).from_select(
        ["id", "owner_id", "event_id", "webhook_id", "stream", "sequence", "status", "next_attempt_at"],
        select(
            new_id(),
            events.c.owner_id,
            events.c.id,
            webhooks.c.id,
            events.c.stream,
            events.c.sequence,
            constant(DeliveryStatus.PENDING),
            events.c.created_at,
        ).where(
            events.c.id == _parameter("id"),
            webhooks.c.owner_id == events.c.owner_id,
            webhooks.c.active == true(),
            webhooks.c.asked == false(),
            or_(webhooks.c.compatible == false(), events.c.type.in_([constant(each) for each in TERMINAL])),
            or_(webhooks.c.events.is_(None), webhooks.c.events != _WITHOUT_IT),
            or_(webhooks.c.template_id.is_(None), webhooks.c.template_id == events.c.template_id),
            or_(
                webhooks.c.channel != constant(Channel.COMMAND),
                events.c.unread == true(),
                events.c.type == constant(EventType.CALLBACK_TEST),
            ),
        ),
    ),
    at_once=True,
)


def statements(new: Sequence[NewEvent]) -> tuple[Statement, ...]:
    """Give the statements that record *new* and their deliveries, to be part of a Write."""
    rows = [_row(event) for event in new]
    return (Statement(RECORD, rows, expect=len(rows)), Statement(DELIVER, rows)) if rows else ()


def record(c: Connection, new: Sequence[NewEvent]) -> None:
    """Record *new* in their order, and one delivery of each for every active webhook that wants it."""
    for statement in statements(new):
        statement.sql.run(c, statement.rows)


def list_events(
    c: Connection,
    *,
    after: str | None = None,
    template_id: str | None = None,
    types: Collection[EventType] | None = None,
    limit: int = 100,
) -> list[Event]:
    """Give events in the order of recording, those after the event *after*; without it, from the oldest kept.

    Raises NotFound when there is no event *after*: it was pruned or never was, and what followed it is not known.
    """
    query = _chosen(template_id, types).order_by(events.c.position).limit(limit)
    if after is not None:
        query = query.where(events.c.position > _position(c, after))
    return [from_row(row) for row in c.execute(query).mappings()]


def newest_events(
    c: Connection, *, template_id: str | None = None, types: Collection[EventType] | None = None, limit: int = 100
) -> list[Event]:
    """Give the newest *limit* events, in the order of recording."""
    query = _chosen(template_id, types).order_by(events.c.position.desc()).limit(limit)
    return [from_row(row) for row in c.execute(query).mappings()][::-1]


def newest_before(c: Connection, at: datetime) -> datetime | None:
    """Give when the newest event up to *at* was recorded, None without any."""
    return c.execute(select(func.max(events.c.created_at)).where(events.c.created_at <= at)).scalar()


def last_position(c: Connection) -> int:
    """Give the position of the newest event that is kept, 0 without any."""
    return int(c.execute(select(func.max(events.c.position))).scalar() or 0)


def furthest_position(c: Connection) -> int:
    """Give a position that no event lies beyond which was ever recorded here, those that were pruned since included."""
    if c.dialect.name == "sqlite":
        known = c.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'events'").scalar()
    else:  # what was taken back is counted too, and may be forgotten in a crash: what was committed is not
        known = c.exec_driver_sql("SELECT last_value FROM events_position_seq").scalar()
    return int(known or 0)


def unread_failures(c: Connection, *, owner: str | None = None) -> list[Event]:
    """Give the failures that nobody has marked as read, *owner*'s or everybody's, oldest first."""
    query = select(events).where(events.c.unread == true()).order_by(events.c.position)
    query = query if owner is None else query.where(events.c.owner_id == owner)
    return [from_row(row) for row in c.execute(query).mappings()]


def mark_read(c: Connection, up_to: str, *, owner: str | None = None) -> None:
    """Mark the event *up_to* and all recorded before it as read, *owner*'s or everybody's."""
    read = update(events).where(events.c.unread == true(), events.c.position <= _position(c, up_to))
    read = read if owner is None else read.where(events.c.owner_id == owner)
    c.execute(read.values(unread=False))


def from_row(row: RowMapping) -> Event:
    """Give the event of a row of the table."""
    return Event(
        id=row["id"],
        type=EventType(row["type"]),
        created_at=row["created_at"],
        data=json.loads(row["data"]),
        template_id=row["template_id"],
        run_id=row["run_id"],
        sequence=row["sequence"],
    )


def _chosen(template_id: str | None, types: Collection[EventType] | None) -> Select[Any]:
    query = select(events)
    if template_id is not None:
        query = query.where(events.c.stream == template_id)
    if types is not None:
        query = query.where(events.c.type.in_([kind.value for kind in types]))
    return query


def _row(event: NewEvent) -> Row:
    return {
        "id": event.id,
        "owner_id": event.owner_id,
        "type": event.type.value,
        "stream": event.template_id or "",
        "template_id": event.template_id,
        "run_id": event.run_id,
        "created_at": event.created_at,
        "data": to_json(event.data).decode(),
        "unread": event.type in FAILURES,
    }


def _position(c: Connection, event_id: str) -> int:
    position = c.execute(select(events.c.position).where(events.c.id == event_id)).scalar()
    if position is None:
        raise NotFound("event", event_id, "read from the oldest that is kept")
    return int(position)
