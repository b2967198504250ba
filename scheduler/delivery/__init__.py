"""How one process or many come by the work: the only part of the scheduler that knows which of the two it is.

`Embedded` is one process with everything to itself; `Fleet` is one of many on PostgreSQL. Both bring the process its
runs, and give the turns of accounts, the lines of callbacks, the beats that are for one process at a time, and an ear
for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from scheduler.crew import Crew
from scheduler.heartbeat import Beat
from scheduler.lanes import Lanes
from scheduler.planner import Planned
from storage.deliveries import DueDelivery
from storage.writer import Writer

__all__ = ["Delivery", "Lines"]


class Lines(Protocol):
    """Who sends what of the outbox: of several processes only one at a time may send the head of a line."""

    async def take(self, due: list[DueDelivery], now: datetime) -> list[DueDelivery]:
        """Give those of *due* that are for this process to send."""
        ...

    def keeps(self, delivery_id: str) -> bool:
        """Tell whether a delivery that was taken is still for this process to send."""
        ...


class Delivery(Protocol):
    """What the daemon is given of it."""

    @property
    def lanes(self) -> Lanes:
        """The turns of accounts."""
        ...

    @property
    def lines(self) -> Lines:
        """The lines of callbacks."""
        ...

    async def plan(self, writer: Writer, plan: Callable[[Connection], Planned]) -> Planned:
        """Do *plan* in a transaction; return what it gives once that is committed."""
        ...

    def deliver(self, connection: Connection, run_ids: Sequence[str]) -> None:
        """Have runs worked on that were planned in this transaction and are due."""
        ...

    def beats(self, crew: Crew, wake: Callable[[], None]) -> Mapping[str, tuple[Beat, timedelta]]:
        """Give the beats that bring *crew* its runs, with how long each may stay away; *wake* wakes that named "work".

        There is one of that name, which is woken too when there may be something to do.
        """
        ...

    async def open(self, wake: Callable[[], None]) -> None:
        """Begin; call *wake*, in the event loop, whenever another process tells that there is something to do."""
        ...

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* so that of several processes one at a time does it."""
        ...

    async def close(self) -> None:
        """Take on no more, and listen no more."""
        ...
