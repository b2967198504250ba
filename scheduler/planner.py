"""Turning due slots into run rows: a whole batch in one transaction, each slot with a run or a reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.errors import InvalidInput, Unreadable
from domain.event import EventType, NewEvent
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.schedule import Missed, Overlap, Schedule
from domain.template import Template
from scheduler import due
from scheduler.events import Events
from storage import notices, runs, templates
from storage.due import DueTemplate
from storage.due import due as due_now
from storage.runs import PlannedRun, PlannedTemplate, Slots

BATCH = 512
PART = 128  # plans that are sent together
MICROSECOND = timedelta(microseconds=1)
# What reading a template raises when its definition is not, or is no longer, a template's: its zone has left the
# system's time zones, or somebody has edited the row.
UNREADABLE = (ValueError, InvalidInput, Unreadable)


NOTHING_HAD = runs.Tally()
NOTHING = Slots(template_id="", account="")


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
    tally: runs.Tally = NOTHING_HAD
    taken: Collection[datetime] = ()


FREE = Standing()


def plan_due(connection: Connection, *, now: datetime, new_id: Callable[[], str], limit: int = BATCH) -> Planned:
    """Plan the slots that are due at *now*, at most *limit* templates, in the caller's transaction.

    A template whose schedule cannot be computed is paused with the reason, and the batch goes on.
    """
    found = due_now(connection, now, limit)
    for template_id, why in found.unreadable.items():
        runs.pause_invalid(connection, template_id, why, now=now, new_id=new_id)
    standing = _standing(connection, found.templates, now)
    broken: dict[str, str] = {}
    plans = _plans(found.templates, standing, now, new_id, broken)
    inserted = runs.plan_parts(connection, plans, now=now) if found.templates else 0
    for template_id, why in broken.items():
        runs.pause_invalid(connection, template_id, why, now=now, new_id=new_id)
    if inserted:
        notices.tell(connection)
    count = len(found.templates) + len(found.unreadable)
    return Planned(inserted, count, count == limit, templates.earliest_slot(connection))


def _plans(
    found: Sequence[DueTemplate],
    standing: Mapping[str, Standing],
    now: datetime,
    new_id: Callable[[], str],
    broken: dict[str, str],
) -> Iterator[list[PlannedTemplate]]:
    """Give the plans, `PART` at a time; why others have none is put into *broken*, by template."""
    for start in range(0, len(found), PART):
        part = []
        for each in found[start : start + PART]:
            template = each.template
            try:
                part.append(plan_template(template, each.next_slot_at, standing.get(template.id, FREE), now, new_id))
            except Exception as error:  # noqa: BLE001 - one bad template never stalls a batch
                broken[template.id] = str(error)
        yield part


def _standing(c: Connection, found: Sequence[DueTemplate], now: datetime) -> dict[str, Standing]:
    """Say where the templates that are due stand with the runs they have; those that are free are left out."""
    schedules = {each.template.id: each.template.schedule for each in found}
    spread = [each for each, schedule in schedules.items() if schedule.missed is Missed.SPREAD]
    limited = [each for each, schedule in schedules.items() if schedule.max_runs is not None]
    pending = runs.waiting_until(c, spread, now)
    tallies = runs.tallies(c, limited)
    taken = runs.taken_ahead(c, [each.template.id for each in found if each.taken])
    busy = {each.template.id: each.busy for each in found if each.busy}
    return {
        each: Standing(busy.get(each), pending.get(each), tallies.get(each, NOTHING_HAD), taken.get(each, ()))
        for each in {*busy, *pending, *tallies, *taken}
    }


def standing_of(c: Connection, template: Template, now: datetime) -> Standing:
    """Say where one template stands with the runs it has."""
    mine = [template.id]
    return Standing(
        templates.busy(c, mine, now=now).get(template.id),
        runs.waiting_until(c, mine, now).get(template.id),
        runs.tallies(c, mine).get(template.id, NOTHING_HAD) if template.schedule.max_runs is not None else NOTHING_HAD,
        runs.taken_ahead(c, mine).get(template.id, ()),
    )


def plan_template(
    template: Template, next_slot: datetime, standing: Standing, now: datetime, new_id: Callable[[], str]
) -> PlannedTemplate:
    """Decide one template's slots: which runs, which are dropped and why, and when it is due next. Pure."""
    most, tally = template.schedule.max_runs, standing.tally
    if most is not None and tally.done >= most:
        ending = _ending(template, now, new_id)
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
    recorded = skipped(template, passed_over, now, new_id) if passed_over else NOTHING
    ended = decision.next_slot_at is None
    return PlannedTemplate(
        template_id=template.id,
        account=template.account,
        was=next_slot,
        next_slot_at=decision.next_slot_at,
        ended=ended,
        runs=recorded.runs + tuple(queued),
        gaps=recorded.gaps,
        events=recorded.events + _ending(template, now, new_id) if ended else recorded.events,
    )


def _ending(template: Template, now: datetime, new_id: Callable[[], str]) -> tuple[NewEvent, ...]:
    return (Events(template, new_id).of_template(EventType.TEMPLATE_ENDED, now),)


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
