"""How one process or many come by the work: the only part of the scheduler that knows which of the two it is.

`Embedded` is one process with everything to itself; `Fleet` is one of many on PostgreSQL. Both give the same four
things: the turns of accounts, the lines of callbacks, the beats that are for one process at a time, and an ear for
others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from scheduler.heartbeat import Beat
from scheduler.lanes import Lanes
from storage.deliveries import DueDelivery

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

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* so that of several processes one at a time does it."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call *wake*, in the event loop, whenever another process tells that there is something to do."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...
