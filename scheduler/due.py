"""Deciding what is due. Pure arithmetic: the caller brings the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from domain.reasons import Reason
from domain.schedule import ClockTimes, Grid, Missed, Schedule, Slot
from scheduler import clock_times, grid

SKIP_TOLERANCE = timedelta(seconds=60)  # how late a slot may run under the policy `skip`; later is missed
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Dropped:
    """*count* neighbouring slots that will not run, for one reason; *start* and *end* are their first and last."""

    start: datetime
    end: datetime
    count: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """What one tick does for one template; *next_slot_at* is later than the tick, None when the schedule has ended."""

    run: Slot | None
    dropped: tuple[Dropped, ...]
    next_slot_at: datetime | None


def slots(schedule: Schedule, after: datetime, *, inclusive: bool = False) -> Iterator[Slot]:
    """Give the slots after *after*, oldest first, until the schedule ends; *inclusive* includes one at that instant."""
    for slot in _ascending(schedule.cadence, after if inclusive else after + _MICROSECOND):
        if schedule.end is not None and slot.at > schedule.end:
            return
        yield slot


def first_slot(schedule: Schedule, now: datetime) -> datetime | None:
    """Give the first slot at or after *now*, or None when the schedule has ended."""
    slot = next(slots(schedule, now, inclusive=True), None)
    return slot.at if slot else None


def preview(schedule: Schedule, after: datetime, count: int, *, inclusive: bool = False) -> list[Slot]:
    """Give the next *count* slots, fewer when the schedule ends before."""
    return list(islice(slots(schedule, after, inclusive=inclusive), count))


def regrid(schedule: Schedule, daily_count: int, last_slot: datetime) -> Schedule:
    """Give the schedule with *daily_count* slots a day, counted from the last planned slot.

    The new anchor was planned already: what comes next is the first slot *after* it.
    """
    return replace(schedule, cadence=Grid(daily_count, anchor=last_slot))


def decide(schedule: Schedule, next_slot: datetime, now: datetime) -> Decision:
    """Decide which of the slots in [*next_slot*, *now*] runs, and what becomes of the others.

    Only the newest can run, because five stale posts in a row are worse than none, and only while it is young enough.
    The cost does not grow with the number of slots that passed.
    """
    next_slot_at = _next_at(schedule, max(next_slot, now + _MICROSECOND))
    horizon = now if schedule.end is None else min(now, schedule.end)
    newest = _newest(schedule.cadence, next_slot, horizon) if next_slot <= horizon else None
    if newest is None:
        return Decision(None, (), next_slot_at)
    if now - newest.at > _tolerance(schedule):
        return Decision(None, _drop(schedule, next_slot, newest.at, Reason.MISSED), next_slot_at)
    reason = Reason.SUPERSEDED if schedule.missed is Missed.LATEST else Reason.MISSED
    return Decision(newest, _drop(schedule, next_slot, newest.at - _MICROSECOND, reason), next_slot_at)


def _tolerance(schedule: Schedule) -> timedelta:
    """How old the newest due slot may be and still run."""
    return schedule.grace if schedule.missed is Missed.LATEST else min(schedule.grace, SKIP_TOLERANCE)


def _drop(schedule: Schedule, start: datetime, end: datetime, reason: Reason) -> tuple[Dropped, ...]:
    """The slots in [*start*, *end*] as one range; empty when there are none."""
    cadence = schedule.cadence
    last = _newest(cadence, start, end) if start <= end else None
    if last is None:
        return ()
    first = next(_ascending(cadence, start))
    return (Dropped(first.at, last.at, _count(cadence, first.at, last.at), reason),)


def _next_at(schedule: Schedule, start: datetime) -> datetime | None:
    """The first slot at or after *start*, or None when the schedule has ended."""
    if not isinstance(schedule.cadence, Grid):
        return first_slot(schedule, start)
    at = grid.earliest(schedule.cadence, start).at
    return None if schedule.end is not None and at > schedule.end else at


def _ascending(cadence: Grid | ClockTimes, start: datetime) -> Iterator[Slot]:
    return grid.ascending(cadence, start) if isinstance(cadence, Grid) else clock_times.ascending(cadence, start)


def _newest(cadence: Grid | ClockTimes, start: datetime, end: datetime) -> Slot | None:
    return grid.newest(cadence, start, end) if isinstance(cadence, Grid) else clock_times.newest(cadence, start, end)


def _count(cadence: Grid | ClockTimes, start: datetime, end: datetime) -> int:
    return grid.count(cadence, start, end) if isinstance(cadence, Grid) else clock_times.count(cadence, start, end)
