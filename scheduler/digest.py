"""What was promised on one day and what became of it. Pure: rows and instants in, one summary out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.reasons import Reason
from domain.run import FINAL, Gap, RunStatus
from scheduler.events import iso

ONE_DAY = timedelta(days=1)
UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the day's planned runs have this status and reason."""

    status: RunStatus
    reason: Reason | None
    slots: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the day's slots: *delivered*, ended otherwise by *reasons*, or still *open*."""

    delivered: int
    reasons: Mapping[str, int]
    open: Mapping[str, int]

    @property
    def promised(self) -> int:
        """The slots of the day, all of them: the numbers balance by construction."""
        return self.delivered + sum(self.reasons.values()) + sum(self.open.values())

    @property
    def balanced(self) -> bool:
        """Whether each slot was posted, or has a reason."""
        return not self.open

    @property
    def text(self) -> str:
        """All of it in one line, the largest numbers first."""
        rest = sorted({**self.reasons, **self.open}.items(), key=lambda each: (-each[1], each[0]))
        counts = [(self.promised, "promised"), (self.delivered, "delivered"), *((n, word) for word, n in rest)]
        return ", ".join(f"{count} {word.replace('_', ' ')}" for count, word in counts)


def summarise(start: datetime, end: datetime, tallies: Iterable[Tally], gaps: Iterable[Gap], unplanned: int) -> Summary:
    """Sum up the day from *start* until before *end*.

    *tallies* are of its planned runs, *gaps* those that reach into it, *unplanned* counts slots that have neither yet.
    """
    reasons: Counter[str] = Counter()
    still_open: Counter[str] = Counter({UNPLANNED: unplanned})
    delivered = 0
    for tally in tallies:
        if tally.status is RunStatus.POSTED:
            delivered += tally.slots
        elif tally.status in FINAL:
            reasons[tally.reason or tally.status] += tally.slots
        else:
            still_open[tally.status] += tally.slots
    for gap in gaps:
        reasons[gap.reason] += share(gap, start, end)
    return Summary(delivered, _without_zeros(reasons), _without_zeros(still_open))


def share(gap: Gap, start: datetime, end: datetime) -> int:
    """Give how many of a gap's slots lie from *start* until before *end*, as if they were evenly spread.

    Over adjoining stretches that cover the gap, the shares add up to its count.
    """
    return _slots_before(gap, end) - _slots_before(gap, start)


def _slots_before(gap: Gap, moment: datetime) -> int:
    if moment <= gap.start:
        return 0
    if moment > gap.end:
        return gap.count
    whole, passed = gap.end - gap.start, moment - gap.start
    return -(-(gap.count - 1) * passed // whole)  # rounded up: the slot at the start lies before any later moment


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(word): count for word, count in sorted(counts.items()) if count}


def day_to_tell(now: datetime, at: time, zone: ZoneInfo) -> date:
    """Give the newest day whose summary is due at *now*: it is told on the next day at *at* of *zone*."""
    today = now.astimezone(zone).date()
    return today - (ONE_DAY if told_at(today - ONE_DAY, at, zone) <= now else 2 * ONE_DAY)


def told_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Give when the summary of *day* is due, in UTC: a time that a change of the clocks leaves out is moved on."""
    return datetime.combine(day + ONE_DAY, at, zone).astimezone(UTC)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the first instant of *day* and of the next day, in UTC."""
    first, last = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + ONE_DAY))
    return first, last


def as_data(summary: Summary, day: date, zone: ZoneInfo) -> dict[str, Any]:
    """Give what the event `day.summary` says."""
    start, end = bounds(day, zone)
    return {
        "day": day.isoformat(),
        "timezone": zone.key,
        "from": iso(start),
        "to": iso(end),
        "text": summary.text,
        "promised": summary.promised,
        "delivered": summary.delivered,
        "reasons": dict(summary.reasons),
        "open": dict(summary.open),
        "balanced": summary.balanced,
    }
