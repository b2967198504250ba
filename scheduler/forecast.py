"""Looking ahead: the planner's own arithmetic on a clock that jumps from slot to slot. Pure; nothing is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import chain, pairwise, takewhile
from types import MappingProxyType

from domain.errors import FieldError, InvalidInput
from domain.reasons import Reason
from domain.schedule import Overlap, Slot
from domain.template import StoredTemplate, Template
from scheduler import due

_MICROSECOND = timedelta(microseconds=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What time decides for one template between two instants.

    *runs* are its slots that run, at the instant when they do; *closed* those that will not, each with its reason.
    *overdue* is what the next tick drops of the slots that passed already. *ended_at* is the last slot of a schedule
    that ends before the later instant. *tight* counts neighbouring runs that are nearer than a run may take: forecast.
    """

    template: Template
    runs: tuple[Slot, ...]
    closed: tuple[Slot, ...] = ()
    overdue: tuple[due.Dropped, ...] = ()
    ended_at: datetime | None = None
    tight: int = 0

    @property
    def posts(self) -> int:
        """How many posts these runs make, when each makes what it may."""
        return len(self.runs) * self.template.count


@dataclass(frozen=True, slots=True)
class Decided:
    """What stands already for a slot: when its run is due, and why it will not run."""

    due_at: datetime
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Collision:
    """How often a run of *second* comes within the account's *gap* after one of *first*: forecast.

    They are names and may be the same. *first_at* is the first such slot of *second*; *nearest* is the least distance.
    *delay* is how long the last in the queue waits at worst, when every run posts at its slot.
    """

    account: str
    first: str
    second: str
    count: int
    first_at: datetime
    nearest: timedelta
    delay: timedelta
    gap: timedelta


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC: how many runs and posts there are, how many slots are closed and why, the first and last run."""

    day: date
    runs: int
    posts: int
    closed: tuple[tuple[Reason, int], ...]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the runs of one template change. Each moved run is its old and its new instant."""

    name: str
    kept: int
    moved: tuple[tuple[datetime, datetime], ...]
    added: tuple[datetime, ...]
    dropped: tuple[datetime, ...]


class Allowance:
    """How many slots a look ahead may go through, those of all its templates together."""

    def __init__(self, slots: int) -> None:
        self._slots = self._left = slots

    def take(self) -> None:
        """Count a slot. Raises InvalidInput when there were as many as there may be."""
        self._left -= 1
        if self._left < 0:
            reason = (
                f"more than {self._slots:,} slots lie before that; ask for an earlier or a shorter time, or for fewer"
            )
            raise InvalidInput([FieldError("days", f"{reason} templates")])


def look_ahead(
    stored: StoredTemplate,
    *,
    now: datetime,
    start: datetime,
    until: datetime,
    run_takes: timedelta,
    runs_before: int = 0,
    decided: Mapping[datetime, Decided] | None = None,
    pending: datetime | None = None,
    allowance: Allowance | None = None,
) -> Outlook:
    """Give what becomes of the template's slots in [*start*, *until*) when the clock runs from *now* on.

    A template that is not active is looked at as if it were resumed at *now*. *runs_before* counts the runs it has, for
    `max_runs`; *decided* are those of them that are still to come, and slots that will be skipped, by their slot;
    *pending* is as for `due.decide`. Only a template that skips on overlap has tight runs: nearer than *run_takes*.
    Raises InvalidInput when there are more slots until then than *allowance* has left.
    """
    ticks = _Ticks(stored, now, pending)
    limit = stored.template.schedule.max_runs
    known = dict(decided or {})
    met: list[Slot] = []
    had, last = runs_before, None
    for slot in takewhile(lambda each: each.at < until, ticks.slots()):
        if limit is not None and had >= limit:
            break
        if allowance is not None:
            allowance.take()
        last = slot.at
        if slot.at in known:
            slot = _as_decided(slot, known.pop(slot.at))
        elif slot.reason is None:
            had += 1
        met.append(slot)
    full = limit is not None and had >= limit
    met += [_as_decided(Slot(at), each) for at, each in known.items() if each.reason is None]
    within = sorted((slot for slot in met if start <= slot.at < until), key=lambda slot: slot.at)
    runs = tuple(slot for slot in within if slot.reason is None)
    tight = 0
    if stored.template.schedule.overlap is Overlap.SKIP:
        tight = sum(later.at - earlier.at < run_takes for earlier, later in pairwise(runs))
    closed = tuple(slot for slot in within if slot.reason is not None)
    return Outlook(stored.template, runs, closed, ticks.overdue, last if ticks.ended or full else None, tight)


def _as_decided(slot: Slot, known: Decided) -> Slot:
    if known.reason is not None:
        return replace(slot, reason=known.reason)
    return slot if known.due_at == slot.at else replace(slot, at=known.due_at, nominal=slot.nominal or slot.at)


