"""Clock times on the wall of one zone: which instants they are, day by day, with daylight saving settled here only.

A time that a day skips shifts forward by the gap's length (RFC 5545), which is also how PEP 495 reads it with fold=0;
a time that a day has twice is used the first time. Weekdays are those of the date the time was written for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.schedule import ClockTimes, Slot, SlotNote

_MIDNIGHT = time()
_MIDNIGHT_AGAIN = time(fold=1)  # the later reading, where midnight comes twice
_DAY = timedelta(days=1)


def ascending(cadence: ClockTimes, start: datetime) -> Iterator[Slot]:
    """Give the slots at or after *start*, oldest first, without an end."""
    zone = ZoneInfo(cadence.timezone)
    day = start.astimezone(zone).date()
    while True:
        for slot in _slots_of(cadence, zone, day):
            if slot.at >= start:
                yield slot
        day += _DAY


def newest(cadence: ClockTimes, start: datetime, end: datetime) -> Slot | None:
    """Give the last slot in [*start*, *end*], or None."""
    zone = ZoneInfo(cadence.timezone)
    # A fold across midnight puts first occurrences of the next date before instants of this one, hence a day's margin.
    oldest_day = start.astimezone(zone).date() - _DAY
    day = end.astimezone(zone).date() + _DAY
    while day >= oldest_day:
        for slot in reversed(_slots_of(cadence, zone, day)):
            if slot.at <= end:
                return slot if slot.at >= start else None
        day -= _DAY
    return None


def count(cadence: ClockTimes, start: datetime, end: datetime) -> int:
    """Count the slots in [*start*, *end*], day by day and not slot by slot, so that years take milliseconds."""
    if start > end:
        return 0
    zone = ZoneInfo(cadence.timezone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    a_day = len(set(cadence.times))
    total = 0
    day = first - _DAY
    while day <= last + _DAY:
        if day - _DAY <= first or day + _DAY >= last:
            total += sum(start <= slot.at <= end for slot in _slots_of(cadence, zone, day))
        elif not _is_plain(zone, day):
            total += len(_slots_of(cadence, zone, day))
        elif day.weekday() in cadence.weekdays:
            total += a_day
        day += _DAY
    return total


def _slots_of(cadence: ClockTimes, zone: ZoneInfo, day: date) -> tuple[Slot, ...]:
    """The slots whose instant falls on the local date *day*, in order."""
    if _is_plain(zone, day):
        if day.weekday() not in cadence.weekdays:
            return ()
        offset = _offset(zone, day, _MIDNIGHT)
        return tuple(Slot(datetime.combine(day, clock, UTC) - offset) for clock in sorted(set(cadence.times)))
    return _slots_near_a_change(cadence, zone, day)


def _slots_near_a_change(cadence: ClockTimes, zone: ZoneInfo, day: date) -> tuple[Slot, ...]:
    """As `_slots_of`, time by time.

    A gap may carry times of the day before into this one: by a whole day in Pacific/Apia in 2011.
    """
    slots: dict[datetime, Slot] = {}
    for nominal in (day - _DAY, day):
        if nominal.weekday() not in cadence.weekdays:
            continue
        for clock in set(cadence.times):
            at = datetime.combine(nominal, clock, zone).astimezone(UTC)
            if at.astimezone(zone).date() == day:
                note = SlotNote.MERGED if at in slots else _note(zone, nominal, clock)
                slots[at] = Slot(at, note)
    return tuple(slots[at] for at in sorted(slots))


def _note(zone: ZoneInfo, day: date, clock: time) -> SlotNote | None:
    before, after = _offset(zone, day, clock), _offset(zone, day, clock.replace(fold=1))
    if before == after:
        return None
    return SlotNote.GAP if before < after else SlotNote.FOLD  # PEP 495: in a gap fold=0 has the smaller offset


def _is_plain(zone: ZoneInfo, day: date) -> bool:
    """Whether neither *day* nor the day before meets a change of the zone's offset."""
    offset = _offset(zone, day, _MIDNIGHT)
    return offset == _offset(zone, day - _DAY, _MIDNIGHT) and offset == _offset(zone, day + _DAY, _MIDNIGHT_AGAIN)


def _offset(zone: ZoneInfo, day: date, clock: time) -> timedelta:
    offset = datetime.combine(day, clock, zone).utcoffset()
    assert offset is not None  # ZoneInfo always knows one
    return offset
