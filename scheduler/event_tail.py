"""The events recorded since the last look, by whichever process: what the counters count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select

from domain.event import EventType
from domain.run import RunStatus, Trigger
from storage.tables import events, runs

AT_ONCE = 1000  # rows
ENDS = frozenset({EventType.RUN_SUCCEEDED, EventType.RUN_FAILED, EventType.RUN_SKIPPED, EventType.SLOTS_SKIPPED})


@dataclass(frozen=True, slots=True)
class Told:
    """One event. *slots* ended with *status* and *reason*, where it tells of ends.

    *late* is how long after its time a planned run was begun.
    """

    type: EventType
    slots: int = 0
    status: str = ""
    reason: str = ""
    late: timedelta | None = None


class EventTail:
    """Reads each event once, from those recorded after it was made.

    Events have their positions in the order of their commits, on PostgreSQL too, so none is missed.
    """

    def __init__(self, c: Connection) -> None:
        self._position = int(c.execute(select(func.coalesce(func.max(events.c.position), 0))).scalar_one())

    def read(self, c: Connection) -> Iterator[Told]:
        """Give the events recorded since the last read, in order."""
        same = and_(runs.c.id == events.c.run_id, runs.c.owner_id == events.c.owner_id)
        query = select(
            events.c.position, events.c.type, events.c.data, runs.c.due_at, runs.c.started_at, runs.c.trigger
        )
        query = query.join_from(events, runs, same, isouter=True).order_by(events.c.position).limit(AT_ONCE)
        while rows := c.execute(query.where(events.c.position > self._position)).mappings().all():
            for row in rows:
                self._position = row["position"]
                yield _told(row)


def _told(row: RowMapping) -> Told:
    kind = EventType(row["type"])
    if kind not in ENDS:
        return Told(kind)
    data: dict[str, Any] = json.loads(row["data"])
    if kind is EventType.SLOTS_SKIPPED:
        return Told(kind, data["slots"]["count"], RunStatus.SKIPPED.value, data["slots"]["reason"])
    planned = row["trigger"] == Trigger.SCHEDULE.value and row["started_at"] is not None
    late = row["started_at"] - row["due_at"] if planned else None
    return Told(kind, 1, data["run"]["status"], data["run"]["reason"] or "", late)
