"""Planned slots: nominal ones moved by jitter, or closed by quiet hours and excluded dates. Pure: always the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from hashlib import blake2b
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

from domain.reasons import Reason
from domain.schedule import Closures, Grid, Jitter, Schedule, Slot, Window
from scheduler import cadences, grid, wall_days

_MICROSECOND = timedelta(microseconds=1)
_NONE = timedelta(0)


def ascending(schedule: Schedule, start: datetime) -> Iterator[Slot]:
    """Give the planned slots at or after *start*, oldest first, until the schedule ends; closed ones have a reason."""
    nominals = cadences.ascending(schedule.cadence, start - _width(schedule))
    if schedule.jitter is None:
        pairs: Iterator[tuple[Slot | None, Slot | None]] = ((slot, None) for slot in nominals)
    else:
        pairs = pairwise(chain(nominals, [None]))
    for nominal, following in pairs:
        assert nominal is not None  # only the last of the chain is
        if schedule.end is not None and nominal.at > schedule.end:
            return
        slot = _planned(schedule, nominal, following)
        if slot.at >= start:
            yield slot


def first(schedule: Schedule, start: datetime) -> Slot | None:
    """Give the first planned slot at or after *start*, or None when the schedule has ended."""
    if not _plain(schedule):
        return next(ascending(schedule, start), None)
    slot = cadences.first(schedule.cadence, start)
    return None if slot is None or (schedule.end is not None and slot.at > schedule.end) else slot


def newest(schedule: Schedule, start: datetime, end: datetime) -> Slot | None:
    """Give the last planned slot in [*start*, *end*], or None."""
    last = end if schedule.end is None else min(end, schedule.end)
    if _plain(schedule):
        return cadences.newest(schedule.cadence, start, last)
    while (nominal := cadences.newest(schedule.cadence, start - _width(schedule), last)) is not None:
        slot = _alone(schedule, nominal)
        if slot.at <= end:
            return slot if slot.at >= start else None
        last = nominal.at - _MICROSECOND
    return None


def around(schedule: Schedule, start: datetime, moment: datetime) -> tuple[Slot | None, datetime | None]:
    """Give the last planned slot in [*start*, *moment*], and when the first after *moment* is; None for what is not."""
    end = schedule.end
    if not _plain(schedule) or not isinstance(schedule.cadence, Grid) or (end is not None and end < moment):
        following = first(schedule, moment + _MICROSECOND)
        return newest(schedule, start, moment), following.at if following else None
    last, next_at = grid.around(schedule.cadence, moment)  # most templates, and one computation for both
    slot = Slot(last) if last is not None and last >= start else None
    return slot, (None if end is not None and next_at > end else next_at)


def count(schedule: Schedule, start: datetime, end: datetime) -> int:
    """Count the planned slots in [*start*, *end*]."""
    oldest, last = first(schedule, start), newest(schedule, start, end)
    if oldest is None or last is None or oldest.at > last.at:
        return 0
    return cadences.count(schedule.cadence, oldest.nominal or oldest.at, last.nominal or last.at)


def closed(closures: Closures | None, at: datetime) -> Reason | None:
    """Say why nothing may be posted at *at*, or give None."""
    if closures is None:
        return None
    wall = at.astimezone(ZoneInfo(closures.timezone))
    if closures.excludes(wall.date()):
        return Reason.EXCLUDED
    return Reason.QUIET_HOURS if _hours_around(closures, wall.time()) else None


def quiet_hours_at(closures: Closures, at: datetime) -> tuple[time, time] | None:
    """Give the quiet hours that *at* lies in, by their begin and end on the wall, or None."""
    return _hours_around(closures, at.astimezone(ZoneInfo(closures.timezone)).time())


def _plain(schedule: Schedule) -> bool:
    """Tell whether the planned slots are the nominal ones."""
    return schedule.jitter is None and schedule.closures is None


def _hours_around(closures: Closures, clock: time) -> tuple[time, time] | None:
    return next((hours for hours in closures.quiet_hours if _within(clock, *hours)), None)


def _within(clock: time, begins: time, ends: time) -> bool:
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


def _alone(schedule: Schedule, nominal: Slot) -> Slot:
    """As `_planned`, for a slot whose follower is not at hand."""
    if schedule.jitter is None:
        return _planned(schedule, nominal, None)
    following = next(cadences.ascending(schedule.cadence, nominal.at + _MICROSECOND), None)
    return _planned(schedule, nominal, following)


def _planned(schedule: Schedule, nominal: Slot, following: Slot | None) -> Slot:
    if reason := closed(schedule.closures, nominal.at):
        return Slot(nominal.at, nominal.note, reason=reason)
    if schedule.jitter is None:
        return nominal
    room = _room(schedule, schedule.jitter, nominal, following)
    offset = _share(schedule.jitter, nominal.at) * (room // _MICROSECOND) // 2**64 * _MICROSECOND
    while offset and closed(schedule.closures, nominal.at + offset):
        offset //= 2  # jitter carries no slot into quiet hours; its own instant is open, so this ends
    return Slot(nominal.at + offset, nominal.note, nominal=nominal.at) if offset else nominal


def _room(schedule: Schedule, jitter: Jitter, nominal: Slot, following: Slot | None) -> timedelta:
    """How far the slot may move, that itself excluded: not to the next slot, out of its window, or past the end."""
    room = jitter.width
    if isinstance(schedule.cadence, Window):
        room = min(room, wall_days.length(schedule.cadence) // schedule.cadence.daily_count)
    if following is not None:
        room = min(room, following.at - nominal.at)
    if schedule.end is not None:
        room = min(room, schedule.end - nominal.at + _MICROSECOND)
    return room


def _share(jitter: Jitter, at: datetime) -> int:
    """A number below 2⁶⁴ that the template's seed and the slot decide."""
    text = f"{jitter.seed}\n{at.isoformat()}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _width(schedule: Schedule) -> timedelta:
    return schedule.jitter.width if schedule.jitter else _NONE
