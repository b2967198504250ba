"""The links that time alone decides: from the nominal time on the wall to jitter. Pure: always the same."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from domain.schedule import ClockTimes, Closures, Cron, Grid, Schedule, Slot, SlotNote, Wall, Window
from scheduler import clock_times, grid, planned
from scheduler.operations.why.chain import Effect, Link, Step, not_reached, passed
from scheduler.operations.why.words import length, some, utc

TIME = (Step.NOMINAL, Step.DST, Step.EXCLUDED, Step.QUIET, Step.JITTER)


def slot_at(schedule: Schedule, at: datetime) -> Slot | None:
    """Give the planned slot at *at*, or None when the schedule has none there."""
    found = next(planned.ascending(schedule, at), None)
    return found if found is not None and found.at == at else None


def jittered(schedule: Schedule, start: datetime, end: datetime) -> Slot | None:
    """Give the slot that jitter moved and whose nominal time is in [*start*, *end*), or None."""
    if schedule.jitter is None:
        return None
    ahead = slots_between(schedule, start, end + schedule.jitter.width)
    return next((slot for slot in ahead if slot.nominal is not None and start <= slot.nominal < end), None)


def slots_between(schedule: Schedule, start: datetime, end: datetime) -> list[Slot]:
    """Give the planned slots in [*start*, *end*)."""
    return list(takewhile(lambda slot: slot.at < end, planned.ascending(schedule, start)))


def time_links(schedule: Schedule, slot: Slot) -> list[Link]:
    """Explain why *slot* of *schedule* stands where it does, or why it is closed."""
    nominal = slot.nominal or slot.at
    excluded, quiet = _excluded(schedule.closures, nominal), _quiet(schedule.closures, nominal)
    links = [_nominal(schedule, nominal), _dst(schedule, nominal, slot.note), excluded]
    links.append(not_reached(Step.QUIET) if excluded.effect is Effect.STOPPED else quiet)
    return [*links, not_reached(Step.JITTER) if slot.reason else _jitter(schedule, slot)]


def unknown_links(why: str) -> list[Link]:
    """Say of these links that they are not known any more, and *why*."""
    return [Link(step, Effect.NOT_KNOWN, why if step is Step.NOMINAL else "") for step in TIME]


def asked_for(at: datetime, retry_of: str | None = None) -> list[Link]:
    """Say of these links that they have no part in a run that was asked for at *at*."""
    said = f"asked for at {utc(at)}, beside the schedule" + (f", to try run {retry_of} again" if retry_of else "")
    return [passed(Step.NOMINAL, said), *(not_reached(step) for step in TIME[1:])]


def wall(zone: str, at: datetime) -> str:
    """Give an instant on the wall of *zone*."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M:%S}".removesuffix(":00") + f" {zone}"


def _nominal(schedule: Schedule, at: datetime) -> Link:
    cadence = schedule.cadence
    if isinstance(cadence, Grid):
        place = grid.count(cadence, cadence.anchor, at)
        every = f"{cadence.daily_count} a day at equal distance, counted from {utc(cadence.anchor)}"
        return Link(Step.NOMINAL, Effect.PASSED, f"{utc(at)}: number {place} at {every}", at=at)
    said = " and ".join(f"{each:%a %Y-%m-%d %H:%M:%S}".removesuffix(":00") for each in clock_times.named(cadence, at))
    return Link(Step.NOMINAL, Effect.PASSED, f"{said} {cadence.timezone}, {_form(cadence)}: {utc(at)}", at=at)


def _form(cadence: Wall) -> str:
    if isinstance(cadence, ClockTimes):
        times = sorted(cadence.times)
        return "its clock time" if len(times) == 1 else f"one of {len(times)} clock times"
    if isinstance(cadence, Window):
        return f"one of {cadence.daily_count} from {cadence.opens:%H:%M} to {cadence.closes:%H:%M}"
    return f"by cron {cadence.expression}" if isinstance(cadence, Cron) else f"by {cadence.rule}"


def _dst(schedule: Schedule, at: datetime, note: SlotNote | None) -> Link:
    cadence = schedule.cadence
    if isinstance(cadence, Grid):
        return passed(Step.DST, "runs in elapsed time; no clock change touches it")
    if note is None:
        return passed(Step.DST, "no clock change touches it")
    shown = wall(cadence.timezone, at)
    if note is SlotNote.GAP:
        return Link(
            Step.DST, Effect.CHANGED, f"that clock time does not exist that day: moved forward to {shown}", at=at
        )
    if note is SlotNote.MERGED:
        return Link(
            Step.DST, Effect.CHANGED, f"a time that does not exist that day moved here: one slot at {shown}", at=at
        )
    which = "the second, as an interval uses both" if note is SlotNote.AGAIN else "only the first is used"
    return passed(Step.DST, f"that clock time comes twice that day: {which}")


def _excluded(closures: Closures | None, at: datetime) -> Link:
    if closures is None or not (closures.dates or closures.calendars):
        return passed(Step.EXCLUDED, "no dates are excluded")
    day = at.astimezone(ZoneInfo(closures.timezone)).date()
    if closures.excludes(day):
        by = some([each.url for each in closures.calendars if day in each.dates])
        said = f"{day:%a %Y-%m-%d} ({closures.timezone}) is excluded" + (f" by {by}" if by else "")
        return Link(Step.EXCLUDED, Effect.STOPPED, said, planned.closed(closures, at))
    dates = closures.dates.union(*(each.dates for each in closures.calendars))
    return passed(Step.EXCLUDED, f"{day} is none of {len(dates)}")


def _quiet(closures: Closures | None, at: datetime) -> Link:
    if closures is None or not closures.quiet_hours:
        return passed(Step.QUIET, "there are none")
    within = planned.quiet_hours_at(closures, at)
    if within is None:
        hours = ", ".join(f"{begins:%H:%M}-{ends:%H:%M}" for begins, ends in closures.quiet_hours)
        return passed(Step.QUIET, f"outside of {hours} ({closures.timezone})")
    begins, ends = within
    said = f"{wall(closures.timezone, at)} lies within {begins:%H:%M}-{ends:%H:%M}"
    return Link(Step.QUIET, Effect.STOPPED, said, planned.closed(closures, at))


def _jitter(schedule: Schedule, slot: Slot) -> Link:
    if schedule.jitter is None:
        return passed(Step.JITTER, "none")
    width = length(schedule.jitter.width)
    if slot.nominal is None:
        return passed(Step.JITTER, f"nothing of at most {width}")
    by = length(slot.at - slot.nominal)
    return Link(Step.JITTER, Effect.CHANGED, f"{by} later, of at most {width}: {utc(slot.at)}", at=slot.at)
