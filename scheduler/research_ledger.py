"""What one research takes, kept in SQL under the hold on it; see `scheduler.research_steps.Ledger`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from domain.research import Bounds, Notes
from domain.run import Hold
from storage import research
from storage.writer import Writer

ANY = 2**62  # what was paid is counted, whatever it comes to


class HeldLedger:
    """Counts pages, money and time before they are used, and keeps the notes. Every call may raise LeaseLost."""

    def __init__(
        self,
        hold: Hold,
        *,
        writer: Writer,
        bounds: Bounds,
        lease: timedelta,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._hold = hold
        self._writer = writer
        self._bounds = bounds
        self._lease = lease
        self._clock = clock
        self._monotonic = monotonic
        self._counted = monotonic()

    async def reserve(self, micros: int) -> bool:
        """Count *micros* before they are spent; False where that is too much."""
        return await self._writer.call(lambda c: research.spend(c, self._hold, micros, most=self._bounds.micros))

    async def settle(self, reserved: int, spent: int) -> None:
        """Give back what was reserved and not spent."""
        if reserved != spent:
            await self._writer.call(lambda c: research.spend(c, self._hold, spent - reserved, most=ANY))

    async def pages(self, wanted: int) -> int:
        """Count up to *wanted* pages before they are read; give how many may be."""
        return await self._writer.call(lambda c: research.take_pages(c, self._hold, wanted, most=self._bounds.pages))

    async def note(self, notes: Notes) -> None:
        """Keep what there is so far."""
        await self._writer.call(lambda c: research.note(c, self._hold, notes))

    async def renew(self) -> None:
        """Keep the hold, and count the time since it was last counted."""
        now = self._monotonic()
        worked, self._counted = timedelta(seconds=max(0.0, now - self._counted)), now
        await self._writer.call(
            lambda c: research.renew(c, self._hold, worked=worked, now=self._clock(), lease=self._lease)
        )

    async def keep(self) -> None:
        """Renew the hold for as long as it is good. Raises LeaseLost when it is not; never returns."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            await self.renew()
