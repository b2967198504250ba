"""Plans: what is due becomes runs, a whole batch of templates in a few statements."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from domain.event import NewEvent
from domain.run import Gap, Run
from domain.template import Template, TemplateStatus
from storage import notices
from storage import templates as kept
from storage.runs.invalid import pause_invalid
from storage.runs.slots import CHUNK, RUN_COLUMNS, PlannedRun, Slots, record_slots, recorded, run_row, start_slots
from storage.statements import Prepared, Started, insert_into, one_trip
from storage.tables import runs, templates

_REQUEST = Prepared(insert_into(runs, *RUN_COLUMNS))
_MOMENT = templates.c.next_slot_at.type
_STILL = update(templates).where(
    templates.c.id == bindparam("template"), templates.c.next_slot_at == bindparam("was", type_=_MOMENT)
)
# Apart from the end: setting `status`, even to what it was, costs an entry of the index of names as well.
_MOVE = Prepared(_STILL.values(next_slot_at=bindparam("next", type_=_MOMENT)), at_once=True)
_END = Prepared(_STILL.values(next_slot_at=None, status=TemplateStatus.ENDED.value), at_once=True)


class _Moved(Exception):
    """A template is no longer where its plan found it; which, is asked then."""


@dataclass(frozen=True, slots=True)
class PlannedTemplate:
    """What one tick does for one template. *was* is the next slot it was decided from."""

    template_id: str
    account: str
    was: datetime
    next_slot_at: datetime | None
    ended: bool
    runs: tuple[PlannedRun, ...] = ()
    gaps: tuple[Gap, ...] = ()
    events: tuple[NewEvent, ...] = ()


def plan(c: Connection, planned: Sequence[PlannedTemplate], *, now: datetime) -> int:
    """Make the plans of a batch of templates real; give how many runs were inserted.

    A template whose next slot is no longer the one its plan was made from (another planner was here, or its owner
    changed it) writes nothing. A slot that has a run keeps it. Events are recorded only for runs that were inserted.
    One bad template does not spoil the batch: it is paused with the reason, an event says so, and the others go on.
    """
    return plan_parts(c, [planned], now=now)


def plan_parts(c: Connection, parts: Iterable[Sequence[PlannedTemplate]], *, now: datetime) -> int:
    """As `plan`, for a batch that is thought out part by part: PostgreSQL makes one real meanwhile."""
    made: list[PlannedTemplate] = []
    coming = _noted(parts, made)
    savepoint = c.begin_nested()
    try:
        inserted = _apply(c, coming, now)
    except (_Moved, c.dialect.loaded_dbapi.Error):
        savepoint.rollback()
        deque(coming, maxlen=0)  # those that were not thought out yet
        return sum(_apply_alone(c, one, now) for one in _unmoved(c, made))
    savepoint.commit()
    return inserted


def _noted(
    parts: Iterable[Sequence[PlannedTemplate]], made: list[PlannedTemplate]
) -> Iterator[Sequence[PlannedTemplate]]:
    for part in parts:
        made.extend(part)
        yield part


def insert_requested(c: Connection, run: Run) -> None:
    """Keep a run that somebody asked for, beside those of the schedule."""
    notices.tell(c)
    _REQUEST.run(c, [run_row(run.template_id, run.account, run, run.trigger, run.created_at or run.slot_at)])
    if run.retry_of is not None:
        c.execute(update(runs).where(runs.c.id == run.id).values(retry_of=run.retry_of))


def insert_planned(c: Connection, template: Template, run: PlannedRun, *, now: datetime) -> bool:
    """Keep the run of one slot, ahead of the planner or after it; tell whether the slot had none."""
    return bool(record_slots(c, [Slots(template.id, template.account, (run,))], now=now))


def _unmoved(c: Connection, planned: Sequence[PlannedTemplate]) -> list[PlannedTemplate]:
    """Give the plans whose template still stands where they found it, its row locked on PostgreSQL."""
    still: dict[str, datetime] = {}
    ids = [one.template_id for one in planned]
    for start in range(0, len(ids), CHUNK):
        query = (
            select(templates.c.id, templates.c.next_slot_at)
            .where(templates.c.id.in_(ids[start : start + CHUNK]), templates.c.status == kept.ACTIVE)
            .order_by(templates.c.id)  # two planners lock in the same order, or they could block each other for ever
            .with_for_update()
        )
        still.update((row.id, row.next_slot_at) for row in c.execute(query))
    return [one for one in planned if still.get(one.template_id) == one.was]


def _apply(c: Connection, parts: Iterable[Sequence[PlannedTemplate]], now: datetime) -> int:
    begun, moved, wanted = [], [], 0
    with one_trip(c):
        for part in parts:
            # The runs first: PostgreSQL locks the template of each, which is the planner's until it is changed.
            begun.append(start_slots(c, part, now=now))
            moved += _start_moves(c, part)
            wanted += len(part)
    if sum(each.touched for each in moved) != wanted:
        raise _Moved
    return recorded(c, begun)


def _start_moves(c: Connection, planned: Sequence[PlannedTemplate]) -> list[Started]:
    moves = [
        {"template": one.template_id, "was": one.was, "next": one.next_slot_at} for one in planned if not one.ended
    ]
    ends = [{"template": one.template_id, "was": one.was} for one in planned if one.ended]
    return [statement.start(c, rows) for statement, rows in ((_MOVE, moves), (_END, ends)) if rows]


def _apply_alone(c: Connection, one: PlannedTemplate, now: datetime) -> int:
    savepoint = c.begin_nested()
    try:
        inserted = _apply(c, [[one]], now)
    except _Moved:
        savepoint.rollback()
        return 0
    except c.dialect.loaded_dbapi.Error as error:
        savepoint.rollback()
        pause_invalid(c, one.template_id, str(error), now=now, new_id=lambda: str(uuid.uuid4()))
        return 0
    savepoint.commit()
    return inserted
