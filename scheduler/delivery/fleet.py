"""One of many processes on one PostgreSQL database. What they must agree on stands in SQL, under leases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from scheduler.crew import Crew
from scheduler.delivery.drains import Drains
from scheduler.delivery.ears import Ears
from scheduler.delivery.job_workers import JobWorkers, Task
from scheduler.delivery.turns import SharedLanes
from scheduler.heartbeat import Beat
from scheduler.planner import Planned
from storage import beats, deliveries, jobs
from storage.database import Database
from storage.deliveries import DueDelivery
from storage.writer import Writer

log = structlog.get_logger(__name__)

LINE_LEASE = timedelta(seconds=90)  # an attempt is begun in its first half, and cut off after 30 s at most
BEAT_LEASE = timedelta(minutes=2)
SWEEP_EVERY = timedelta(seconds=1)
REST = 0.1  # seconds between two sweeps when something has woken them


class LeasedLines:
    """Lines of which this process leases the heads that it sends."""

    def __init__(self, writer: Writer, monotonic: Callable[[], float], lease: timedelta = LINE_LEASE) -> None:
        self._writer = writer
        self._monotonic = monotonic
        self._lease = lease
        self._since: dict[str, float] = {}

    async def take(self, due: list[DueDelivery], now: datetime) -> list[DueDelivery]:
        """Give those of *due* that no other process sends, leased to this one."""
        if not due:
            return []
        since = self._monotonic()
        wanted = [one.delivery.id for one in due]
        ours = await self._writer.call(partial(deliveries.lease, delivery_ids=wanted, lease=self._lease, now=now))
        self._since = {name: at for name, at in self._since.items() if since - at < self._lease.total_seconds()}
        self._since.update(dict.fromkeys(ours, since))
        return [one for one in due if one.delivery.id in ours]

    def keeps(self, delivery_id: str) -> bool:
        """Tell whether a whole attempt still fits into the lease: a frozen process must not send late."""
        since = self._since.get(delivery_id)
        return since is not None and self._monotonic() - since < self._lease.total_seconds() / 2


class Fleet:
    """What one process of a fleet has of the whole. *owner* is its name, made anew at each boot."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        lanes: SharedLanes,
        owner: str,
        monotonic: Callable[[], float],
    ) -> None:
        self.lanes = lanes
        self.lines = LeasedLines(writer, monotonic)
        self._database = database
        self._writer = writer
        self._owner = owner
        self._monotonic = monotonic
        self._ears = Ears(database)
        self._drains: Drains | None = None
        self._workers: JobWorkers | None = None
        self._rests_until = 0.0

    async def plan(self, writer: Writer, plan: Callable[[Connection], Planned]) -> Planned:
        """Do *plan* beside other planners: each takes the templates that no other has taken."""
        del writer  # it writes beside nobody
        return await asyncio.to_thread(self._plan_beside, plan)

    def deliver(self, connection: Connection, run_ids: Sequence[str]) -> None:
        """Defer jobs for the runs, in the transaction that planned them."""
        jobs.defer_shards(connection, run_ids)

    def beats(self, crew: Crew, wake: Callable[[], None]) -> Mapping[str, tuple[Beat, timedelta]]:
        """Give the beats that find what no job covers, jobs that nobody works on any more, and old ones."""
        del wake  # jobs come by themselves
        drains = self._drains = Drains(crew, self.lanes, self._pause)
        tasks = (
            Task(jobs.SHARDS, jobs.DRAIN_SHARD, drains.drain_shard, 1),
            Task(jobs.ACCOUNTS, jobs.DRAIN_ACCOUNT, drains.drain_account, crew.workers),
        )
        workers = self._workers = JobWorkers(self._database, tasks, crew.leases.lease)
        return {
            "work": (self._sweep, SWEEP_EVERY),
            "stalled jobs": (workers.rescue, crew.leases.lease / 3),
            "old jobs": (self.alone("old jobs", workers.forget), timedelta(hours=1)),
        }

    async def open(self, wake: Callable[[], None]) -> None:
        """Work on jobs; call *wake* when another process has planned something or was asked for a run."""
        self._ears.open(wake)
        if self._workers is not None:
            self._workers.open()

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* so that one process at a time does it, and another when that one has not come back in time."""

        async def taken(now: datetime) -> datetime | None:
            take = partial(beats.take, name=name, holder=self._owner, lease=BEAT_LEASE, now=now)
            return await beat(now) if await self._writer.call(take) else None

        return taken

    async def close(self) -> None:
        """Take no more jobs, and listen no more."""
        self._ears.close()
        if self._drains is not None and self._workers is not None:
            self._drains.close()
            await self._workers.close()
            await self._drains.settled()

    def _plan_beside(self, plan: Callable[[Connection], Planned]) -> Planned:
        with self._database.write_beside() as connection:
            return plan(connection)

    def _pause(self) -> None:
        if self._workers is not None:
            self._workers.pause()

    async def _sweep(self, now: datetime) -> datetime | None:
        """Defer jobs for what no job covers. It rests for twenty times as long as the look took."""
        started = self._monotonic()
        if started < self._rests_until:
            return now + timedelta(seconds=self._rests_until - started)
        if await asyncio.to_thread(self._look, now):
            covered = await self._writer.call(partial(jobs.cover, now=now))
            log.info("jobs.covered", runs=len(covered.run_ids), accounts=len(covered.accounts))
        self._rests_until = self._monotonic() + max(REST, (self._monotonic() - started) * 20)
        return None

    def _look(self, now: datetime) -> bool:
        with self._database.read() as connection:
            return bool(jobs.lost(connection, now))
