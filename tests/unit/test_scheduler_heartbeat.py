from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from freezegun import freeze_time

from scheduler.heartbeat import Heartbeat

LONG = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def beating(scene: Callable[[Heartbeat], Awaitable[None]], *, clock: Callable[[], datetime] = now) -> None:
    async def play() -> None:
        async with asyncio.timeout(10):
            await scene(Heartbeat(clock))

    asyncio.run(play())


class Beats:
    """Counts its beats; each waits for `free`."""

    def __init__(self, wanted: timedelta | None = None) -> None:
        self.count = 0
        self.wanted = wanted
        self.error: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()
        self.came = asyncio.Condition()

    async def __call__(self, at: datetime) -> datetime | None:
        self.count += 1
        async with self.came:
            self.came.notify_all()
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return at + self.wanted if self.wanted is not None else None

    async def until(self, count: int) -> None:
        async with self.came:
            await self.came.wait_for(lambda: self.count >= count)


def test_the_first_beat_has_the_start_to_itself() -> None:
    async def scene(heart: Heartbeat) -> None:
        first, other = Beats(), Beats()
        heart.add("first", first, longest=LONG)
        heart.add("other", other, longest=LONG)
        first.free.clear()
        heart.start()
        await first.until(1)
        await asyncio.sleep(0)
        assert other.count == 0
        first.error = ValueError("broken")  # whatever becomes of it
        first.free.set()
        await other.until(1)
        await heart.stop()

    beating(scene)


def test_every_beat_comes_at_start_and_then_when_it_wants() -> None:
    async def scene(heart: Heartbeat) -> None:
        soon, once = Beats(timedelta(milliseconds=20)), Beats()
        heart.add("soon", soon, longest=LONG)
        heart.add("once", once, longest=LONG)
        heart.start()
        await soon.until(3)
        assert once.count == 1
        await heart.stop()

    beating(scene)


def test_a_beat_comes_at_the_latest_after_its_longest_pause() -> None:
    async def scene(heart: Heartbeat) -> None:
        beats = Beats(wanted=LONG)
        heart.add("plan", beats, longest=timedelta(milliseconds=20))
        heart.start()
        await beats.until(3)
        await heart.stop()

    beating(scene)


def test_many_calls_to_wake_while_it_beats_make_one_more_beat() -> None:
    async def scene(heart: Heartbeat) -> None:
        beats = Beats()
        beats.free.clear()
        heart.add("work", beats, longest=LONG)
        heart.start()
        await beats.until(1)
        for _ in range(5):
            heart.wake("work")
        beats.free.set()
        await beats.until(2)
        await heart.stop()
        assert beats.count == 2

    beating(scene)


def test_an_error_in_one_beat_stops_neither_it_nor_the_others() -> None:
    async def scene(heart: Heartbeat) -> None:
        failing, other = Beats(), Beats()
        failing.error = ZeroDivisionError("a bug")
        heart.add("failing", failing, longest=timedelta(milliseconds=20))
        heart.add("other", other, longest=LONG)
        heart.start()
        await failing.until(3)
        heart.wake("other")
        await other.until(2)
        await heart.stop()

    beating(scene)


def test_stopping_waits_for_the_beat_in_progress_and_nothing_beats_afterwards() -> None:
    async def scene(heart: Heartbeat) -> None:
        beats = Beats()
        beats.free.clear()
        heart.add("work", beats, longest=LONG)
        heart.start()
        await beats.until(1)
        stopping = asyncio.create_task(heart.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        heart.wake("work")
        beats.free.set()
        await stopping
        heart.wake("work")
        assert beats.count == 1

    beating(scene)


def test_stopping_cuts_off_a_beat_that_takes_too_long() -> None:
    async def scene(heart: Heartbeat) -> None:
        beats = Beats()
        beats.free.clear()
        heart.add("deliver", beats, longest=LONG)
        heart.start()
        await beats.until(1)
        await heart.stop(0.01)
        assert beats.count == 1

    beating(scene)


def test_a_clock_that_is_set_back_by_an_hour_does_not_stop_the_heart_for_an_hour() -> None:
    with freeze_time(datetime(2026, 3, 1, 9, 0, tzinfo=UTC), real_asyncio=True) as clock:

        async def scene(heart: Heartbeat) -> None:
            beats = Beats()
            heart.add("plan", beats, longest=timedelta(milliseconds=100))
            heart.start()
            await beats.until(1)
            clock.tick(timedelta(hours=-1))
            await beats.until(3)
            await heart.stop()

        beating(scene)
