"""A day of a fleet, event by event: slots are planned, worked on and posted, at stations with measured times. Pure.

Each station takes its customers in the order of their slots, so one loop over them is the whole simulation.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

DAY, HOUR = 86_400.0, 3_600.0
BATCH = 500  # slots in one transaction of the planner
NINE = 9 * HOUR
AT_NINE, AT_ROUND = 0.25, 0.35  # shares of a day with peaks; the rest is spread over it
ROUND = tuple(HOUR * half / 2 for half in range(14, 45))  # full and half hours from 07:00 to 22:00

Moments = list[float]


class Shape(StrEnum):
    """When the slots of a day are: with peaks as people choose clock times, or spread over the day."""

    PEAKS = "peaks"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of service. *plan* of the writer for a slot, *commit* for a batch of them, *cpu* of a worker for a run.

    *database* is how long a run has the one writer of the whole fleet; *waits* is what a run waits for others before it
    posts (pages, a model, scores), *post* how long the post itself takes.
    """

    plan: float
    commit: float
    cpu: float
    database: float
    waits: float
    post: float


@dataclass(frozen=True, slots=True)
class Tier:
    """The API key's write tier: *limit* requests in each *window* of seconds, of which *reserved* are for posts alone.

    A run makes *scores* requests for scores and one for its post.
    """

    limit: int = 30
    window: float = 60.6  # with the margin that the client leaves
    reserved: int = 10
    scores: int = 2

    @property
    def runs(self) -> int:
        """How many whole runs a window has room for."""
        posts = self.limit // (self.scores + 1)
        return max(1, min(posts, (self.limit - self.reserved) // self.scores) if self.scores else self.limit)

    def times(self, many: int) -> Tier:
        """Give the tier of a key that may do so many times as much, or of so many keys."""
        return Tier(self.limit * many, self.window, self.reserved * many, self.scores)


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many *workers*, each with so many runs in flight; one of them plans as well."""

    workers: int
    in_flight: int = 64


def slots_of_a_day(count: int, shape: Shape, seed: int = 1) -> Moments:
    """Give the seconds of *count* slots from midnight on, in order."""
    chance = np.random.default_rng(seed)
    if shape is Shape.SPREAD:
        return sorted(chance.uniform(0, DAY, count).tolist())
    nine, round_ = int(count * AT_NINE), int(count * AT_ROUND)
    anywhere = chance.uniform(0, DAY, count - nine - round_).tolist()
    return sorted([NINE] * nine + chance.choice(ROUND, round_).tolist() + anywhere)


def planned(slots: Moments, times: Times, batch: int = BATCH) -> Moments:
    """Give when each slot has its run on disk: the planner takes what is due, at most a batch, and commits it."""
    done: Moments = []
    free, count = 0.0, len(slots)
    while len(done) < count:
        first = len(done)
        begin = max(free, slots[first])
        last = bisect_right(slots, begin, first, min(first + batch, count))
        free = begin + (last - first) * times.plan + times.commit
        done.extend([free] * (last - first))
    return done


def worked(ready: Moments, times: Times, fleet: Fleet) -> Moments:
    """Give when each run wants to post: it had a place in flight, a worker's processor, the writer, and has waited.

    Planning keeps the writer busy as well, so its share stands in the way of each run.
    """
    places = fleet.workers * fleet.in_flight
    processors, writer = [0.0] * fleet.workers, 0.0
    writing = times.database + times.plan
    done: Moments = []
    for number, at in enumerate(ready):
        begin = max(at, done[number - places]) if number >= places else at
        worker = number % fleet.workers
        processors[worker] = begin = max(begin, processors[worker]) + times.cpu
        writer = max(begin, writer) + writing
        done.append(writer + times.waits)
    return done


def permitted(wanted: Moments, per_window: int, window: float) -> Moments:
    """Give when each run may post: so many in a window, which begins with the first one after the last window's end."""
    given: Moments = []
    end = before = float("-inf")
    used = 0
    for at in wanted:
        begin = max(at, before)
        if begin >= end:
            end, used = begin + window, 0
        elif used == per_window:
            begin, end, used = end, end + window, 0
        used += 1
        before = begin
        given.append(begin)
    return given


def lateness(slots: Moments, done: Moments, times: Times) -> tuple[float, float]:
    """Give the median and the 99th percentile of the seconds from a slot to its post."""
    late = np.asarray(done) + times.post - np.asarray(slots)
    return float(np.median(late)), float(np.quantile(late, 0.99))


def loads(slots: Moments, times: Times, fleet: Fleet, tier: Tier) -> dict[str, float]:
    """Give what the busiest hour asks of each station, as a share of what it can do in an hour: above 1 it piles up."""
    counted, _ = np.histogram(slots, bins=24, range=(0, DAY))
    busiest = int(counted.max())
    held = times.cpu + times.database + times.waits
    return {
        "write tier": busiest / (tier.runs * HOUR / tier.window),
        "database's writer": busiest * (times.plan + times.database) / HOUR,
        "workers' processors": busiest * times.cpu / (fleet.workers * HOUR),
        "runs in flight": busiest * held / (fleet.workers * fleet.in_flight * HOUR),
    }


def workers_needed(ready: Moments, slots: Moments, times: Times, soon: float = 60.0) -> int:
    """Give how many workers it takes for a p99 lateness of *soon* seconds, in powers of two.

    Fewer, where twice as many would not make it a tenth less.
    """

    def p99(workers: int) -> float:
        return lateness(slots, worked(ready, times, Fleet(workers)), times)[1]

    workers, now = 1, p99(1)
    while now > soon and (better := p99(2 * workers)) < 0.9 * now:
        workers, now = 2 * workers, better
    return workers


def keys_needed(wanted: Moments, slots: Moments, times: Times, tier: Tier, within: float) -> int:
    """Give how many times the tier it takes for a p99 lateness of *within* seconds; it must be possible without one."""

    def enough(many: int) -> bool:
        given = permitted(wanted, tier.times(many).runs, tier.window)
        return lateness(slots, given, times)[1] <= within

    most = 1
    while not enough(most):
        most *= 2
    least = most // 2 + 1
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle + 1, most)
    return most
