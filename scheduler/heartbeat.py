"""APScheduler as a heartbeat: a handful of jobs, each saying when it wants to beat again, each of which can be woken.

It knows nothing of templates, and restarting it loses nothing: the truth about time is in SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

Beat = Callable[[datetime], Awaitable[datetime | None]]
AFTER_ERROR = timedelta(seconds=5)
INSTANCES = 10  # a beat arms the next as its last act, and APScheduler may still count it as running then


@dataclass(slots=True)
class _Job:
    beat: Beat
    longest: timedelta
    armed_for: datetime | None = None
    running: asyncio.Task[None] | None = None
    woken: bool = False


class Heartbeat:
    """Runs named beats.

    A beat is given the time and returns when it wants to be next, or None for "as late as allowed".
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._beating = False

    def add(self, name: str, beat: Beat, *, longest: timedelta) -> None:
        """Add a beat; it comes at least every *longest*, the first time at start."""
        self._jobs[name] = _Job(beat, longest)

    def start(self) -> None:
        """Start beating. Needs a running event loop."""
        self._beating = True
        self._scheduler.start()
        for name in self._jobs:
            self.wake(name)

    async def stop(self) -> None:
        """Beat no more; return when the beats in progress have come to their end."""
        self._beating = False
        self._scheduler.shutdown(wait=False)
        running = [job.running for job in self._jobs.values() if job.running is not None]
        await asyncio.gather(*running)

    def wake(self, name: str) -> None:
        """Let *name* beat at once; while it is beating, once more right after. Many calls count as one."""
        job = self._jobs[name]
        job.woken = True
        if job.running is None and self._beating:
            job.running = asyncio.get_running_loop().create_task(self._run(name, job))

    async def _due(self, name: str) -> None:
        """What APScheduler calls."""
        self._jobs[name].armed_for = None
        self.wake(name)

    async def _run(self, name: str, job: _Job) -> None:
        wanted: datetime | None = None
        while job.woken and self._beating:
            job.woken = False
            try:
                wanted = await job.beat(self._clock())
            except Exception:  # one failing beat must not stop the heart; it is logged and tried again
                log.exception("heartbeat.error", beat=name)
                wanted = self._clock() + AFTER_ERROR
        job.running = None
        if self._beating:
            latest = self._clock() + job.longest
            self._arm(name, job, min(wanted or latest, latest))

    def _arm(self, name: str, job: _Job, at: datetime) -> None:
        """Have APScheduler call at *at*; a call that comes earlier anyway is left to come."""
        if job.armed_for is not None and job.armed_for <= at:
            return
        job.armed_for = at
        self._scheduler.add_job(
            self._due,
            "date",
            run_date=at,
            args=[name],
            id=name,
            replace_existing=True,
            misfire_grace_time=None,  # however late a beat is, it comes
            max_instances=INSTANCES,
        )