class _Ticks:
    """The slots of a template as the planner meets them: what is overdue at the first tick, then each on time."""

    def __init__(self, stored: StoredTemplate, now: datetime, pending: datetime | None) -> None:
        self._pending = pending
        self._schedule = stored.template.schedule
        self._next = stored.state.next_slot_at or due.first_slot(self._schedule, now)
        self._now = now
        self.overdue: tuple[due.Dropped, ...] = ()
        self.ended = False

    def slots(self) -> Iterator[Slot]:
        late: list[Slot] = []
        following = self._next
        if following is not None and following < self._now:
            decision = due.decide(self._schedule, following, self._now, pending=self._pending)
            self.overdue, following = decision.dropped, decision.next_slot_at
            late = [Slot(self._now, decision.run.note, decision.run.at)] if decision.run else []
            late += [Slot(max(each.due_at, self._now), each.slot.note, each.slot.at) for each in decision.later]
        # From here on each tick is on time: `decide` runs an open slot at its instant and drops a closed one.
        on_time = iter(()) if following is None else due.slots(self._schedule, following, inclusive=True)
        yield from merge(late, on_time, key=lambda slot: slot.at) if late else on_time
        self.ended = True


def collisions(
    outlooks: Iterable[Outlook], spacing: timedelta, gaps: Mapping[str, timedelta] = MappingProxyType({})
) -> list[Collision]:
    """Give the runs of one account that come within its gap of the one before, or at its very instant, by pairs.

    *gaps* are the accounts' own, by their names in lower case; that of the others is *spacing*.
    """
    accounts: dict[str, list[list[tuple[datetime, str, int]]]] = defaultdict(list)
    for outlook in outlooks:
        runs = [(slot.at, outlook.template.name, outlook.template.count) for slot in outlook.runs]
        accounts[outlook.template.account.lower()].append(runs)
    found: dict[tuple[str, str, str], Collision] = {}
    for account, each in sorted(accounts.items()):
        gap = gaps.get(account, spacing)
        free_at: datetime | None = None
        for earlier, later in pairwise(chain([None], merge(*each))):
            assert later is not None
            at, name, count = later
            delay = max(free_at - at, _NONE) if free_at else _NONE
            free_at = at + delay + gap * count  # the posts of one run keep the gap as well
            if earlier is None or (at - earlier[0] >= gap * earlier[2] and at > earlier[0]):
                continue
            key = (account, earlier[1], name)
            new = Collision(account, earlier[1], name, 1, at, at - earlier[0], delay, gap)
            found[key] = _both(found[key], new) if key in found else new
    return sorted(found.values(), key=lambda one: (-one.count, one.account, one.first, one.second))


def _both(old: Collision, new: Collision) -> Collision:
    return Collision(
        old.account,
        old.first,
        old.second,
        old.count + 1,
        old.first_at,
        min(old.nearest, new.nearest),
        max(old.delay, new.delay),
        old.gap,
    )


def by_day(outlooks: Iterable[Outlook], start: datetime, until: datetime) -> list[Day]:
    """Give every day in UTC that [*start*, *until*) touches, those without runs too."""
    runs: dict[date, int] = Counter()
    posts: dict[date, int] = Counter()
    closed: dict[date, Counter[Reason]] = defaultdict(Counter)
    first: dict[date, datetime] = {}
    last: dict[date, datetime] = {}
    for outlook in outlooks:
        for slot in outlook.runs:
            day = slot.at.date()
            runs[day] += 1
            posts[day] += outlook.template.count
            first[day] = min(first.get(day, slot.at), slot.at)
            last[day] = max(last.get(day, slot.at), slot.at)
        for slot in outlook.closed:
            if slot.reason is not None:
                closed[slot.at.date()][slot.reason] += 1
    count = ((until - _MICROSECOND).date() - start.date()).days + 1
    days = (start.date() + timedelta(days=number) for number in range(count))
    return [
        Day(day, runs[day], posts[day], tuple(sorted(closed[day].items())), first.get(day), last.get(day))
        for day in days
    ]


def compare(name: str, before: Iterable[datetime], after: Iterable[datetime]) -> Comparison:
    """Compare the instants of a template's runs; of one day's runs the first that goes and the first that comes are
    one run that moves, and so on."""
    old, new = set(before), set(after)
    gone, come = _by_date(old - new), _by_date(new - old)
    moved, added, dropped = [], [], []
    for day in sorted(gone.keys() | come.keys()):
        leaving, coming = gone.get(day, []), come.get(day, [])
        both = min(len(leaving), len(coming))
        moved += list(zip(leaving[:both], coming[:both], strict=True))
        dropped += leaving[both:]
        added += coming[both:]
    return Comparison(name, len(old & new), tuple(moved), tuple(added), tuple(dropped))


def _by_date(moments: Iterable[datetime]) -> dict[date, list[datetime]]:
    days: dict[date, list[datetime]] = defaultdict(list)
    for moment in sorted(moments):
        days[moment.date()].append(moment)
    return days
