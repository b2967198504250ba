"""What the health port shows: one look at the daemon and at SQL, judged, and the numbers for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.event_tail import EventTail
from scheduler.health import Finding, findings
from scheduler.metrics import Metrics
from scheduler.pulse import Pulse
from scheduler.vitals import Vitals, look
from storage.database import Database

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds that SQL has to answer


class Watching:
    """Looks when asked, in a thread of its own: a database that hangs takes none of the daemon's."""

    def __init__(
        self,
        *,
        database: Database,
        pulse: Pulse,
        metrics: Metrics,
        writer_alive: Callable[[], bool],
        clock: Callable[[], datetime],
        writer_failing: Callable[[], str | None] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        self._database = database
        self._pulse = pulse
        self._metrics = metrics
        self._writer_alive = writer_alive
        self._writer_failing = writer_failing
        self._clock = clock
        self._patience = patience
        self._planned = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watching")
        with database.read() as connection:
            self._tail = EventTail(connection)

    def close(self) -> None:
        """Look no more; wait for the look in progress, whose connection must be back before the database is closed."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def health(self) -> tuple[bool, dict[str, Any]]:
        """Say whether all is green, with each check as JSON."""
        found, _ = await self._look(count=False)
        green = all(each.ok for each in found)
        checks = [{"check": each.check, "ok": each.ok, "detail": each.detail} for each in found]
        return green, {"status": "green" if green else "red", "checks": checks}

    async def metrics(self) -> bytes:
        """Give the metrics as Prometheus text."""
        found, vitals = await self._look(count=True)
        planned = self._pulse.planned
        self._metrics.count_planned(planned - self._planned)
        self._planned = planned
        return self._metrics.page(found, vitals)

    async def _look(self, *, count: bool) -> tuple[tuple[Finding, ...], Vitals | None]:
        now = self._clock()
        vitals: Vitals | None = None
        try:
            async with asyncio.timeout(self._patience):
                vitals = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, now, count)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("watching.no_answer", error=str(error) or "timed out")
        waiting = vitals.waiting if vitals else None
        found = findings(
            now,
            idle=self._pulse.idle,
            writer_alive=self._writer_alive(),
            writer_failing=self._writer_failing(),
            waiting=waiting,
            outdated=self._pulse.outdated,
        )
        return found, vitals

    def _read(self, now: datetime, count: bool) -> Vitals:
        with self._database.read() as connection:
            if count:  # here and not after the look: what was read is counted even when nobody waits any more
                self._metrics.count_events(self._tail.read(connection))
            return look(connection, now)
