"""Turning due slots into run rows: a whole batch in one transaction, each slot with a run or a reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from domain.errors import InvalidInput, Unreadable
from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.schedule import Missed, Overlap, Schedule
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.events import Events
from storage import notices, runs, tables, templates
from storage.runs import PlannedRun, PlannedTemplate, Slots

BATCH = 500
MICROSECOND = timedelta(microseconds=1)
# What reading a template raises when its definition is not, or is no longer, a template's: its zone has left the
# system's time zones, or somebody has edited the row.
UNREADABLE = (ValueError, InvalidInput, Unreadable)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one tick of the planner did. *more* says that the batch was full; *next_slot_at* when to look again."""

    runs: int
    templates: int
    more: bool
    next_slot_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a template stands: what it is busy with, until when runs of it wait, and how many it has had.

    *taken* are the slots, from the next on, that have a run already, because their owner skipped or moved them.
    """

    busy: RunStatus | None = None
    pending: datetime | None = None
    tally: runs.Tally = field(default_factory=runs.Tally)
    taken: Collection[datetime] = ()


FREE = Standing()


def plan_due(
    connection: Connection,
    *,
    now: datetime,
    new_id: Callable[[], str],
    limit: int = BATCH,
    deliver: Callable[[Connection, Sequence[str]], None] | None = None,
) -> Planned:
    """Plan the slots that are due at *now*, at most *limit* templates, in the caller's transaction.

    *deliver* is given the ids of the runs that are due now, to have them worked on once this is committed.
    A template whose schedule cannot be computed is paused with the reason, and the batch goes on.
    """
    due_now = _due(connection, now, limit, new_id)
    standing = _standing(connection, due_now, now)
    batch = []
    for stored in due_now:
        try:
            batch.append(plan_template(stored, standing.get(stored.template.id, FREE), now, new_id))
        except Exception as error:  # noqa: BLE001 - one bad template never stalls a batch
            runs.pause_invalid(connection, stored.template.id, str(error), now=now, new_id=new_id)
    inserted = runs.plan(connection, batch, now=now) if batch else 0
    if inserted:
        notices.tell(connection)
        if deliver is not None:
            deliver(connection, [run.id for one in batch for run in one.runs if _is_due(run, now)])
    return Planned(inserted, len(due_now), len(due_now) == limit, templates.earliest_slot(connection))


def _is_due(run: PlannedRun, now: datetime) -> bool:
    return run.status is RunStatus.QUEUED and run.due_at <= now


def _due(connection: Connection, now: datetime, limit: int, new_id: Callable[[], str]) -> list[StoredTemplate]:
    """Give the templates that are due; those that cannot even be read are paused with the reason."""
    try:
        return templates.due(connection, now, limit)
    except UNREADABLE:
        ids = select(tables.templates.c.id).where(
            tables.templates.c.status == TemplateStatus.ACTIVE.value,
            tables.templates.c.next_slot_at <= now,
            templates.understood(),
        )
        # Locked as `templates.due` has it: two planners that read one by one would else wait for each other.
        taken = ids.order_by(tables.templates.c.next_slot_at).limit(limit).with_for_update(skip_locked=True)
        wanted = connection.execute(taken).scalars().all()
        found = [_read(connection, template_id, now, new_id) for template_id in wanted]
        return [stored for stored in found if stored is not None]


def _read(connection: Connection, template_id: str, now: datetime, new_id: Callable[[], str]) -> StoredTemplate | None:
    try:
        return templates.get(connection, template_id)
    except UNREADABLE as error:
        runs.pause_invalid(connection, template_id, str(error), now=now, new_id=new_id)
        return None


def standing_of(c: Connection, stored: StoredTemplate, now: datetime) -> Standing:
    """Say where one template stands with the runs it has."""
    return _standing(c, [stored], now)[stored.template.id]


def _standing(c: Connection, due_now: list[StoredTemplate], now: datetime) -> dict[str, Standing]:
    """Say where the templates that are due stand with the runs they have."""
    schedules = {stored.template.id: stored.template.schedule for stored in due_now}
    busy = templates.busy(c, list(schedules), now=now) if schedules else {}
    spread = [each for each, schedule in schedules.items() if schedule.missed is Missed.SPREAD]
    pending = runs.waiting_until(c, spread, now)
    tallies = runs.tallies(c, [each for each, schedule in schedules.items() if schedule.max_runs is not None])
    taken = runs.taken_ahead(c, list(schedules))
    return {
        each: Standing(busy.get(each), pending.get(each), tallies.get(each, runs.Tally()), taken.get(each, ()))
        for each in schedules
    }


def plan_template(
    stored: StoredTemplate, standing: Standing, now: datetime, new_id: Callable[[], str]
) -> PlannedTemplate:
    """Decide one template's slots: which runs, which are dropped and why, and when it is due next. Pure."""
    template, next_slot = stored.template, stored.state.next_slot_at
    if next_slot is None:
        raise ValueError(f"template {template.name} is not due")
    told = Events(template, new_id)
    most, tally = template.schedule.max_runs, standing.tally
    if most is not None and tally.done >= most:
        ending = (told.of_template(EventType.TEMPLATE_ENDED, now),)
        return PlannedTemplate(template.id, template.account, next_slot, None, ended=True, events=ending)
    decision = due.decide(template.schedule, next_slot, now, pending=standing.pending)
    dropped = (Gap(template.id, each.start, each.end, each.count, each.reason) for each in decision.dropped)
    passed_over = [part for gap in dropped for part in apart(template, gap, standing.taken)]
    queued: list[PlannedRun] = []
    room = None if most is None else most - tally.done - tally.undone
    for index, (at, due_at) in enumerate(_running(decision)):
        full = room is not None and index >= room
        reason = Reason.MAX_RUNS if full else _blocked(template.schedule, standing.busy)
        if reason is None:
            queued.append(PlannedRun(new_id(), at, due_at, RunStatus.QUEUED))
        else:
            passed_over.append(Gap(template.id, at, at, 1, reason))
    recorded = skipped(template, passed_over, now, new_id)
    ended = decision.next_slot_at is None
    return PlannedTemplate(
        template_id=template.id,
        account=template.account,
        was=next_slot,
        next_slot_at=decision.next_slot_at,
        ended=ended,
        runs=recorded.runs + tuple(queued),
        gaps=recorded.gaps,
        events=recorded.events + ((told.of_template(EventType.TEMPLATE_ENDED, now),) if ended else ()),
    )


