"""One process that has the database to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from scheduler.crew import Claimed, Crew
from scheduler.heartbeat import Beat
from scheduler.lanes import Lanes
from scheduler.planner import Planned
from storage import runs
from storage.deliveries import DueDelivery
from storage.writer import Writer

REFILL_BELOW = 0.75  # of the workers: claims in handfuls cost less than one by one


class OwnLines:
    """All lines are this process's."""

    async def take(self, due: list[DueDelivery], now: datetime) -> list[DueDelivery]:
        del now
        return due

    def keeps(self, delivery_id: str) -> bool:
        del delivery_id
        return True


class Embedded:
    """Everything is this process's, and nobody else has anything to tell: it claims what is due."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.lines = OwnLines()

    async def plan(self, writer: Writer, plan: Callable[[Connection], Planned]) -> Planned:
        """Do *plan* in the next batch of the writer."""
        return await writer.call(plan)

    def deliver(self, connection: Connection, run_ids: Sequence[str]) -> None:
        """Do nothing: what is due is found by claiming."""

    def beats(self, crew: Crew, wake: Callable[[], None]) -> Mapping[str, tuple[Beat, timedelta]]:
        """Give the beat that claims runs while there is room."""

        def refill() -> None:
            if crew.busy <= crew.workers * REFILL_BELOW:
                wake()

        crew.tell(freed=refill)
        return {"work": (partial(_work, crew), timedelta(minutes=1))}

    async def open(self, wake: Callable[[], None]) -> None:
        """Do nothing: what the command line changes is seen by looking."""

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* as it is."""
        del name
        return beat

    async def close(self) -> None:
        """Do nothing."""


async def _work(crew: Crew, now: datetime) -> datetime | None:
    """Claim runs while there is room, and start working on them; give when the next may be worked on."""
    del now  # each claim reads the clock anew
    room = crew.workers - crew.busy
    while room > 0:
        since = crew.monotonic()
        claimed = await crew.writer.call(partial(_claim, crew=crew, limit=room))
        if not claimed:
            break
        for each in claimed:
            crew.start(each, since)
        room = crew.workers - crew.busy
    return await asyncio.to_thread(_next_work, crew) if room > 0 else None


def _claim(connection: Connection, *, crew: Crew, limit: int) -> list[Claimed]:
    leases = crew.leases
    claimed = runs.claim(
        connection, owner=leases.owner, now=crew.clock(), lease=leases.lease, limit=limit, held=leases.held
    )
    return crew.with_templates(connection, claimed)


def _next_work(crew: Crew) -> datetime | None:
    with crew.database.read() as connection:
        return runs.next_work_at(connection)
