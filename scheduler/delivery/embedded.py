"""One process that has the database to itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scheduler.heartbeat import Beat
from scheduler.lanes import Lanes
from storage.deliveries import DueDelivery


class OwnLines:
    """All lines are this process's."""

    async def take(self, due: list[DueDelivery], now: datetime) -> list[DueDelivery]:
        del now
        return due

    def keeps(self, delivery_id: str) -> bool:
        del delivery_id
        return True


class Embedded:
    """Everything is this process's, and nobody else has anything to tell."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.lines = OwnLines()

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* as it is."""
        del name
        return beat

    def listen(self, wake: Callable[[], None]) -> None:
        """Do nothing: what the command line changes is seen by looking."""

    def close(self) -> None:
        """Do nothing."""
