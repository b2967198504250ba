"""APScheduler as a heartbeat: a handful of jobs, each saying when it wants to beat again, each of which can be woken.

It knows nothing of templates, and restarting it loses nothing: the truth about time is in SQL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

Beat = Callable[[datetime], Awaitable[datetime | None]]
AFTER_ERROR = timedelta(seconds=5)


@dataclass(slots=True)
class _Job:
    beat: Beat
    longest: timedelta
    running: bool = False
    woken: bool = False


class Heartbeat:
    """Runs named beats.

    A beat is given the time and returns when it wants to be next, or None for "as late as allowed".
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def add(self, name: str, beat: Beat, *, longest: timedelta) -> None:
        """Add a beat; it comes at least every *longest*, the first time at start."""
        self._jobs[name] = _Job(beat, longest)

    def start(self) -> None:
        """Start beating. Needs a running event loop."""
        for name in self._jobs:
            self._arm(name, self._clock())
        self._scheduler.start()

    def stop(self) -> None:
        """Beat no more. A beat in progress goes on to its end."""
        for job in self._jobs.values():
            job.running = True  # nothing re-arms or wakes from here on
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def wake(self, name: str) -> None:
        """Let *name* beat at once; while it is beating, once more right after. Many calls count as one."""
        job = self._jobs[name]
        if job.woken:
            return
        job.woken = True
        if not job.running and self._scheduler.running:
            self._arm(name, self._clock())

    def _arm(self, name: str, at: datetime) -> None:
        self._scheduler.add_job(
            self._run, "date", run_date=at, args=[name], id=name, replace_existing=True, misfire_grace_time=None
        )

    async def _run(self, name: str) -> None:
        job = self._jobs[name]
        if job.running:
            return
        job.running = True
        job.woken = False
        now = self._clock()
        try:
            wanted = await job.beat(now)
        except Exception:  # one failing beat must not stop the heart; it is logged and tried again
            log.exception("heartbeat.error", beat=name)
            wanted = self._clock() + AFTER_ERROR
        if not self._scheduler.running:
            return
        job.running = False
        latest = self._clock() + job.longest
        self._arm(name, self._clock() if job.woken else min(wanted or latest, latest))
