"""Turning due slots into run rows: a whole batch in one transaction, each slot with a run or a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from domain.errors import InvalidInput
from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.events import Events
from storage import runs, tables, templates
from storage.runs import PlannedRun, PlannedTemplate, Slots

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
            runs.pause_invalid(connection, stored.template.id, str(error), now=now, new_id=new_id)
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
        runs.pause_invalid(connection, template_id, str(error), now=now, new_id=new_id)
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
    passed_over = [Gap(template.id, each.start, each.end, each.count, each.reason) for each in decision.dropped]
    queued: tuple[PlannedRun, ...] = ()
    if decision.run is not None:
        at = decision.run.at
        if busy is None:
            queued = (PlannedRun(new_id(), at, at, RunStatus.QUEUED),)
        else:
            reason = Reason.UNSETTLED if busy is RunStatus.UNKNOWN else Reason.OVERLAP
            passed_over.append(Gap(template.id, at, at, 1, reason))
    recorded = skipped(template, passed_over, now, new_id)
    ended = decision.next_slot_at is None
    return PlannedTemplate(
        template_id=template.id,
        account=template.account,
        was=next_slot,
        next_slot_at=decision.next_slot_at,
        ended=ended,
        runs=recorded.runs + queued,
        gaps=recorded.gaps,
        events=recorded.events + ((told.of_template(EventType.TEMPLATE_ENDED, now),) if ended else ()),
    )


def skipped(template: Template, passed_over: Iterable[Gap], now: datetime, new_id: Callable[[], str]) -> Slots:
    """Give the records of slots that will not run, with their events: a run for one alone, a gap for many. Pure."""
    told = Events(template, new_id)
    alone: list[PlannedRun] = []
    many: list[Gap] = []
    happened: list[NewEvent] = []
    for gap in passed_over:
        if gap.count == 1:
            run = PlannedRun(new_id(), gap.start, gap.start, RunStatus.SKIPPED, gap.reason)
            alone.append(run)
            happened.append(told.slot_skipped(run.id, gap.start, gap.reason, now))
        else:
            many.append(gap)
            happened.append(told.slots_skipped(gap, now))
    return Slots(template.id, template.account, tuple(alone), tuple(many), tuple(happened))
