"""What the documentation says becomes of each slot of a preview, against what the database has, in both directions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus
from domain.schedule import Missed, Schedule, Slot
from scheduler.events import iso

Told = tuple[str, str, int, str]  # from, to, count and reason
POSTED = "posted"
LOOKED_BACK = timedelta(days=31)  # slots that passed earlier are one record, where some are closed or made up
A_MINUTE = timedelta(seconds=60)
NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Books:
    """What the database has of one template. *told* are its events of slots that did not run, as `Told`."""

    runs: Sequence[Run]
    gaps: Sequence[Gap]
    told: Counter[Told]


def expected(
    schedule: Schedule, slots: Sequence[Slot], ticks: Sequence[datetime], takes: timedelta = NO_TIME
) -> dict[datetime, set[str]]:
    """Say what may become of each slot: posted, or one of these reasons. The *slots* ascend, as the *ticks* do.

    A run *takes* so long from the tick on that planned it; one that is made up takes no time.
    """
    found: dict[datetime, set[str]] = {}
    last: datetime | None = None
    for number, group in groupby(slots, key=lambda slot: bisect_left(ticks, slot.at)):
        if number == len(ticks):
            break
        seen, tick = list(group), ticks[number]
        made_up = _made_up(schedule, seen, tick, last) if schedule.missed is Missed.SPREAD else None
        run = set(_newest(schedule, seen, tick) if made_up is None else made_up)
        found.update((slot.at, _outcomes(schedule, slot, tick, run)) for slot in seen)
        if made_up:
            last = max(made_up.values())
        elif run and last is not None and last > tick:
            found.update((at, {Reason.OVERLAP.value}) for at in run)
        elif run:
            last = tick + takes
    return found


def _outcomes(schedule: Schedule, slot: Slot, tick: datetime, run: set[datetime]) -> set[str]:
    if slot.at in run:
        return {POSTED}
    walked = schedule.closures is not None or schedule.missed is Missed.SPREAD
    long_ago = walked and tick - slot.at > max(LOOKED_BACK, schedule.grace)
    if slot.reason is not None:  # of a stretch that had begun, each was recorded before
        return {slot.reason.value, Reason.MISSED.value} if long_ago else {slot.reason.value}
    superseded = run and schedule.missed is Missed.LATEST and not long_ago
    return {Reason.SUPERSEDED.value if superseded else Reason.MISSED.value}


def _newest(schedule: Schedule, seen: Sequence[Slot], tick: datetime) -> set[datetime]:
    late = min(schedule.grace, A_MINUTE) if schedule.missed is Missed.SKIP else schedule.grace
    newest = max((slot.at for slot in seen if slot.reason is None), default=None)
    return {newest} if newest is not None and tick - newest <= late else set()


def _made_up(
    schedule: Schedule, seen: Sequence[Slot], tick: datetime, last: datetime | None
) -> dict[datetime, datetime]:
    """Give when each slot runs: one gap after the other, and behind those that still wait at this tick."""
    free = last + schedule.spread_gap if last is not None and last > tick else tick
    found: dict[datetime, datetime] = {}
    for slot in seen:
        start = max(slot.at, free, tick)
        if slot.reason is None and start - slot.at <= schedule.grace:
            found[slot.at] = start
            free = start + schedule.spread_gap
    return found


def faults(slots: Sequence[Slot], wanted: Mapping[datetime, set[str]], books: Books) -> Iterator[str]:
    """Give what differs: a slot without a record, with two, or with another than is *wanted*; and a record of none."""
    records = Counter(run.slot_at for run in books.runs)
    became = {run.slot_at: _became(run) for run in books.runs}
    instants = [slot.at for slot in slots]
    for gap in books.gaps:
        inside = instants[bisect_left(instants, gap.start) : bisect_right(instants, gap.end)]
        records.update(inside)
        became.update(dict.fromkeys(inside, gap.reason.value))
        if len(inside) != gap.count and gap.end <= instants[-1]:
            yield f"a gap of {gap.count} slots from {gap.start} to {gap.end} holds {len(inside)}"
    for at, may in wanted.items():
        if records[at] != 1:
            yield f"the slot {at} has {records[at]} records"
        elif became[at] not in may:
            yield f"the slot {at} is {became[at]}, and not {' or '.join(sorted(may))}"
    known = set(instants)
    for run in books.runs:
        if run.slot_at not in known:
            yield f"a run for {run.slot_at}, which no preview has shown"
        elif run.finished_at is not None and run.finished_at < run.due_at:
            yield f"the run for {run.slot_at} was done before it was due"


def untold(books: Books) -> Iterator[str]:
    """Give what differs between the records of slots that did not run and the events of them."""
    skipped = (run for run in books.runs if run.status is RunStatus.SKIPPED and run.reason)
    silent = Counter((iso(run.slot_at), iso(run.slot_at), 1, str(run.reason)) for run in skipped)
    silent.update((iso(gap.start), iso(gap.end), gap.count, str(gap.reason)) for gap in books.gaps)
    yield from (f"nobody was told of {each}" for each in silent - books.told)
    yield from (f"somebody was told of {each}, of which there is no record" for each in books.told - silent)


def _became(run: Run) -> str:
    if run.status is RunStatus.POSTED:
        return POSTED
    return run.reason.value if run.reason else run.status.value
