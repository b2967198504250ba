"""Procrastinate's workers in this process, and the jobs that were lost with others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import uniform
from typing import TYPE_CHECKING, Any

import structlog

from scheduler.runner import DATABASE_TROUBLE
from storage.database import Database

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.jobs import Job
    from procrastinate.manager import JobManager
    from procrastinate.worker import Worker
    from psycopg import AsyncConnection

log = structlog.get_logger(__name__)

LOOK_EVERY = 0.5  # seconds, on the average, between looks for jobs whose time has come; of the others PostgreSQL tells
AGAIN = 1.0  # seconds before workers that have lost their connections start anew
STOP_WITHIN = 3.0  # seconds in which a worker that is to end waits for its jobs
SIGN_OFF_WITHIN = 1.0  # seconds that it has then to say so to PostgreSQL, which may be away
CONNECTIONS = 4
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # by any clock: the database's decides when a job comes, and not this one's
KEEP_HOURS = 7 * 24  # how long jobs are kept that did not succeed; the others go at once


@dataclass(frozen=True, slots=True)
class Task:
    """What a job of one queue does, and how many of them at once."""

    queue: str
    name: str
    work: Callable[..., Awaitable[None]]
    at_once: int


class JobWorkers:
    """One worker for each of *tasks*, from `open` to `close`. *lease* is how long a silent one keeps its jobs."""

    def __init__(self, database: Database, tasks: Sequence[Task], lease: timedelta) -> None:
        self._database = database
        self._tasks = tasks
        self._lease = lease.total_seconds()
        self._closing = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None  # workers that take no more, until their jobs have ended
        self._app: App | None = None
        self._workers: list[Worker] = []
        self._at_work: set[int] = set()  # jobs
        self._unknown: set[int | None] = set()  # jobs that the last look found under these workers, and not at work

    def open(self) -> None:
        """Start to look for jobs."""
        self._working = asyncio.create_task(self._keep_working())

    def pause(self) -> None:
        """Take no more until the next `rescue`."""
        if self._working is not None:
            self._working.cancel()
            self._ending, self._working = self._working, None

    async def close(self) -> None:
        """Take no more; return when the jobs in progress have ended, or were cut off."""
        self._closing.set()
        self.pause()
        await self._end()

    async def rescue(self, now: datetime) -> None:
        """Give the jobs of workers that have died or frozen to others, and those whose end was lost."""
        del now  # the database's clock decides
        if self._working is None:
            await self._end()  # or there would be two sets of workers, with twice as many jobs at once
            self.open()
        if self._app is None:
            return
        manager = self._app.job_manager
        late = await manager.get_stalled_jobs(seconds_since_heartbeat=self._lease)
        for job in [*late, *await self._forgotten(manager)]:
            log.warning("job.stalled", job=job.call_string)
            await retry(manager, job)

    async def forget(self, now: datetime) -> None:
        """Remove the jobs that did not succeed and were kept for long enough; the others went at once."""
        del now  # the database's clock decides
        if self._app is not None:
            manager = self._app.job_manager
            await manager.delete_old_jobs(KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)

    async def _end(self) -> None:
        """Wait for workers that take no more, as far as a few seconds allow."""
        if self._ending is None:
            return
        patience = SIGN_OFF_WITHIN + (STOP_WITHIN if self._at_work else 0)
        _, late = await asyncio.wait([self._ending], timeout=patience)
        if late:
            self._ending.cancel()
            await asyncio.wait([self._ending], timeout=SIGN_OFF_WITHIN)
        self._ending = None

    async def _keep_working(self) -> None:
        """Run Procrastinate's workers, and others when those have lost their connections."""
        while not self._closing.is_set():
            try:
                async with self._opened() as app:
                    await _until_one_ends([asyncio.create_task(self._run_worker(app, task)) for task in self._tasks])
            except Exception as error:  # noqa: BLE001 - the database is away for a while
                log.warning("jobs.lost", error=str(error).split("\n", 1)[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), AGAIN)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[App]:
        from procrastinate import App, PsycopgConnector

        from storage.patience import impatient_in_loop

        connector = PsycopgConnector(
            conninfo=self._database.conninfo,
            connection_class=impatient_in_loop(self._database.silence),
            configure=_in_haste,
            min_size=1,
            max_size=CONNECTIONS,
        )
        app = App(connector=connector)
        for task in self._tasks:
            app.task(name=task.name, pass_context=True)(self._noted(task.work))
        async with app.open_async():
            self._app = app
            try:
                yield app
            finally:
                self._app = None

    async def _run_worker(self, app: App, task: Task) -> None:
        from procrastinate.worker import Worker

        worker = Worker(
            app,
            queues=[task.queue],
            concurrency=task.at_once,
            fetch_job_polling_interval=LOOK_EVERY,
            abort_job_polling_interval=self._lease,
            update_heartbeat_interval=self._lease / 3,
            stalled_worker_timeout=self._lease,
            shutdown_graceful_timeout=STOP_WITHIN,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
        self._workers.append(worker)
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        finally:
            self._workers.remove(worker)

    def _noted(self, work: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Give *work* so that its job is known meanwhile, and what the database refuses is left to the sweep."""

        async def noted(context: JobContext, **words: Any) -> None:
            assert context.job.id is not None
            self._at_work.add(context.job.id)
            try:
                await work(**words)
            except DATABASE_TROUBLE as error:
                log.warning("job.left", job=context.job.call_string, error=str(error).split("\n", 1)[0])
            finally:
                self._at_work.discard(context.job.id)
                for worker in self._workers:  # later than others, or the same process would be first each time
                    worker.fetch_job_polling_interval = LOOK_EVERY * uniform(1, 2)  # noqa: S311

        return noted

    async def _forgotten(self, manager: JobManager) -> list[Job]:
        """Give the jobs that stand under this process's workers and that are not at work, now as at the last look.

        They have ended; that could not be written down because the connection was lost just then.
        """
        mine = [worker.worker_id for worker in self._workers if worker.worker_id is not None]
        standing = [job for each in mine for job in await manager.list_jobs_async(worker_id=each, status="doing")]
        unknown = {job.id for job in standing} - self._at_work
        before, self._unknown = self._unknown, unknown
        return [job for job in standing if job.id in unknown & before]


async def retry(manager: JobManager, job: Job) -> None:
    """Let a job whose worker is gone be taken up again; one that another of its account waits behind makes way."""
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Status

    with suppress(ConnectorException):  # it has ended meanwhile, or somebody else has done this
        try:
            await manager.retry_job(job, retry_at=LONG_AGO)
        except UniqueViolation:
            await manager.finish_job(job, Status.FAILED, delete_job=True)


async def _in_haste(connection: AsyncConnection) -> None:
    """Do not wait for the disk: a job that was taken, or done, before a power cut comes once more and does no harm."""
    await connection.execute("SET synchronous_commit TO off")
    await connection.commit()


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
