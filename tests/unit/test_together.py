"""Many who ask at once are answered together, each with its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from scheduler.delivery.together import Together


class Answers:
    """Doubles numbers, all that have gathered at once; refuses those below zero."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.broken = False

    async def __call__(self, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(asked))
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError("away")
        return [2 * each if each >= 0 else ValueError(each) for each in asked]


async def all_of(together: Together[int, int], *asked: int) -> list[int | BaseException]:
    return await asyncio.gather(*(together.ask(each) for each in asked), return_exceptions=True)


def test_what_is_asked_at_once_is_answered_at_once() -> None:
    answers = Answers()
    assert asyncio.run(all_of(Together(answers), 1, 2, 3)) == [2, 4, 6]
    assert answers.batches == [[1, 2, 3]]


def test_what_is_asked_meanwhile_is_answered_next() -> None:
    answers = Answers()

    async def ask() -> None:
        together: Together[int, int] = Together(answers)
        first = asyncio.create_task(together.ask(1))
        while not answers.batches:
            await asyncio.sleep(0)
        assert await all_of(together, 2, 3) == [4, 6]
        assert await first == 2

    asyncio.run(ask())
    assert answers.batches == [[1], [2, 3]]


def test_an_error_is_raised_where_it_was_asked_for_and_nowhere_else() -> None:
    first, second = asyncio.run(all_of(Together(Answers()), 1, -1))
    assert first == 2
    assert isinstance(second, ValueError)


def test_when_nobody_can_be_answered_everybody_is_told_and_the_next_may_ask() -> None:
    answers = Answers()

    async def ask() -> None:
        together: Together[int, int] = Together(answers)
        answers.broken = True
        assert [type(each) for each in await all_of(together, 1, 2)] == [ConnectionError, ConnectionError]
        answers.broken = False
        assert await together.ask(3) == 6

    asyncio.run(ask())


def test_one_who_asks_no_more_keeps_nobody_from_an_answer() -> None:
    async def ask() -> int:
        together: Together[int, int] = Together(Answers())
        impatient = asyncio.create_task(together.ask(1))
        patient = asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert asyncio.run(ask()) == 4


def test_when_it_is_cut_off_nobody_waits_for_ever_and_the_next_may_ask() -> None:
    async def ask() -> None:
        stuck = asyncio.Event()

        async def answer(asked: Sequence[int]) -> Sequence[int]:
            await stuck.wait()
            return asked

        together: Together[int, int] = Together(answer)
        mine = asyncio.current_task()
        first = asyncio.create_task(together.ask(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        (working,) = asyncio.all_tasks() - {mine, first}
        second = asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        working.cancel()
        _, waiting = await asyncio.wait([first, second], timeout=5)
        assert not waiting
        assert [first.cancelled(), second.cancelled()] == [True, True]
        stuck.set()
        assert await together.ask(3) == 3

    asyncio.run(ask())


def test_it_is_settled_when_also_those_were_answered_who_wait_no_more() -> None:
    async def ask() -> None:
        answers = Answers()
        together: Together[int, int] = Together(answers)
        impatient = asyncio.create_task(together.ask(1))
        while not answers.batches:
            await asyncio.sleep(0)
        impatient.cancel()
        later = asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        await together.settled()
        assert answers.batches == [[1], [2]]
        assert await later == 4

    asyncio.run(ask())
