"""Cron expressions of five fields: parsed by cronsim, asked day by day. No time zones here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

from cronsim import CronSim, CronSimError

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. *interval* says that its minute or hour holds a `*` or a `/`: it runs in elapsed time."""

    times: tuple[time, ...]
    interval: bool
    _parsed: CronSim

    def matches(self, day: date) -> bool:
        """Tell whether the day, month and weekday fields name *day*."""
        return day.month in self._parsed.months and self._parsed.match_day(day)


@lru_cache(maxsize=1024)
def parsed(expression: str) -> Expression:
    """Read *expression*. Raises ValueError with the remedy."""
    fields = expression.split()
    if len(fields) != 5 or len(expression) > _LENGTH:
        raise ValueError(
            f"{expression!r} has not five fields: minute, hour, day, month, weekday, such as 0 9 * * mon-fri"
        )
    try:
        simulation = CronSim(expression, _ANY_MOMENT)
    except (CronSimError, ValueError, IndexError, KeyError) as error:
        if _is_cron(" ".join([*fields[:3], "*", fields[4]])) and _is_cron(" ".join(["0 0 1", *fields[3:]])):
            raise ValueError(f"{expression!r} never comes: its months have no such day; name another day") from error
        raise ValueError(f"{expression!r} is no cron expression: {str(error).lower() or 'a field is wrong'}") from error
    times = tuple(time(hour, minute) for hour in sorted(simulation.hours) for minute in sorted(simulation.minutes))
    return Expression(times, any(mark in field for field in fields[:2] for mark in "*/"), simulation)


def _is_cron(expression: str) -> bool:
    try:
        CronSim(expression, _ANY_MOMENT)
    except (CronSimError, ValueError, IndexError, KeyError):
        return False
    return True
