"""Explaining an instant that is no slot: why there is none, and what becomes of the slots before and after it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from domain.reasons import SENTENCES
from domain.run import Gap, Run
from domain.schedule import Grid, Slot
from scheduler import planned
from scheduler.operations.why import history
from scheduler.operations.why.ahead import MICROSECOND, Ahead, is_over
from scheduler.operations.why.run_links import NOT_KEPT
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.values import Neighbour, WhyNothing
from scheduler.operations.why.words import utc
from storage import templates


def nothing(connection: Connection, ahead: Ahead, at: datetime, until: datetime) -> WhyNothing:
    """Say why there is no slot in [*at*, *until*)."""
    template = ahead.stored.template
    gap = next(iter(history.gaps_between(connection, template.id, at, until)), None)
    before = _newest([*_recorded_before(connection, ahead, at), *_planned(ahead, ahead.last(at))])
    after = _oldest([*_recorded_after(connection, ahead, at, until), *_planned(ahead, ahead.first(until))])
    said = _why(connection, ahead, at, until, gap)
    return WhyNothing(template.name, template.id, at, said, before, after, gap)


def _why(connection: Connection, ahead: Ahead, at: datetime, until: datetime, gap: Gap | None) -> str:
    state, schedule = ahead.stored.state, ahead.stored.template.schedule
    if at < state.created_at:
        return f"no slot: the template was added at {utc(state.created_at)}"
    if state.deleted_at is not None and at >= state.deleted_at:
        return f"no slot: the template was deleted at {utc(state.deleted_at)}"
    if is_over(connection, ahead.stored, at) or (schedule.end is not None and at > schedule.end):
        end = f" at {utc(schedule.end)}" if schedule.end is not None and at > schedule.end else ""
        return f"no slot: the template's schedule has ended{end}"
    if templates.as_of(connection, ahead.stored.template.id, at) is None:
        return NOT_KEPT
    said = "the template has no slot at this time"
    if gap is not None:
        said += f"; it lies between {gap.count} slots that posted nothing: {SENTENCES[gap.reason]}"
    return said + _meant(ahead, at, until)


def _meant(ahead: Ahead, at: datetime, until: datetime) -> str:
    """Name the slot that is meant when the time was read off the template's own wall."""
    cadence = ahead.stored.template.schedule.cadence
    if isinstance(cadence, Grid):
        return ""
    zone = ZoneInfo(cadence.timezone)
    local = at.replace(tzinfo=zone)
    slot = next(planned.ascending(ahead.stored.template.schedule, local), None)
    if slot is None or slot.at >= local + (until - at):
        return ""
    return f"; {slot.at.astimezone(zone):%H:%M} in {cadence.timezone} is {utc(slot.at)}"


def _recorded_before(connection: Connection, ahead: Ahead, at: datetime) -> list[Neighbour]:
    template_id = ahead.stored.template.id
    run, gap = history.planned_before(connection, template_id, at), history.gap_before(connection, template_id, at)
    found = [_of_run(run)] if run else []
    if gap is not None and gap.end < at:
        found.append(_of_gap(gap, gap.end))
    elif gap is not None:
        then = templates.as_of(connection, template_id, at)
        slot = planned.newest(then.schedule, gap.start, at - MICROSECOND) if then else None
        found.append(_of_gap(gap, slot.at if slot else gap.start))
    return found


def _recorded_after(connection: Connection, ahead: Ahead, at: datetime, until: datetime) -> list[Neighbour]:
    template_id = ahead.stored.template.id
    run, gap = history.planned_from(connection, template_id, until), history.gap_from(connection, template_id, until)
    found = [_of_run(run)] if run else []
    around = history.gap_before(connection, template_id, at)
    if around is not None and around.end >= until:
        then = templates.as_of(connection, template_id, at)
        slot = next(planned.ascending(then.schedule, until), None) if then else None
        found.append(_of_gap(around, slot.at if slot and slot.at <= around.end else around.end))
    return found + ([_of_gap(gap, gap.start)] if gap else [])


def _planned(ahead: Ahead, slot: Slot | None) -> list[Neighbour]:
    if slot is None:
        return []
    why = ahead.explained(slot)
    return [Neighbour(slot.at, why.sentence, reason=why.reason)]


def _of_run(run: Run) -> Neighbour:
    return Neighbour(run.slot_at, sentence(run), run.status, run.reason, run.id)


def _of_gap(gap: Gap, at: datetime) -> Neighbour:
    return Neighbour(at, SENTENCES[gap.reason], reason=gap.reason)


def _newest(found: list[Neighbour]) -> Neighbour | None:
    return max(found, key=lambda each: (each.at, each.run_id is not None), default=None)


def _oldest(found: list[Neighbour]) -> Neighbour | None:
    return min(found, key=lambda each: (each.at, each.run_id is None), default=None)
