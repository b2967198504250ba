"""The rate tiers: what is granted, what is kept for posts, and what two processes share."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ApiLimited
from domain.protocols import Tier
from tests.memory_windows import MemoryWindows
from xquik.limits import DEFAULTS, UNLIMITED, Allowance, Limiter

START = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def limiter(clock: Clock, windows: MemoryWindows | None = None, *, max_wait: float = 5) -> Limiter:
    return Limiter(windows or MemoryWindows(), clock=clock, sleep=clock.sleep, max_wait=max_wait)


async def granted(limits: Limiter, tier: Tier, *, post: bool = False) -> int:
    """Take permits until one is refused; give how many there were."""
    for count in range(1000):
        try:
            await limits.permit(tier, post=post)
        except ApiLimited:
            return count
    raise AssertionError("no limit was met")


def test_composing_never_eats_the_share_kept_for_posts() -> None:
    async def scenario() -> tuple[int, int]:
        limits = limiter(Clock(), max_wait=0)
        composed = await granted(limits, Tier.WRITE)
        return composed, await granted(limits, Tier.WRITE, post=True)

    assert asyncio.run(scenario()) == (20, 10)


def test_posts_may_use_the_whole_tier() -> None:
    async def scenario() -> tuple[int, int]:
        limits = limiter(Clock(), max_wait=0)
        posted = await granted(limits, Tier.WRITE, post=True)
        return posted, await granted(limits, Tier.WRITE)

    assert asyncio.run(scenario()) == (30, 0)


def test_two_processes_share_one_window() -> None:
    async def scenario() -> int:
        clock, windows = Clock(), MemoryWindows()
        first, second = limiter(clock, windows, max_wait=0), limiter(clock, windows, max_wait=0)
        for _ in range(4):
            await first.permit(Tier.DELETE)
        return await granted(second, Tier.DELETE)

    assert asyncio.run(scenario()) == 11


def test_the_tiers_do_not_count_against_each_other() -> None:
    async def scenario() -> tuple[int, int]:
        limits = limiter(Clock(), max_wait=0)
        return await granted(limits, Tier.READ), await granted(limits, Tier.DELETE)

    assert asyncio.run(scenario()) == (10, 15)


def test_a_full_window_is_waited_out_when_it_ends_soon() -> None:
    async def scenario() -> list[float]:
        clock = Clock()
        limits = limiter(clock)
        for _ in range(11):
            await limits.permit(Tier.READ)
        return clock.slept

    # A second, and the margin for a server whose window starts later than ours.
    assert asyncio.run(scenario()) == [pytest.approx(1.05)]


def test_a_window_that_ends_too_late_is_refused_at_once_with_its_end() -> None:
    async def scenario() -> tuple[ApiLimited, list[float]]:
        clock = Clock()
        limits = limiter(clock, max_wait=5)
        for _ in range(15):
            await limits.permit(Tier.DELETE)
        with pytest.raises(ApiLimited) as caught:
            await limits.permit(Tier.DELETE)
        return caught.value, clock.slept

    error, slept = asyncio.run(scenario())
    assert error.retry_at == START + timedelta(seconds=60.6)
    assert slept == []


def test_a_new_window_grants_again() -> None:
    async def scenario() -> int:
        clock = Clock()
        limits = limiter(clock, max_wait=0)
        await granted(limits, Tier.DELETE)
        clock.now += timedelta(seconds=61)
        return await granted(limits, Tier.DELETE)

    assert asyncio.run(scenario()) == 15


def test_a_closed_tier_grants_nothing_until_then_to_anybody() -> None:
    async def scenario() -> list[datetime]:
        clock, windows = Clock(), MemoryWindows()
        first, second = limiter(clock, windows, max_wait=0), limiter(clock, windows, max_wait=0)
        await first.permit(Tier.WRITE)
        await first.close(Tier.WRITE, until=START + timedelta(seconds=7))
        refused = []
        for limits in (first, second):
            for post in (False, True):
                with pytest.raises(ApiLimited) as caught:
                    await limits.permit(Tier.WRITE, post=post)
                refused.append(caught.value.retry_at)
        clock.now += timedelta(seconds=7)
        await second.permit(Tier.WRITE)
        return refused

    assert asyncio.run(scenario()) == [START + timedelta(seconds=7)] * 4


def test_permits_in_hand_are_void_once_the_tier_is_closed() -> None:
    async def scenario() -> None:
        clock = Clock()
        tiers = {**DEFAULTS, Tier.WRITE: Allowance(300, MINUTE, reserved=100)}
        limits = Limiter(MemoryWindows(), clock=clock, tiers=tiers, max_wait=0, sleep=clock.sleep)
        await limits.permit(Tier.WRITE)  # brings a chunk of ten
        await limits.close(Tier.WRITE, until=START + MINUTE)
        with pytest.raises(ApiLimited):
            await limits.permit(Tier.WRITE)

    asyncio.run(scenario())


def test_large_tiers_are_leased_in_chunks() -> None:
    async def scenario() -> list[int]:
        class Counting(MemoryWindows):
            trips: list[int] = []  # noqa: RUF012

            async def take(
                self, tier: Tier, *, wanted: int, limit: int, reserved: int, window: timedelta, now: datetime
            ) -> tuple[int, datetime]:
                self.trips.append(wanted)
                return await super().take(tier, wanted=wanted, limit=limit, reserved=reserved, window=window, now=now)

        clock, windows = Clock(), Counting()
        limits = Limiter(windows, clock=clock, tiers={Tier.READ: Allowance(300, MINUTE)}, sleep=clock.sleep)
        for _ in range(25):
            await limits.permit(Tier.READ)
        return windows.trips

    assert asyncio.run(scenario()) == [10, 10, 10]


def test_without_limits_nothing_waits() -> None:
    async def scenario() -> list[float]:
        clock = Clock()
        limits = Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED, sleep=clock.sleep)
        for _ in range(500):
            await limits.permit(Tier.WRITE)
        return clock.slept

    assert asyncio.run(scenario()) == []


def test_many_waiting_at_once_get_no_more_than_the_window_has() -> None:
    async def scenario() -> int:
        clock = Clock()
        limits = limiter(clock, max_wait=0)
        taken = await asyncio.gather(*(limits.permit(Tier.READ) for _ in range(25)), return_exceptions=True)
        return sum(result is None for result in taken)

    assert asyncio.run(scenario()) == 10
