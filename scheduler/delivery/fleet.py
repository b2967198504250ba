"""One of many processes on one PostgreSQL database. What they must agree on stands in SQL, under leases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from scheduler.delivery.ears import Ears
from scheduler.delivery.turns import SharedLanes
from scheduler.heartbeat import Beat
from storage import beats, deliveries
from storage.database import Database
from storage.deliveries import DueDelivery
from storage.writer import Writer

LINE_LEASE = timedelta(seconds=90)  # an attempt is begun in its first half, and cut off after 30 s at most
BEAT_LEASE = timedelta(minutes=2)


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
        self._writer = writer
        self._owner = owner
        self._ears = Ears(database)

    def alone(self, name: str, beat: Beat) -> Beat:
        """Give *beat* so that one process at a time does it, and another when that one has not come back in time."""

        async def taken(now: datetime) -> datetime | None:
            take = partial(beats.take, name=name, holder=self._owner, lease=BEAT_LEASE, now=now)
            return await beat(now) if await self._writer.call(take) else None

        return taken

    def listen(self, wake: Callable[[], None]) -> None:
        """Call *wake* when another process has planned something or was asked for a run."""
        self._ears.open(wake)

    def close(self) -> None:
        """Listen no more."""
        self._ears.close()
