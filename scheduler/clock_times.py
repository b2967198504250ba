"""Clock times on the wall of one zone: which instants they are, day by day, with daylight saving settled here only.

A time that a day skips shifts forward by the gap's length (RFC 5545), which is also how PEP 495 reads it with fold=0;
a time that a day has twice is used the first time, by intervals both times. Which times a date has is in wall_days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.schedule import Slot, SlotNote, Wall
from scheduler import wall_days

_MIDNIGHT = time()
_MIDNIGHT_AGAIN = time(fold=1)  # the later reading, where midnight comes twice
_DAY = timedelta(days=1)
FURTHEST = 366 * 50  # days without a slot after which there are no more; 29 February on a Monday takes up to 40 years


@dataclass(frozen=True, slots=True)
class _Wall:
    """A cadence as its days are read."""

    times: Callable[[date], tuple[time, ...]]
    zone: ZoneInfo
    interval: bool


def ascending(cadence: Wall, start: datetime) -> Iterator[Slot]:
    """Give the slots at or after *start*, oldest first; they end where the cadence has none for fifty years."""
    wall = _wall(cadence)
    day, empty = start.astimezone(wall.zone).date(), 0
    while empty < FURTHEST and day.year < date.max.year:
        slots = _slots_of(wall, day)
        for slot in slots:
            if slot.at >= start:
                yield slot
        empty = 0 if slots else empty + 1
        day += _DAY


def newest(cadence: Wall, start: datetime, end: datetime) -> Slot | None:
    """Give the last slot in [*start*, *end*], or None."""
    wall = _wall(cadence)
    # A fold across midnight puts first occurrences of the next date before instants of this one, hence a day's margin.
    oldest_day = start.astimezone(wall.zone).date() - _DAY
    day = end.astimezone(wall.zone).date() + _DAY
    while day >= oldest_day:
        for slot in reversed(_slots_of(wall, day)):
            if slot.at <= end:
                return slot if slot.at >= start else None
        day -= _DAY
    return None


def count(cadence: Wall, start: datetime, end: datetime) -> int:
    """Count the slots in [*start*, *end*], day by day and not slot by slot, so that years take milliseconds."""
    if start > end:
        return 0
    wall = _wall(cadence)
    first, last = start.astimezone(wall.zone).date(), end.astimezone(wall.zone).date()
    total = 0
    day = first - _DAY
    while day <= last + _DAY:
        if day - _DAY <= first or day + _DAY >= last:
            total += sum(start <= slot.at <= end for slot in _slots_of(wall, day))
        elif not _is_plain(wall.zone, day):
            total += len(_slots_of(wall, day))
        else:
            total += len(wall.times(day))
        day += _DAY
    return total


def named(cadence: Wall, at: datetime) -> tuple[datetime, ...]:
    """Give the times on the wall, as the cadence names them, that are the slot at *at*: two where two have met.

    Empty when *at* is no slot. A time that its day skips is given as it was named, and not as it was shifted.
    """
    wall = _wall(cadence)
    shown = at.astimezone(wall.zone)
    day = shown.date()
    if _is_plain(wall.zone, day):
        return (datetime.combine(day, shown.time()),) if shown.time() in wall.times(day) else ()
    return tuple(
        datetime.combine(nominal, clock)
        for nominal in (day - _DAY, day)
        for clock in wall.times(nominal)
        if any(slot.at == at for slot in _readings(wall, nominal, clock))
    )


def _wall(cadence: Wall) -> _Wall:
    return _Wall(wall_days.reader(cadence), ZoneInfo(cadence.timezone), wall_days.is_interval(cadence))


def _slots_of(wall: _Wall, day: date) -> tuple[Slot, ...]:
    """The slots whose instant falls on the local date *day*, in order."""
    times = wall.times(day)
    if not times and not wall.times(day - _DAY):
        return ()
    if _is_plain(wall.zone, day):
        offset = _offset(wall.zone, day, _MIDNIGHT)
        return tuple(Slot(datetime.combine(day, clock, UTC) - offset) for clock in times)
    return _slots_near_a_change(wall, day)


def _slots_near_a_change(wall: _Wall, day: date) -> tuple[Slot, ...]:
    """As `_slots_of`, time by time.

    A gap may carry times of the day before into this one: by a whole day in Pacific/Apia in 2011.
    """
    slots: dict[datetime, Slot] = {}
    for nominal in (day - _DAY, day):
        for clock in wall.times(nominal):
            for slot in _readings(wall, nominal, clock):
                shown = nominal if slot.note is None else slot.at.astimezone(wall.zone).date()
                if shown == day:
                    slots[slot.at] = Slot(slot.at, SlotNote.MERGED) if slot.at in slots else slot
    return tuple(slots[at] for at in sorted(slots))


def _readings(wall: _Wall, day: date, clock: time) -> Iterator[Slot]:
    """The instants at which the wall shows *clock* on *day*: one, or for an interval also the second of two."""
    first, second = _offset(wall.zone, day, clock), _offset(wall.zone, day, clock.replace(fold=1))
    at = datetime.combine(day, clock, UTC) - first
    if first <= second:  # PEP 495: in a gap fold=0 has the smaller offset
        yield Slot(at, None if first == second else SlotNote.GAP)
    elif wall.interval:
        yield Slot(at)
        yield Slot(datetime.combine(day, clock, UTC) - second, SlotNote.AGAIN)
    else:
        yield Slot(at, SlotNote.FOLD)


def _is_plain(zone: ZoneInfo, day: date) -> bool:
    """Whether neither *day* nor the day before meets a change of the zone's offset."""
    offset = _offset(zone, day, _MIDNIGHT)
    return offset == _offset(zone, day - _DAY, _MIDNIGHT) and offset == _offset(zone, day + _DAY, _MIDNIGHT_AGAIN)


def _offset(zone: ZoneInfo, day: date, clock: time) -> timedelta:
    offset = datetime.combine(day, clock, zone).utcoffset()
    assert offset is not None  # ZoneInfo always knows one
    return offset
