"""What a person can do with single slots: skip one, move one, look ahead, and make up past ones.

What is decided about a slot is its run, written before its time: a slot has one, so the planner leaves it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from domain.errors import Conflict, FieldError, InvalidInput, NotFound
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from domain.schedule import Slot
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.events import Events
from scheduler.planner import apart
from storage import events, runs, tables, templates
from storage.database import Database
from storage.runs import PlannedRun

BACKFILL_LIMIT = 200
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_NEVER_STARTED = (tables.runs.c.status == RunStatus.QUEUED.value, tables.runs.c.started_at.is_(None))

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A slot to come, and when it is due if its owner moved it."""

    slot: Slot
    due_at: datetime


def upcoming(database: Database, stored: StoredTemplate, *, now: datetime, count: int) -> list[Ahead]:
    """Give the next *count* slots with all that is known of them, whether or not the template is active.

    Fewer when the schedule ends before, or `max_runs` does.
    """
    planned = due.preview(stored.template.schedule, stored.state.next_slot_at or now, count, inclusive=True)
    if not planned:
        return []
    rows = tables.runs.c
    with database.read() as connection:
        query = select(rows.slot_at, rows.due_at, rows.reason).where(
            rows.template_id == stored.template.id,
            rows.trigger == tables.constant(Trigger.SCHEDULE),
            rows.slot_at.between(planned[0].at, planned[-1].at),
        )
        decided = {row.slot_at: row for row in connection.execute(query)}
        most = stored.template.schedule.max_runs
        tally = runs.tallies(connection, [stored.template.id] if most else []).get(stored.template.id, runs.Tally())
    ahead, had = [], tally.done + tally.undone
    for slot in planned:
        if most is not None and had >= most:
            break
        row = decided.get(slot.at)
        had += row is None and slot.reason is None  # a slot that is decided already has its run
        reason = Reason(row.reason) if row is not None and row.reason else slot.reason
        ahead.append(Ahead(replace(slot, reason=reason), row.due_at if row is not None else slot.at))
    return ahead


def skip(database: Database, name: str, at: datetime, *, now: datetime, new_id: NewId) -> Run:
    """Let the slot at *at* post nothing. Skipping twice is the same.

    Raises NotFound when there is no such slot, and Conflict when it has begun.
    """
    with database.write() as connection:
        template, slot = _slot(connection, name, at, now)
        there = runs.find(connection, template.id, slot.at)
        if isinstance(there, Gap):
            raise Conflict(f"the slot posts nothing already ({there.reason.value})")
        if there is None:
            skipped = PlannedRun(new_id(), slot.at, slot.at, RunStatus.SKIPPED, Reason.OWNER_SKIPPED)
            runs.insert_planned(connection, template, skipped, now=now)
            _tell(connection, template, skipped, now, new_id)
        elif there.reason is not Reason.OWNER_SKIPPED:
            _change(connection, there, status=RunStatus.SKIPPED.value, reason=Reason.OWNER_SKIPPED, finished_at=now)
            _tell(connection, template, there, now, new_id)
        return _found(connection, template, slot)


def move(database: Database, name: str, at: datetime, to: datetime, *, now: datetime, new_id: NewId) -> Run:
    """Let the slot at *at* run at *to*: it keeps its `slot_at`, and its `due_at` moves.

    Raises NotFound when there is no such slot, InvalidInput when *to* has passed, and Conflict when it has begun.
    """
    if to < now:
        raise InvalidInput([FieldError("to", "has passed; name a later time, or use `ostinato template run`")])
    with database.write() as connection:
        template, slot = _slot(connection, name, at, now)
        status = templates.get(connection, template.id).state.status
        if status is not TemplateStatus.ACTIVE:
            raise Conflict(f"template {template.name} is {status.value}; a slot of an active template can be moved")
        if slot.reason is not None:
            raise Conflict(f"the slot is closed ({slot.reason.value}); use `ostinato template run` instead")
        there = runs.find(connection, template.id, slot.at)
        if isinstance(there, Run):
            _change(connection, there, due_at=to)
        else:
            moved = PlannedRun(new_id(), slot.at, to, RunStatus.QUEUED)
            runs.insert_planned(connection, template, moved, now=now)
        return _found(connection, template, slot)


