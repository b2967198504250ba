"""Deciding what is due. Pure arithmetic: the caller brings the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, islice

from domain.errors import FieldError, InvalidInput
from domain.reasons import Reason
from domain.schedule import Cron, Grid, Missed, Recurrence, Schedule, Slot
from scheduler import planned

SKIP_TOLERANCE = timedelta(seconds=60)  # how late a slot may run under the policy `skip`; later is missed
WALK = timedelta(days=31)  # slots that passed longer ago than this, and than the grace, are one range
STRETCH = 10_000  # neighbouring closed slots that one record may hold, and
STRETCH_DAYS = timedelta(days=400)  # how far it may reach ahead; what is longer goes on with the next
SEARCH = 100_000  # closed slots in a row after which a schedule counts as never open
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Dropped:
    """*count* neighbouring slots that will not run, for one reason; *start* and *end* are their first and last."""

    start: datetime
    end: datetime
    count: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Delayed:
    """A slot that runs later than it was planned for."""

    slot: Slot
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What one tick does for one template; *next_slot_at* is later than the tick, None when the schedule has ended.

    *run* is due now, *later* under the policy `spread` at their times. A closed stretch that has begun is dropped
    whole, so *dropped* may reach beyond the tick.
    """

    run: Slot | None
    dropped: tuple[Dropped, ...]
    next_slot_at: datetime | None
    later: tuple[Delayed, ...] = ()


def slots(schedule: Schedule, after: datetime, *, inclusive: bool = False) -> Iterator[Slot]:
    """Give the slots after *after*, oldest first, until the schedule ends; *inclusive* includes one at that instant."""
    return planned.ascending(schedule, after if inclusive else after + _MICROSECOND)


def first_slot(schedule: Schedule, now: datetime) -> datetime | None:
    """Give the first slot at or after *now*, open or closed, or None when the schedule has ended."""
    slot = next(slots(schedule, now, inclusive=True), None)
    return slot.at if slot else None


def first_open(schedule: Schedule, now: datetime) -> datetime | None:
    """Give the first slot at or after *now* that is not closed, or None when there is none within reach."""
    ahead = islice(slots(schedule, now, inclusive=True), SEARCH)
    return next((slot.at for slot in ahead if slot.reason is None), None)


def same_slot(before: Schedule, after: Schedule, at: datetime) -> datetime | None:
    """Give where *after* has the slot that *before* has at *at* or else next, when only what they leave out differs.

    A slot that is closed stands at its nominal instant, an open one where jitter moves it. None when *after* has ended.
    """
    slot = next(slots(before, at, inclusive=True), None)
    if slot is None:
        return None
    nominal = slot.nominal or slot.at
    ahead = slots(after, nominal, inclusive=True)
    return next((each.at for each in ahead if (each.nominal or each.at) >= nominal), None)


def refuse_never_due(schedule: Schedule, now: datetime) -> None:
    """Raise InvalidInput, naming the field, when no slot from *now* on is open."""
    if first_open(schedule, now) is not None:
        return
    if first_slot(schedule, now) is not None:
        raise InvalidInput(
            [FieldError("schedule", "quiet_hours and exclude_dates leave no slot; leave some of them out")]
        )
    field = {Cron: "schedule.cron", Recurrence: "schedule.rrule"}.get(type(schedule.cadence), "schedule")
    until = " before schedule_end_date; name a later one" if schedule.end else "; name days that there are"
    raise InvalidInput([FieldError(field, f"never comes due{until}")])


def preview(schedule: Schedule, after: datetime, count: int, *, inclusive: bool = False) -> list[Slot]:
    """Give the next *count* slots, fewer when the schedule ends before."""
    return list(islice(slots(schedule, after, inclusive=inclusive), count))


def regrid(schedule: Schedule, daily_count: int, last_slot: datetime) -> Schedule:
    """Give the schedule with *daily_count* slots a day, counted from the last planned slot.

    The new anchor was planned already: what comes next is the first slot *after* it.
    """
    return replace(schedule, cadence=Grid(daily_count, anchor=last_slot))


def passed(schedule: Schedule, start: datetime, end: datetime, reason: Reason) -> tuple[Dropped, ...]:
    """Give the slots in [*start*, *end*], open and closed, as one range; empty when there are none."""
    last = planned.newest(schedule, start, end) if start <= end else None
    if last is None:
        return ()
    first = planned.first(schedule, start)
    assert first is not None  # the newest is there
    return (Dropped(first.at, last.at, planned.count(schedule, first.at, last.at), reason),)


