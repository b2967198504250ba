"""A steady stream of slots from many templates: how late each has its durable row, and how long the loop is blocked.

A daemon that only plans, as `ostinato daemon --role scheduler` does, runs for real: its heart, its planner and its
writer. A slot's lateness is the time from the slot to when the planner is told that the transaction with its run is on
disk. Beside it APScheduler's SQL job store with as many jobs, and the time from a slot to when its job runs.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TypeVar

from sqlalchemy import Connection, func, select

from benchmarks import draining, parts, peer, servers
from benchmarks.cells import Cell, in_turn
from benchmarks.servers import STORES, sqlalchemy_address
from benchmarks.ticking import ticking
from scheduler.delivery.roles import Role
from scheduler.planner import Planned
from storage.database import Database
from storage.tables import runs
from storage.writer import Writer

T = TypeVar("T")
PATIENCE = 60.0  # seconds after the last slot for all to be planned
PERCENT = 99
LATE, BLOCKED = "late_ms", "blocked_ms"  # what is measured; so begin the names of the cells


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* are kept, of which *per_second* come due in each of *seconds*."""

    templates: int = 100_000
    per_second: int = 1_000
    seconds: int = 20
    repeats: int = 3
    head_start: float = 6.0

    @property
    def slots(self) -> int:
        return self.per_second * self.seconds


QUICK = Sizes(templates=300, per_second=100, seconds=1, repeats=1, head_start=2.0)


@dataclass(frozen=True, slots=True)
class Measured:
    late_ms: float
    blocked_ms: float


class WatchedWriter(Writer):
    """Remembers when each plan was on disk, and how many runs it made."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.planned: list[tuple[datetime, int]] = []

    async def call(self, function: Callable[[Connection], T]) -> T:
        result = await super().call(function)
        if isinstance(result, Planned) and result.runs:
            self.planned.append((parts.now(), result.runs))
        return result


def cells(sizes: Sizes) -> Iterator[tuple[str, Cell]]:
    """Measure on each store; give each cell with its name among the figures."""
    there = peer.APSCHEDULER_SQL in peer.present([peer.APSCHEDULER_SQL])
    title = peer.APSCHEDULER_SQL.title
    with servers.postgresql() as server:
        for store in STORES:
            ours: list[Measured] = []
            its: list[Measured] = []
            act = partial(_once, server, store, partial(measured, sizes=sizes), ours)
            peer_act = partial(_once, server, store, partial(peer_measured, sizes=sizes), its)
            in_turn(sizes.repeats, act, peer_act if there else None)
            load = f"{sizes.templates:,} templates, {sizes.per_second:,} slots/s, {store}"
            for name, words in ((LATE, f"late p{PERCENT}"), (BLOCKED, "event loop blocked, longest")):
                mine, its_own = ([getattr(one, name) for one in each] for each in (ours, its))
                yield f"{name}_{store}", Cell(f"{words}: {load}", "ms", mine, title, its_own, less_is_better=True)


def worst(measured: Mapping[str, Cell], named: str) -> float:
    """Give the largest of our figures in the cells whose name begins with *named*."""
    return round(max(statistics.median(cell.ours) for name, cell in measured.items() if name.startswith(named)), 1)


def _once(server: servers.PostgreSQL, store: str, act: Callable[[str], Measured], found: list[Measured]) -> float:
    with servers.database(store, server) as url:
        found.append(act(url))
    return found[-1].late_ms


def measured(url: str, *, sizes: Sizes) -> Measured:
    """Let the slots come to a daemon on a new database."""
    database = parts.new_database(url)
    far = parts.now() + parts.FAR
    parts.add_templates(database, ((parts.template(n, far), far) for n in range(sizes.slots, sizes.templates)))
    draining.warm_up(database)
    start = parts.now() + timedelta(seconds=sizes.head_start)
    slots = [start + timedelta(seconds=number / sizes.per_second) for number in range(sizes.slots)]
    shuffled = Random(1).sample(slots, len(slots))
    parts.add_templates(database, ((parts.template(n, at), at) for n, at in enumerate(shuffled)))
    try:
        return asyncio.run(_let_them_come(database, slots))
    finally:
        database.close()


async def _let_them_come(database: Database, slots: list[datetime]) -> Measured:
    writer = WatchedWriter(database)
    async with parts.running(database, workers=1, writer=writer, role=Role.SCHEDULER):
        if parts.now() >= slots[0]:
            raise SystemExit("the machine is too busy: the first slots came before the daemon had started")
        await asyncio.sleep((slots[0] - parts.now()).total_seconds() - 0.5)
        async with ticking() as blocked, asyncio.timeout((slots[-1] - parts.now()).total_seconds() + PATIENCE):
            while sum(count for _, count in writer.planned) < len(slots):
                await asyncio.sleep(0.1)
    with database.read() as connection:
        made = connection.execute(select(func.count()).select_from(runs).where(runs.c.slot_at >= slots[0]))
        assert made.scalar_one() == len(slots)
    return Measured(percentile(_lateness(slots, writer.planned)), blocked.longest_ms)


def _lateness(slots: list[datetime], planned: list[tuple[datetime, int]]) -> list[float]:
    """Give the milliseconds of each slot; the planner takes them in their order."""
    on_disk = [at for at, count in planned for _ in range(count)]
    return [1000 * (at - slot).total_seconds() for slot, at in zip(slots, on_disk, strict=True)]


def percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[PERCENT - 1]


def peer_measured(url: str, *, sizes: Sizes) -> Measured:
    figures = peer.APSCHEDULER_SQL.run(
        url=sqlalchemy_address(url),
        jobs=sizes.templates,
        due=sizes.slots,
        per_second=sizes.per_second,
        head_start=sizes.head_start,
    )
    return Measured(percentile(figures["late_ms"]), figures["blocked_ms"])