def _running(decision: due.Decision) -> list[tuple[datetime, datetime]]:
    """The slots that run, each with when it is due."""
    at_once = [(decision.run.at, decision.run.at)] if decision.run else []
    return at_once + [(each.slot.at, each.due_at) for each in decision.later]


def _blocked(schedule: Schedule, busy: RunStatus | None) -> Reason | None:
    """Say why a slot cannot run beside what the template is busy with. One that queues waits, but not for a person."""
    if busy is RunStatus.UNKNOWN:
        return Reason.UNSETTLED
    queues = schedule.overlap is Overlap.QUEUE or schedule.missed is Missed.SPREAD
    return Reason.OVERLAP if busy is not None and not queues else None


def apart(template: Template, gap: Gap, taken: Collection[datetime]) -> list[Gap]:
    """Give *gap* without the slots *taken*, which have runs of their own: as the gaps between them. Pure."""
    inside = [at for at in sorted(taken) if gap.start <= at <= gap.end]
    if not inside:
        return [gap]
    starts = [gap.start, *(at + MICROSECOND for at in inside)]
    ends = [*(at - MICROSECOND for at in inside), gap.end]
    left = (due.passed(template.schedule, start, end, gap.reason) for start, end in zip(starts, ends, strict=True))
    return [Gap(template.id, each.start, each.end, each.count, each.reason) for part in left for each in part]


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
