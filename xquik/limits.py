"""The three rate tiers of an API key: fixed windows shared by every process, with a share kept for posts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.errors import ApiLimited
from domain.protocols import RateWindows, Tier

LONG_AGO = datetime.min.replace(tzinfo=UTC)
SHORTEST_WAIT = 0.01  # seconds; a window that ends "now" must not make a busy loop


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most *limit* requests in *window*; the last *reserved* of them are for `POST /x/tweets` alone."""

    limit: int
    window: timedelta
    reserved: int = 0

    @property
    def chunk(self) -> int:
        """How many permits one trip to the database brings: few enough that a process cannot hoard the window."""
        return max(1, self.limit // 30)

    @property
    def post_chunk(self) -> int:
        """The same for posts: one by one where a share is kept for them, so that none of it lies about unused."""
        return 1 if self.reserved else self.chunk

    @property
    def padded(self) -> timedelta:
        """The window and a margin: the server's starts later than ours, when it sees the first request."""
        return self.window + max(timedelta(milliseconds=50), self.window / 100)


# Xquik REST API, rate limits of May 2026: 10 reads a second, 30 writes and 15 deletes a minute, for each key.
DEFAULTS: Mapping[Tier, Allowance] = {
    Tier.READ: Allowance(10, timedelta(seconds=1)),
    Tier.WRITE: Allowance(30, timedelta(seconds=60), reserved=10),
    Tier.DELETE: Allowance(15, timedelta(seconds=60)),
}
# For an API without limits, such as a sandbox started so; large enough never to be met.
UNLIMITED: Mapping[Tier, Allowance] = {tier: Allowance(1_000_000_000, timedelta(seconds=1)) for tier in Tier}


@dataclass(slots=True)
class _Lease:
    """Permits taken from the window and not used yet. They lapse with it."""

    left: int = 0
    until: datetime = LONG_AGO
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limiter:
    """Gives permits for requests, and waits up to *max_wait* seconds for one."""

    def __init__(
        self,
        windows: RateWindows,
        *,
        clock: Callable[[], datetime],
        tiers: Mapping[Tier, Allowance] = DEFAULTS,
        max_wait: float = 5.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._windows = windows
        self._clock = clock
        self._tiers = {**DEFAULTS, **tiers}
        self._max_wait = timedelta(seconds=max_wait)
        self._sleep = sleep
        self._leases = {(tier, post): _Lease() for tier in Tier for post in (False, True)}

    def window(self, tier: Tier) -> timedelta:
        """The length of the tier's window."""
        return self._tiers[tier].window

    async def permit(self, tier: Tier, *, post: bool = False) -> None:
        """Take one permit. *post* marks `POST /x/tweets`, which may use the share kept for it.

        Raises ApiLimited, with the end of the window, when none can be had within the wait.
        """
        give_up = self._clock() + self._max_wait
        while (free_at := await self._take(tier, post=post)) is not None:
            now = self._clock()
            if free_at > give_up:
                raise ApiLimited(f"no permit left in the {tier} tier", retry_at=free_at, status=None)
            await self._sleep(max((free_at - now).total_seconds(), SHORTEST_WAIT))

    async def close(self, tier: Tier, *, until: datetime) -> None:
        """Give no permit before *until*: the server has answered 429."""
        for post in (False, True):
            self._leases[tier, post].left = 0
        await self._windows.close(tier, until=until)

    async def _take(self, tier: Tier, *, post: bool) -> datetime | None:
        """Take one permit and give None, or give when the next window opens."""
        lease, allowance = self._leases[tier, post], self._tiers[tier]
        async with lease.lock:
            now = self._clock()
            if lease.left < 1 or now >= lease.until:
                lease.left, lease.until = await self._windows.take(
                    tier,
                    wanted=allowance.post_chunk if post else allowance.chunk,
                    limit=allowance.limit,
                    reserved=0 if post else allowance.reserved,
                    window=allowance.padded,
                    now=now,
                )
            if lease.left < 1:
                return lease.until
            lease.left -= 1
            return None
