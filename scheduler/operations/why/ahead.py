"""Explaining slots that have no record: by asking what the planner asks, at the slot's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice, takewhile

from sqlalchemy import Connection

from domain.reasons import Reason
from domain.run import RunStatus
from domain.schedule import Slot
from domain.template import StoredTemplate, TemplateStatus
from scheduler import planned
from scheduler.operations import forecasting
from scheduler.operations.forecasting import RUN_TAKES, Span
from scheduler.operations.skipping import stands_at
from scheduler.operations.why import history, nominal
from scheduler.operations.why.ahead_links import Outlook, chain_ahead, why_dropped
from scheduler.operations.why.chain import Effect, Link, Step, in_order
from scheduler.operations.why.evidence import LastPost
from scheduler.operations.why.history import MOST, limits_at
from scheduler.operations.why.values import Standing, WhySlot
from scheduler.operations.why.words import utc
from scheduler.planner import plan_template, standing_of
from storage import accounts, runs, templates
from storage.runs import PlannedTemplate

MICROSECOND = timedelta(microseconds=1)
ANOTHER_OWNERS = "another owner's post"  # in the place of the name of a template that is not to be known


@dataclass(frozen=True)
class Ahead:
    """The slots of one template that have no record yet, as things stand at *now*. What it reads, it reads once."""

    connection: Connection
    stored: StoredTemplate
    now: datetime
    spacing: timedelta

    @cached_property
    def begins(self) -> datetime | None:
        """From where on slots have no record; None when none is to come."""
        return stands_at(self.connection, self.stored)

    def slots(self, start: datetime, end: datetime) -> list[Slot]:
        """Give the slots in [*start*, *end*), also those that are decided already."""
        if self.begins is None:
            return []
        ahead = planned.ascending(self.stored.template.schedule, max(start, self.begins))
        return list(islice(takewhile(lambda slot: slot.at < end, ahead), MOST))

    def first(self, start: datetime) -> Slot | None:
        """Give the first slot from *start* on."""
        if self.begins is None:
            return None
        return next(planned.ascending(self.stored.template.schedule, max(start, self.begins)), None)

    def last(self, before: datetime) -> Slot | None:
        """Give the last slot before *before*."""
        if self.begins is None or before <= self.begins:
            return None
        return planned.newest(self.stored.template.schedule, self.begins, before - MICROSECOND)

    def explained(self, slot: Slot) -> WhySlot:
        """Explain one of them."""
        outlook = self._outlook(slot)
        if outlook.reason is not None:
            said = why_dropped(outlook)
        else:
            said = f"it runs at {utc(outlook.due_at)}, as far as time decides"
        template = self.stored.template
        standing = Standing.OVERDUE if slot.at <= self.now else Standing.AHEAD
        chain = chain_ahead(outlook)
        return WhySlot(template.name, template.id, slot, standing, outlook.due_at, outlook.reason, said, chain)

    def _outlook(self, slot: Slot) -> Outlook:
        due_at, reason = self._decided(slot)
        earlier = self.last(slot.at)
        return Outlook(
            stored=self.stored,
            slot=slot,
            now=self.now,
            due_at=due_at,
            reason=reason,
            busy=self._busy,
            earlier=earlier.at if earlier and earlier.reason is None else None,
            run_takes=RUN_TAKES,
            gap=self._gap,
            near=self._near(slot.at),
            before=self._before,
            entries=self._entries,
            webhooks=self._webhooks,
            limits=limits_at(self.connection, self.stored.template, due_at),
        )

    def _decided(self, slot: Slot) -> tuple[datetime, Reason | None]:
        """Give when the slot is due and why it will be dropped, as the planner decides it."""
        if self.stored.state.status is TemplateStatus.PAUSED:
            return slot.at, Reason.PAUSED
        if slot.at <= self.now:
            return _in_plan(self._next_tick, slot.at, self.now)
        return slot.at, slot.reason if self._may_run(slot.at) else Reason.MAX_RUNS

    def _may_run(self, at: datetime) -> bool:
        """Tell whether the slot at *at* is met before the template has had its runs."""
        schedule = self.stored.template.schedule
        if schedule.max_runs is None:
            return True
        # More runs left than slots until then: no need to go through them one by one.
        if planned.count(schedule, self.begins or self.now, at) <= schedule.max_runs - self._had:
            return True
        found = forecasting.outlook(self.connection, self.stored, Span(self.now, at, at + MICROSECOND))
        return any(slot.at == at for slot in (*found.runs, *found.closed))

    @cached_property
    def _had(self) -> int:
        """How many runs count towards `max_runs` already."""
        template_id = self.stored.template.id
        tally = runs.tallies(self.connection, [template_id]).get(template_id, runs.Tally())
        return tally.done + tally.undone

    @cached_property
    def _next_tick(self) -> PlannedTemplate:
        template, next_slot = self.stored.template, self.stored.state.next_slot_at
        assert next_slot is not None  # it is active
        standing = standing_of(self.connection, template, self.now)
        return plan_template(template, next_slot, standing, self.now, lambda: "")

    @cached_property
    def _busy(self) -> RunStatus | None:
        template_id = self.stored.template.id
        return templates.busy(self.connection, [template_id], now=self.now).get(template_id)

    @cached_property
    def _gap(self) -> timedelta:
        return accounts.gaps(self.connection).get(self.stored.template.account.lower(), self.spacing)

    @cached_property
    def _before(self) -> LastPost | None:
        return history.last_post(self.connection, self.stored.template.account)

    @cached_property
    def _companions(self) -> list[StoredTemplate]:
        return history.companions(self.connection, self.stored)

    @cached_property
    def _entries(self) -> int | None:
        return history.entries_waiting(self.connection, self.stored)

    @cached_property
    def _webhooks(self) -> int:
        return history.webhooks_told(self.connection, self.stored.template)

    def _near(self, at: datetime) -> tuple[tuple[str, datetime], ...]:
        """Give the runs of the account's other templates whose posts keep it busy at *at*, the nearest first."""
        found, mine = [], self.stored.template.owner_id
        for other in self._companions:
            start = max(at - self._gap * other.template.count, other.state.next_slot_at or at)
            slot = planned.newest(other.template.schedule, start, at) if start <= at else None
            if slot is not None and slot.reason is None:
                name = other.template.name if other.template.owner_id == mine else ANOTHER_OWNERS
                found.append((name, slot.at))
        return tuple(sorted(found, key=lambda each: each[1], reverse=True))


