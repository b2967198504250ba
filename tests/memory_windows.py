"""Rate windows of one process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.protocols import Tier


@dataclass(slots=True)
class _Window:
    until: datetime
    used: int = 0


class MemoryWindows:
    """The windows that `storage` keeps in a database, for a client without one."""

    def __init__(self) -> None:
        self._windows: dict[Tier, _Window] = {}
        self._closed: dict[Tier, datetime] = {}

    async def take(
        self, tier: Tier, *, wanted: int, limit: int, reserved: int, window: timedelta, now: datetime
    ) -> tuple[int, datetime]:
        """Grant up to *wanted* permits of the current window, leaving *reserved*; and say when it ends."""
        closed = self._closed.get(tier)
        if closed is not None and now < closed:
            return 0, closed
        current = self._windows.get(tier)
        if current is None or now >= current.until:
            current = self._windows[tier] = _Window(now + window)
        granted = max(0, min(wanted, limit - reserved - current.used))
        current.used += granted
        return granted, current.until

    async def close(self, tier: Tier, *, until: datetime) -> None:
        """Grant nothing of *tier* before *until*."""
        self._closed[tier] = max(until, self._closed.get(tier, until))