def backfill(
    database: Database, name: str, start: datetime, end: datetime, *, now: datetime, new_id: NewId
) -> list[datetime]:
    """Queue a run for each open slot in [*start*, *end*] that has passed without one; give these slots.

    A slot with a run of any outcome is left alone, so none is posted twice; so is one that may have been posted after
    the backup that was restored. They run one after the other, oldest first.
    Raises NotFound, InvalidInput for more than 200 slots, and Conflict when the template was deleted.
    """
    with database.write() as connection:
        stored = _living(connection, name)
        template = stored.template
        wanted: list[datetime] = []
        for slot in due.slots(template.schedule, max(start, stored.state.created_at), inclusive=True):
            if slot.at > min(end, now) or (stored.state.next_slot_at or now + _MICROSECOND) <= slot.at:
                break
            if slot.reason is None and _posted_nothing(runs.find(connection, template.id, slot.at)):
                wanted.append(slot.at)
            if len(wanted) > BACKFILL_LIMIT:
                remedy = f"at most {BACKFILL_LIMIT} slots are made up at a time; name a shorter range"
                raise InvalidInput([FieldError("to", remedy)])
        for number, at in enumerate(wanted):
            run = PlannedRun(new_id(), at, now - (len(wanted) - number) * _MICROSECOND, RunStatus.QUEUED)
            runs.insert_planned(connection, template, run, now=now)
        if wanted:
            _leave_gaps(connection, template, wanted)
        return wanted


def _posted_nothing(there: Run | Gap | None) -> bool:
    """Tell whether a slot that has passed certainly posted nothing and has no run."""
    return there is None or (isinstance(there, Gap) and there.reason is not Reason.RESTORED)


def _leave_gaps(connection: Connection, template: Template, made_up: list[datetime]) -> None:
    """Take slots that have runs now out of the gaps in which they lay: a slot has one record.

    A gap that another schedule has left stays whole: what it holds besides cannot be told from these slots.
    """
    for gap in runs.gaps(connection, template.id):
        inside = sum(gap.start <= at <= gap.end for at in made_up)
        parts = apart(template, gap, made_up) if inside else []
        if inside and inside + sum(part.count for part in parts) == gap.count:
            runs.replace_gap(connection, gap, parts)


def _slot(connection: Connection, name: str, at: datetime, now: datetime) -> tuple[Template, Slot]:
    """The slot within the second *at*: people read slots to the second, a grid has microseconds."""
    template = _living(connection, name).template
    slot = next(iter(due.preview(template.schedule, at, 1, inclusive=True)), None)
    if slot is None or slot.at >= at + _SECOND:
        remedy = f"`ostinato template preview {template.name}` shows those to come"
        raise NotFound("slot", f"{template.name} at {at.isoformat()}", remedy)
    if slot.at <= now:
        raise Conflict("the slot has passed; `ostinato run why` says what became of it")
    return template, slot


def _living(connection: Connection, name: str) -> StoredTemplate:
    stored = templates.get(connection, name)
    if stored.state.status is TemplateStatus.DELETED:
        raise Conflict(f"template {stored.template.name} is deleted; add it anew with `ostinato template add`")
    return stored


def _change(connection: Connection, run: Run, **values: object) -> None:
    changed = update(tables.runs).where(tables.runs.c.id == run.id, *_NEVER_STARTED).values(**values)
    if connection.execute(changed).rowcount != 1:
        raise Conflict(f"run {run.id} of this slot is {run.status.value}; `ostinato run why {run.id}` says more")


def _found(connection: Connection, template: Template, slot: Slot) -> Run:
    found = runs.find(connection, template.id, slot.at)
    assert isinstance(found, Run)
    return found


def _tell(c: Connection, template: Template, run: PlannedRun | Run, now: datetime, new_id: NewId) -> None:
    told = Events(template, new_id).slot_skipped(run.id, run.slot_at, Reason.OWNER_SKIPPED, now)
    events.record(c, [told])
