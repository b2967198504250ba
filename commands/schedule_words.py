"""A schedule in words, as `template preview` and `template show` print it."""

from __future__ import annotations

from calendar import day_name, month_name

from commands.output import moment
from domain.duration import format_duration
from domain.schedule import ALL_MONTHS, ALL_WEEKDAYS, Cadence, ClockTimes, Closures, Grid, Recurrence, Schedule, Window


def in_words(schedule: Schedule) -> str:
    """Say when a template is due, what its schedule leaves out, and when it ends."""
    said = [_cadence(schedule.cadence) + (f", until {moment(schedule.end)}" if schedule.end else "")]
    if schedule.jitter:
        said.append(f"moved by less than {format_duration(schedule.jitter.width)}")
    if schedule.closures:
        said += _closures(schedule.closures)
    if schedule.max_runs is not None:
        runs = "1 run that was" if schedule.max_runs == 1 else f"{schedule.max_runs} runs that were"
        said.append(f"ends after {runs} not skipped")
    return "; ".join(said)


def _cadence(cadence: Cadence) -> str:
    if isinstance(cadence, Grid):
        return f"{_times(cadence.daily_count)} a day at equal distance"
    if isinstance(cadence, ClockTimes):
        times = ", ".join(f"{each:%H:%M}" for each in cadence.times)
        return f"{_days(cadence)} at {times} ({cadence.timezone})"
    if isinstance(cadence, Window):
        hours = f"{cadence.opens:%H:%M} to {cadence.closes:%H:%M}"
        return f"{_days(cadence)}, {_times(cadence.daily_count)} from {hours} ({cadence.timezone})"
    rule = cadence.rule if isinstance(cadence, Recurrence) else f"cron {cadence.expression}"
    return f"{rule} ({cadence.timezone})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _days(cadence: ClockTimes | Window) -> str:
    said = "every day"
    if cadence.weekdays != ALL_WEEKDAYS:
        said = "on " + ", ".join(f"{day_name[each]}s" for each in sorted(cadence.weekdays))
    if cadence.months != ALL_MONTHS:
        said += " in " + ", ".join(month_name[each] for each in sorted(cadence.months))
    return said


def _closures(closures: Closures) -> list[str]:
    said = []
    if closures.quiet_hours:
        hours = ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in closures.quiet_hours)
        said.append(f"not from {hours} ({closures.timezone})")
    left_out = [_many(len(closures.dates), "date"), _many(len(closures.calendars), "calendar")]
    if closures.dates or closures.calendars:
        said.append("not on " + " and ".join(each for each in left_out if each))
    return said


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + "s" * (count > 1) if count else ""
