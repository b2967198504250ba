"""What became of slots: their rows in `runs` and `slot_gaps`, with the events of those that are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, delete, select

from domain.event import NewEvent
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from storage import events as outbox
from storage.row_values import Row
from storage.statements import Prepared, Started, insert_or_nothing
from storage.tables import runs, slot_gaps

CHUNK = 500  # ids in one IN list

RUN_COLUMNS = (
    *("id", "template_id", "account", "slot_at", "due_at", "trigger", "status", "reason", "detail"),
    *("created_at", "finished_at"),
)
_PLAN = Prepared(insert_or_nothing(runs, *RUN_COLUMNS), at_once=True)
_GAP = Prepared(insert_or_nothing(slot_gaps, "template_id", "start_at", "end_at", "slots", "reason"), at_once=True)


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run for one slot: QUEUED, or final with the reason why it posts nothing."""

    id: str
    slot_at: datetime
    due_at: datetime
    status: RunStatus
    reason: Reason | None = None
    detail: str | None = None


class _Slots(Protocol):
    @property
    def template_id(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def runs(self) -> tuple[PlannedRun, ...]: ...
    @property
    def gaps(self) -> tuple[Gap, ...]: ...
    @property
    def events(self) -> tuple[NewEvent, ...]: ...


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots of one template that are not planned any more: each is a final run or lies in a gap."""

    template_id: str
    account: str
    runs: tuple[PlannedRun, ...] = ()
    gaps: tuple[Gap, ...] = ()
    events: tuple[NewEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """Slots whose rows were sent: *inserted* knows how many of the runs were new, once the answer is there."""

    runs: Sequence[Row]
    inserted: Started | None
    events: Sequence[NewEvent]


def record_slots(c: Connection, slots: Sequence[_Slots], *, now: datetime) -> int:
    """Record what became of slots; give how many runs were inserted.

    A slot that has a run keeps it. Events of runs are recorded only for those that were inserted.
    """
    return recorded(c, [start_slots(c, slots, now=now)])


def start_slots(c: Connection, slots: Sequence[_Slots], *, now: datetime) -> Recording:
    """Send the rows of `record_slots`; `recorded` ends it."""
    rows = [run_row(one.template_id, one.account, run, Trigger.SCHEDULE, now) for one in slots for run in one.runs]
    gaps = [_gap_row(gap) for one in slots for gap in one.gaps]
    events = [event for one in slots for event in one.events]
    inserted = _PLAN.start(c, rows) if rows else None
    if gaps:
        _GAP.start(c, gaps)
    return Recording(rows, inserted, events)


def recorded(c: Connection, recordings: Sequence[Recording]) -> int:
    """Record the events of slots whose rows are there; give how many runs were inserted."""
    inserted = sum(each.inserted.touched for each in recordings if each.inserted)
    events = [event for each in recordings for event in each.events]
    rows = [row for each in recordings for row in each.runs]
    if inserted != len(rows):
        there = _present(c, [str(row["id"]) for row in rows])
        events = [event for event in events if event.run_id is None or event.run_id in there]
    outbox.record(c, events)
    return inserted


def gaps_beyond(c: Connection, template_id: str, now: datetime) -> list[Gap]:
    """Give the gaps of a template that reach beyond *now*: closed stretches that were recorded when they began."""
    rows = c.execute(
        select(slot_gaps)
        .where(slot_gaps.c.template_id == template_id, slot_gaps.c.end_at > now)
        .order_by(slot_gaps.c.start_at)
    )
    return [Gap(row.template_id, row.start_at, row.end_at, row.slots, Reason(row.reason)) for row in rows]


def replace_gap(c: Connection, gap: Gap, parts: Sequence[Gap]) -> None:
    """Put *parts* of a gap, which may be none, in its place."""
    mine = (slot_gaps.c.template_id == gap.template_id, slot_gaps.c.start_at == gap.start)
    c.execute(delete(slot_gaps).where(*mine))
    if parts:
        _GAP.run(c, [_gap_row(part) for part in parts])


def run_row(template_id: str, account: str, run: PlannedRun | Run, trigger: Trigger, now: datetime) -> Row:
    """Give the row of a run that nobody has worked on yet, or never will."""
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
        "detail": run.detail,
        "created_at": now,
        "finished_at": None if queued else now,
    }


def _present(c: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        found.update(c.execute(select(runs.c.id).where(runs.c.id.in_(ids[start : start + CHUNK]))).scalars())
    return found


def _gap_row(gap: Gap) -> Row:
    return {
        "template_id": gap.template_id,
        "start_at": gap.start,
        "end_at": gap.end,
        "slots": gap.count,
        "reason": gap.reason.value,
    }
