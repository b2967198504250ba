from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.lanes import AccountBusy, Lanes

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def lanes(spacing: timedelta = timedelta(0)) -> Lanes:
    return Lanes(spacing=spacing, clock=lambda: NOW)


def test_those_who_wait_get_their_turn_in_slot_order_one_at_a_time() -> None:
    async def scene() -> list[int]:
        order: list[int] = []
        inside = 0
        free = asyncio.Event()
        ours = lanes()

        async def publish(minute: int) -> None:
            nonlocal inside
            async with ours.turn("demo", f"r{minute}", NOW + timedelta(minutes=minute)):
                inside += 1
                assert inside == 1
                if minute == 9:
                    await free.wait()
                order.append(minute)
                inside -= 1

        tasks = [asyncio.create_task(publish(minute)) for minute in (9, 3, 1, 2)]
        for _ in range(5):
            await asyncio.sleep(0)
        free.set()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scene()) == [9, 1, 2, 3]


def test_accounts_do_not_wait_for_each_other() -> None:
    async def scene() -> None:
        ours = lanes()
        async with ours.turn("one", "r1", NOW), asyncio.timeout(1), ours.turn("two", "r2", NOW):
            pass

    asyncio.run(scene())


def test_a_started_thread_keeps_its_account_until_it_is_freed() -> None:
    async def scene() -> None:
        ours = lanes()
        ours.hold("demo", "thread", NOW + timedelta(hours=1))
        with pytest.raises(AccountBusy) as held:
            async with ours.turn("demo", "other", NOW):
                pass
        assert held.value.until == NOW + timedelta(hours=1)
        async with ours.turn("demo", "thread", NOW):
            pass
        ours.free("demo", "thread")
        async with ours.turn("demo", "other", NOW):
            pass

    asyncio.run(scene())


def test_a_thread_whose_deadline_passed_keeps_nothing() -> None:
    async def scene() -> None:
        ours = lanes()
        ours.hold("demo", "thread", NOW - timedelta(seconds=1))
        async with ours.turn("demo", "other", NOW):
            pass

    asyncio.run(scene())


def test_one_who_is_cancelled_while_waiting_does_not_block_the_lane() -> None:
    async def scene() -> None:
        ours = lanes()

        async def publish() -> None:
            async with ours.turn("demo", "r", NOW):
                pass

        async with ours.turn("demo", "first", NOW):
            waiting = asyncio.create_task(publish())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1):
            await publish()

    asyncio.run(scene())


def test_the_gap_counts_from_the_last_post() -> None:
    ours = lanes(timedelta(minutes=5))
    assert ours.wait_for_gap("demo") == timedelta(0)

    ours.sent("demo", NOW - timedelta(minutes=1))
    ours.sent("demo", NOW - timedelta(minutes=2))

    assert ours.wait_for_gap("demo") == timedelta(minutes=4)
    assert ours.wait_for_gap("other") == timedelta(0)


def test_an_account_keeps_its_own_gap_however_its_name_is_written() -> None:
    ours = lanes(timedelta(minutes=5))
    ours.gaps = {"demo": timedelta(minutes=30), "quick": timedelta(0)}
    for account in ("Demo", "quick", "other"):
        ours.sent(account, NOW)

    waits = [ours.wait_for_gap(account) for account in ("dEMO", "Quick", "OTHER")]

    assert waits == [timedelta(minutes=30), timedelta(0), timedelta(minutes=5)]


def test_a_name_in_another_case_is_the_same_account() -> None:
    async def scene() -> None:
        ours = lanes()
        ours.hold("Demo", "thread", NOW + timedelta(hours=1))
        with pytest.raises(AccountBusy):
            async with ours.turn("demo", "other", NOW):
                pass
        ours.free("DEMO", "thread")
        async with ours.turn("demo", "other", NOW):
            pass

    asyncio.run(scene())


def test_a_worker_does_not_wait_long_for_an_account() -> None:
    async def scene() -> None:
        ours = Lanes(spacing=timedelta(0), clock=lambda: NOW, patience=0.01)
        async with ours.turn("demo", "first", NOW):
            with pytest.raises(AccountBusy):
                async with ours.turn("demo", "second", NOW):
                    pass
        async with ours.turn("demo", "second", NOW):
            pass

    asyncio.run(scene())


def test_a_clock_that_was_set_back_does_not_lengthen_the_gap() -> None:
    now = [NOW]
    ours = Lanes(spacing=timedelta(minutes=5), clock=lambda: now[0])
    ours.sent("demo", NOW)
    now[0] = NOW - timedelta(hours=3)

    assert ours.wait_for_gap("demo") == timedelta(minutes=5)

    now[0] += timedelta(minutes=5)
    assert ours.wait_for_gap("demo") == timedelta(0)
