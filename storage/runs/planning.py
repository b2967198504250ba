"""Plans: what is due becomes runs, a whole batch of templates in a few statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from domain.template import Template, TemplateStatus
from storage import events as outbox
from storage import templates as kept
from storage.statements import Prepared, Row, insert_into, insert_or_nothing
from storage.tables import runs, slot_gaps, templates

CHUNK = 500  # ids in one IN list

_RUN_COLUMNS = (
    *("id", "template_id", "account", "slot_at", "due_at", "trigger", "status", "reason", "detail"),
    *("created_at", "finished_at"),
)
_PLAN = Prepared(insert_or_nothing(runs, *_RUN_COLUMNS))
_REQUEST = Prepared(insert_into(runs, *_RUN_COLUMNS))
_GAP = Prepared(insert_or_nothing(slot_gaps, "template_id", "start_at", "end_at", "slots", "reason"))
_ONE = update(templates).where(templates.c.id == bindparam("template"))
# Apart from the end: setting `status`, even to what it was, costs an entry of the index of names as well.
_MOVE = Prepared(_ONE.values(next_slot_at=bindparam("next", type_=templates.c.next_slot_at.type)))
_END = Prepared(_ONE.values(next_slot_at=None, status=TemplateStatus.ENDED.value))


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run for one slot: QUEUED, or final with the reason why it posts nothing."""

    id: str
    slot_at: datetime
    due_at: datetime
    status: RunStatus
    reason: Reason | None = None


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
    current = _unmoved(c, planned)
    savepoint = c.begin_nested()
    try:
        inserted = _apply(c, current, now)
    except c.dialect.loaded_dbapi.Error:
        savepoint.rollback()
        return sum(_apply_alone(c, one, now) for one in current)
    savepoint.commit()
    return inserted


def insert_requested(c: Connection, run: Run) -> None:
    """Keep a run that somebody asked for, beside those of the schedule."""
    _REQUEST.run(c, [_row(run.template_id, run.account, run, run.trigger, run.created_at or run.slot_at)])


def insert_planned(c: Connection, template: Template, run: PlannedRun, *, now: datetime) -> bool:
    """Keep the run of one slot, ahead of the planner or after it; tell whether the slot had none."""
    return bool(_PLAN.run(c, [_row(template.id, template.account, run, Trigger.SCHEDULE, now)]))


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


def _apply(c: Connection, planned: Sequence[PlannedTemplate], now: datetime) -> int:
    moves = [{"template": one.template_id, "next": one.next_slot_at} for one in planned if not one.ended]
    ends = [{"template": one.template_id} for one in planned if one.ended]
    rows = [_row(one.template_id, one.account, run, Trigger.SCHEDULE, now) for one in planned for run in one.runs]
    gaps = [_gap_row(gap) for one in planned for gap in one.gaps]
    events = [event for one in planned for event in one.events]
    _run(c, _MOVE, moves)
    _run(c, _END, ends)
    inserted = _run(c, _PLAN, rows)
    _run(c, _GAP, gaps)
    if inserted != len(rows):
        there = _present(c, [str(row["id"]) for row in rows])
        events = [event for event in events if event.run_id is None or event.run_id in there]
    outbox.record(c, events)
    return inserted


def _apply_alone(c: Connection, one: PlannedTemplate, now: datetime) -> int:
    savepoint = c.begin_nested()
    try:
        inserted = _apply(c, [one], now)
    except c.dialect.loaded_dbapi.Error as error:
        savepoint.rollback()
        _pause(c, one, str(error), now)
        return 0
    savepoint.commit()
    return inserted


def _pause(c: Connection, one: PlannedTemplate, note: str, now: datetime) -> None:
    reason = Reason.INVALID_TEMPLATE
    kept.set_status(c, one.template_id, TemplateStatus.PAUSED, now=now, reason=reason, note=note)
    name = c.execute(select(templates.c.name).where(templates.c.id == one.template_id)).scalar_one()
    data = {"template": {"id": one.template_id, "name": name}, "reason": reason.value, "detail": note}
    event = NewEvent(str(uuid.uuid4()), EventType.TEMPLATE_PAUSED, now, data, template_id=one.template_id)
    outbox.record(c, [event])


def _present(c: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        found.update(c.execute(select(runs.c.id).where(runs.c.id.in_(ids[start : start + CHUNK]))).scalars())
    return found


def _run(c: Connection, statement: Prepared, rows: Collection[Row]) -> int:
    return statement.run(c, list(rows)) if rows else 0


def _row(template_id: str, account: str, run: PlannedRun | Run, trigger: Trigger, now: datetime) -> Row:
    queued = run.status is RunStatus.QUEUED
    return {
        "id": run.id,
        "template_id": template_id,
        "account": account,
        "slot_at": run.slot_at,
        "due_at": run.due_at,
        "trigger": trigger.value,
        "status": run.status.value,
        "reason": run.reason.value if run.reason else None,
        "detail": run.detail if isinstance(run, Run) else None,
        "created_at": now,
        "finished_at": None if queued else now,
    }


def _gap_row(gap: Gap) -> Row:
    return {
        "template_id": gap.template_id,
        "start_at": gap.start,
        "end_at": gap.end,
        "slots": gap.count,
        "reason": gap.reason.value,
    }
