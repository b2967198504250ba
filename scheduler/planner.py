"""Turning due slots into run rows: a whole batch in one transaction, each slot with a run or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from domain.errors import InvalidInput
from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.template import StoredTemplate, TemplateStatus
from scheduler import due
from scheduler.events import Events
from storage import events, runs, tables, templates
from storage.runs import PlannedRun, PlannedTemplate

BATCH = 500
# What reading a template raises when its definition is not, or is no longer, a template's: its zone has left the
# system's time zones, or somebody has edited the row.
UNREADABLE = (ValueError, InvalidInput)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one tick of the planner did. *more* says that the batch was full; *next_slot_at* when to look again."""

    runs: int
    templates: int
    more: bool
    next_slot_at: datetime | None


def plan_due(connection: Connection, *, now: datetime, new_id: Callable[[], str], limit: int = BATCH) -> Planned:
    """Plan the slots that are due at *now*, at most *limit* templates, in the caller's transaction.

    A template whose schedule cannot be computed is paused with the reason, and the batch goes on.
    """
    due_now = _due(connection, now, limit, new_id)
    busy = templates.busy(connection, [stored.template.id for stored in due_now]) if due_now else {}
    batch = []
    for stored in due_now:
        try:
            batch.append(plan_template(stored, busy.get(stored.template.id), now, new_id))
        except Exception as error:  # noqa: BLE001 - one bad template never stalls a batch
            _pause(connection, stored, str(error), now, new_id)
    inserted = runs.plan(connection, batch, now=now) if batch else 0
    return Planned(inserted, len(due_now), len(due_now) == limit, templates.earliest_slot(connection))


def _due(connection: Connection, now: datetime, limit: int, new_id: Callable[[], str]) -> list[StoredTemplate]:
    """Give the templates that are due; those that cannot even be read are paused with the reason."""
    try:
        return templates.due(connection, now, limit)
    except UNREADABLE:
        ids = select(tables.templates.c.id).where(
            tables.templates.c.status == TemplateStatus.ACTIVE.value, tables.templates.c.next_slot_at <= now
        )
        wanted = connection.execute(ids.order_by(tables.templates.c.next_slot_at).limit(limit)).scalars().all()
        found = [_read(connection, template_id, now, new_id) for template_id in wanted]
        return [stored for stored in found if stored is not None]


def _read(connection: Connection, template_id: str, now: datetime, new_id: Callable[[], str]) -> StoredTemplate | None:
    try:
        return templates.get(connection, template_id)
    except UNREADABLE as error:
        reason, note = Reason.INVALID_TEMPLATE, str(error)
        templates.set_status(connection, template_id, TemplateStatus.PAUSED, now=now, reason=reason, note=note)
        name = connection.execute(select(tables.templates.c.name).where(tables.templates.c.id == template_id)).scalar()
        data = {"template": {"id": template_id, "name": name}, "callbackData": None, "reason": reason, "note": note}
        events.record(connection, [NewEvent(new_id(), EventType.TEMPLATE_PAUSED, now, data, template_id)])
        return None


def plan_template(
    stored: StoredTemplate, busy: RunStatus | None, now: datetime, new_id: Callable[[], str]
) -> PlannedTemplate:
    """Decide one template's slots: which runs, which are dropped and why, and when it is due next. Pure."""
    template, next_slot = stored.template, stored.state.next_slot_at
    if next_slot is None:
        raise ValueError(f"template {template.name} is not due")
    decision = due.decide(template.schedule, next_slot, now)
    told = Events(template, new_id)
    planned: list[PlannedRun] = []
    gaps: list[Gap] = []
    happened: list[NewEvent] = []
    for dropped in decision.dropped:
        if dropped.count == 1:
            planned.append(_skipped_run(dropped.start, dropped.reason, told, happened, now, new_id))
        else:
            gap = Gap(template.id, dropped.start, dropped.end, dropped.count, dropped.reason)
            gaps.append(gap)
            happened.append(told.slots_skipped(gap, now))
    if decision.run is not None:
        at = decision.run.at
        if busy is None:
            planned.append(PlannedRun(new_id(), at, at, RunStatus.QUEUED, None))
        else:
            reason = Reason.UNSETTLED if busy is RunStatus.UNKNOWN else Reason.OVERLAP
            planned.append(_skipped_run(at, reason, told, happened, now, new_id))
    ended = decision.next_slot_at is None
    if ended:
        happened.append(told.of_template(EventType.TEMPLATE_ENDED, now))
    return PlannedTemplate(
        template_id=template.id,
        account=template.account,
        was=next_slot,
        next_slot_at=decision.next_slot_at,
        ended=ended,
        runs=tuple(planned),
        gaps=tuple(gaps),
        events=tuple(happened),
    )


def _skipped_run(
    at: datetime,
    reason: Reason,
    told: Events,
    happened: list[NewEvent],
    now: datetime,
    new_id: Callable[[], str],
) -> PlannedRun:
    run = PlannedRun(new_id(), at, at, RunStatus.SKIPPED, reason)
    happened.append(told.slot_skipped(run.id, at, reason, now))
    return run


def _pause(connection: Connection, stored: StoredTemplate, note: str, now: datetime, new_id: Callable[[], str]) -> None:
    """Take a template that cannot be planned out of the way, and tell why."""
    reason = Reason.INVALID_TEMPLATE
    templates.set_status(
        connection, stored.template.id, TemplateStatus.PAUSED, now=now, reason=reason, note=note, next_slot_at=None
    )
    told = Events(stored.template, new_id).of_template(EventType.TEMPLATE_PAUSED, now, reason, note)
    events.record(connection, [told])
