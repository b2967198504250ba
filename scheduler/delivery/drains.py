"""Procrastinate's workers in this process: they bring batches of runs to be written, and accounts to be emptied.

A job is done when what it names was claimed, or was there no more: from then on the ledger's leases say whose it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from scheduler.crew import Claimed, Crew
from scheduler.delivery.heads import Heads
from scheduler.delivery.turns import SharedLanes
from storage import jobs, runs
from storage.database import Database

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job

log = structlog.get_logger(__name__)

LOOK_EVERY = 0.5  # seconds between looks for jobs whose time has come; the others are told of
AGAIN = 1.0  # seconds before a worker that has lost its connection starts anew
STOP_WITHIN = 3.0  # seconds in which a worker that is to end waits for its jobs
CONNECTIONS = 4
KEEP_HOURS = 7 * 24  # how long jobs are kept that did not succeed; the others go at once


class Drains:
    """What brings this process of a fleet its runs, from `open` to `close`."""

    def __init__(self, database: Database, crew: Crew, lanes: SharedLanes) -> None:
        self._database = database
        self._crew = crew
        self._heads = Heads(crew, lanes)
        self._writing: set[asyncio.Task[None]] = set()  # runs that came in a batch
        self._room = asyncio.Event()
        self._closing = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._app: App | None = None
        lanes.hand_over = self._heads.hand_over

    async def open(self) -> None:
        """Start to look for jobs."""
        self._room.set()
        self._working = asyncio.create_task(self._keep_working())

    async def close(self) -> None:
        """Take no more; return when the jobs in progress have ended, or were cut off."""
        self._closing.set()
        self._room.set()
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def rescue(self, now: datetime) -> None:
        """Give the jobs of workers that have died or frozen to others."""
        if self._app is None:
            return
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._crew.leases.lease.total_seconds()):
            await retry(self._app, job, now)

    async def forget(self, now: datetime) -> None:
        """Remove the jobs that did not succeed and were kept for long enough; the others went at once."""
        del now  # the database's clock decides
        if self._app is not None:
            manager = self._app.job_manager
            await manager.delete_old_jobs(KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)

    async def _keep_working(self) -> None:
        """Run Procrastinate's workers, and others when those have lost their connections."""
        while not self._closing.is_set():
            try:
                async with self._opened() as app:
                    both = [
                        asyncio.create_task(self._run_worker(app, jobs.SHARDS, 1)),
                        asyncio.create_task(self._run_worker(app, jobs.ACCOUNTS, self._crew.workers)),
                    ]
                    await _until_one_ends(both)
            except Exception as error:  # noqa: BLE001 - the database is away for a while
                log.warning("jobs.lost", error=str(error).split("\n", 1)[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), AGAIN)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[App]:
        from procrastinate import App, PsycopgConnector

        app = App(connector=PsycopgConnector(conninfo=self._database.conninfo, min_size=1, max_size=CONNECTIONS))
        app.task(name=jobs.DRAIN_SHARD)(self.drain_shard)
        app.task(name=jobs.DRAIN_ACCOUNT)(self.drain_account)
        async with app.open_async():
            self._app = app
            try:
                yield app
            finally:
                self._app = None

    async def _run_worker(self, app: App, queue: str, at_once: int) -> None:
        lease = self._crew.leases.lease.total_seconds()
        await app.run_worker_async(
            queues=[queue],
            concurrency=at_once,
            fetch_job_polling_interval=LOOK_EVERY,
            abort_job_polling_interval=lease,
            update_heartbeat_interval=lease / 3,
            stalled_worker_timeout=lease,
            shutdown_graceful_timeout=STOP_WITHIN,
            delete_jobs="successful",
            install_signal_handlers=False,
        )

    async def drain_shard(self, run_ids: list[str]) -> None:
        """Claim those of *run_ids* that are still to be written, as there is room; hand on what is too many."""
        mine, rest = run_ids[: self._crew.workers], run_ids[self._crew.workers :]
        while mine and not self._closing.is_set():
            room = await self._wait_for_room()
            batch, mine = mine[:room], mine[room:]
            since = self._crew.monotonic()
            claimed = await self._crew.writer.call(partial(self._claim, batch=batch, rest=rest))
            rest = []
            for each in claimed:
                self._write(each, since)
        if mine:
            await self._crew.writer.call(partial(jobs.defer_shards, run_ids=mine))
        await self._wait_for_room()  # while there is none, no other batch is taken

    async def drain_account(self, account: str) -> None:
        """Work on what waits for *account*, one run after the other in slot order, until nothing of it may go."""
        worked: str | None = None
        while not self._closing.is_set():
            work = await self._heads.next(account, worked)
            if work is None:
                return
            worked, task = work
            await asyncio.wait([task])
        await self._crew.writer.call(partial(jobs.defer_accounts, accounts=[account]))

    async def _wait_for_room(self) -> int:
        while len(self._writing) >= self._crew.workers and not self._closing.is_set():
            self._room.clear()
            await self._room.wait()
        return max(1, self._crew.workers - len(self._writing))

    def _claim(self, connection: Connection, *, batch: Sequence[str], rest: Sequence[str]) -> list[Claimed]:
        leases = self._crew.leases
        jobs.defer_shards(connection, rest)
        claimed = runs.claim(
            connection,
            owner=leases.owner,
            now=self._crew.clock(),
            lease=leases.lease,
            limit=len(batch),
            held=leases.held,
            only=batch,
        )
        return self._crew.with_templates(connection, claimed)

    def _write(self, claimed: Claimed, since: float) -> None:
        task = self._crew.start(claimed, since)
        if task is not None:
            self._writing.add(task)
            task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        self._room.set()


async def retry(app: App, job: Job, now: datetime) -> None:
    """Let a job whose worker is gone be taken up again; one that another of its account waits behind makes way."""
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Status

    with suppress(ConnectorException):  # it has ended meanwhile, or somebody else has done this
        try:
            await app.job_manager.retry_job(job, retry_at=now)
        except UniqueViolation:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def _until_one_ends(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the first of *tasks* to end, and end the others. Raises what it ended with."""
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()