def unrecorded(connection: Connection, stored: StoredTemplate, start: datetime, end: datetime) -> WhySlot | None:
    """Explain the slot in [*start*, *end*) that the schedule of then has and that nobody recorded, if there is one."""
    then = templates.as_of(connection, stored.template.id, start)
    if then is None or is_over(connection, stored, start):
        return None
    slot = next(planned.ascending(then.schedule, start), None)
    if slot is None or slot.at >= end:
        return None
    said = "the schedule of then has a slot here, but there is no record of it"
    links = [*nominal.time_links(then.schedule, slot), Link(Step.TEMPLATE, Effect.NOT_KNOWN, said)]
    name, template_id = stored.template.name, stored.template.id
    return WhySlot(name, template_id, slot, Standing.UNRECORDED, slot.at, None, said, in_order(links))


def is_over(connection: Connection, stored: StoredTemplate, at: datetime) -> bool:
    """Tell whether the template had no slots any more at *at*: it was deleted, or had ended with its last record."""
    if stored.state.deleted_at is not None and at >= stored.state.deleted_at:
        return True
    records = (history.planned_from, history.gap_from)
    ended = stored.state.status is TemplateStatus.ENDED
    return ended and all(find(connection, stored.template.id, at) is None for find in records)


def _in_plan(plan: PlannedTemplate, at: datetime, now: datetime) -> tuple[datetime, Reason | None]:
    """Find the slot *at* in what a tick at *now* does."""
    for run in plan.runs:
        if run.slot_at == at:
            return max(run.due_at, now), run.reason
    for gap in plan.gaps:
        if gap.start <= at <= gap.end:
            return at, gap.reason
    return at, Reason.MAX_RUNS if plan.ended else Reason.MISSED