def decide(schedule: Schedule, next_slot: datetime, now: datetime, *, pending: datetime | None = None) -> Decision:
    """Decide which of the slots in [*next_slot*, *now*] run, and what becomes of the others.

    Only the newest open one can run, because five stale posts in a row are worse than none, and only while it is young
    enough; under `spread` each that is young enough, one `spread_gap` after the other and after *pending*, when the
    last of those that wait is due. The cost grows with the days that passed, and not with their slots.
    """
    if schedule.closures is None and schedule.missed is not Missed.SPREAD:
        return _decide_open(schedule, next_slot, now)
    recent = max(next_slot, now - max(WALK, schedule.grace))
    older = passed(schedule, next_slot, recent - _MICROSECOND, Reason.MISSED)
    ahead = slots(schedule, recent, inclusive=True)
    due, following = _until(ahead, now)
    running = _spread(schedule, due, now, pending) if schedule.missed is Missed.SPREAD else _latest(schedule, due, now)
    run_at = {each.slot.at for each in running}
    superseded = bool(running) and schedule.missed is Missed.LATEST
    fallback = Reason.SUPERSEDED if superseded else Reason.MISSED
    if due and due[-1].reason is not None:
        due, following = _whole_stretch(due, following, ahead)
    dropped = _grouped((slot, None if slot.at in run_at else slot.reason or fallback) for slot in due)
    at_once = running[0].slot if running and running[0].due_at == running[0].slot.at else None
    later = tuple(running[1:] if at_once else running)
    return Decision(at_once, older + dropped, following.at if following else None, later)


def _decide_open(schedule: Schedule, next_slot: datetime, now: datetime) -> Decision:
    """As `decide`, for a schedule that is never closed: without a walk over the slots."""
    if next_slot > now:
        upcoming = planned.first(schedule, next_slot)
        return Decision(None, (), upcoming.at if upcoming else None)
    newest, next_slot_at = planned.around(schedule, next_slot, now)
    if newest is None:
        return Decision(None, (), next_slot_at)
    if now - newest.at > _tolerance(schedule):
        return Decision(None, passed(schedule, next_slot, newest.at, Reason.MISSED), next_slot_at)
    reason = Reason.SUPERSEDED if schedule.missed is Missed.LATEST else Reason.MISSED
    dropped = passed(schedule, next_slot, newest.at - _MICROSECOND, reason) if newest.at > next_slot else ()
    return Decision(newest, dropped, next_slot_at)


def _tolerance(schedule: Schedule) -> timedelta:
    """How old the newest due slot may be and still run."""
    return min(schedule.grace, SKIP_TOLERANCE) if schedule.missed is Missed.SKIP else schedule.grace


def _until(ahead: Iterator[Slot], now: datetime) -> tuple[list[Slot], Slot | None]:
    """The slots at or before *now*, and the one after them."""
    due: list[Slot] = []
    for slot in ahead:
        if slot.at > now:
            return due, slot
        due.append(slot)
    return due, None


def _latest(schedule: Schedule, due: list[Slot], now: datetime) -> list[Delayed]:
    newest = next((slot for slot in reversed(due) if slot.reason is None), None)
    young = newest is not None and now - newest.at <= _tolerance(schedule)
    return [Delayed(newest, newest.at)] if newest is not None and young else []


def _spread(schedule: Schedule, due: list[Slot], now: datetime, pending: datetime | None) -> list[Delayed]:
    """The open slots that can start within their grace, one gap apart; the first at once when nothing waits."""
    found: list[Delayed] = []
    turn = pending + schedule.spread_gap if pending is not None else None
    for slot in due:
        due_at = slot.at if turn is None else max(slot.at, turn)
        if slot.reason is None and max(due_at, now) - slot.at <= schedule.grace:
            found.append(Delayed(slot, due_at))
            turn = max(due_at, now) + schedule.spread_gap
    return found


def _whole_stretch(due: list[Slot], following: Slot | None, ahead: Iterator[Slot]) -> tuple[list[Slot], Slot | None]:
    """*due* with the closed slots that go on for the same reason, and the slot after them.

    A night of quiet hours is then one record when it begins, and not one for each of its slots.
    """
    whole = list(due)
    last = due[-1].at + STRETCH_DAYS
    while following is not None and following.reason is due[-1].reason and following.at <= last:
        if len(whole) - len(due) >= STRETCH:
            break
        whole.append(following)
        following = next(ahead, None)
    return whole, following


def _grouped(judged: Iterable[tuple[Slot, Reason | None]]) -> tuple[Dropped, ...]:
    """Neighbours with one reason as one range; those without one are run."""
    ranges = []
    for reason, group in groupby(judged, key=lambda pair: pair[1]):
        if reason is not None:
            members = [slot for slot, _ in group]
            ranges.append(Dropped(members[0].at, members[-1].at, len(members), reason))
    return tuple(ranges)
