"""The rate tiers of one key, shared through SQL by processes that know nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import ApiLimited
from domain.protocols import Tier
from storage import schema
from storage.database import open_database
from storage.rate_windows import SqlRateWindows
from storage.writer import Writer
from xquik.limits import Limiter

START = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


def clock() -> datetime:
    return START


@pytest.fixture
def limiters(tmp_path: Path) -> Iterator[tuple[Limiter, Limiter]]:
    """Two limiters, each with a database and a writer of its own on the same file, as two processes have them."""
    url = f"sqlite:///{tmp_path / 'ostinato.db'}"
    databases = [open_database(url), open_database(url)]
    schema.upgrade(databases[0])
    writers = [Writer(database) for database in databases]
    for writer in writers:
        writer.start()
    first, second = (Limiter(SqlRateWindows(writer), clock=clock, max_wait=0) for writer in writers)
    yield first, second
    for writer in writers:
        writer.stop()
    for database in databases:
        database.close()


async def granted(limiter: Limiter, tier: Tier, *, post: bool) -> int:
    """Take permits until one is refused; give how many there were."""
    for count in range(100):
        try:
            await limiter.permit(tier, post=post)
        except ApiLimited:
            return count
    raise AssertionError("no limit was met")


def test_two_processes_that_compose_at_once_leave_the_posts_their_share(limiters: tuple[Limiter, Limiter]) -> None:
    async def scenario() -> tuple[int, int]:
        composed = await asyncio.gather(*(granted(each, Tier.WRITE, post=False) for each in limiters))
        posted = await asyncio.gather(*(granted(each, Tier.WRITE, post=True) for each in limiters))
        return sum(composed), sum(posted)

    assert asyncio.run(scenario()) == (20, 10)


def test_a_tier_that_one_process_closes_is_closed_for_the_other(limiters: tuple[Limiter, Limiter]) -> None:
    first, second = limiters
    until = START + timedelta(seconds=33)

    async def scenario() -> datetime:
        await first.permit(Tier.WRITE)
        await first.close(Tier.WRITE, until=until)
        with pytest.raises(ApiLimited) as caught:
            await second.permit(Tier.WRITE, post=True)
        return caught.value.retry_at

    assert asyncio.run(scenario()) == until
