"""Many who ask for the same kind of thing at once, answered together: one transaction for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Collects what is asked while *answer* is at work, and hands it the whole of it next.

    *answer* gives one answer for each question, in their order; an answer that is an error is raised where it was
    asked. What *answer* itself raises, all of its questions get.
    """

    def __init__(self, answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """Give the answer to one question."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await future

    async def settled(self) -> None:
        """Return when everybody who asked was answered, also those who wait for it no more."""
        while self._working is not None:
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        batch: list[tuple[Asked, asyncio.Future[Answer]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                _settle([future for _, future in batch], await self._answered([asked for asked, _ in batch]))
        finally:  # cut off, it answers nobody: nobody must wait for it
            for _, future in (*batch, *self._waiting):
                future.cancel()
            self._waiting, self._working = [], None

    async def _answered(self, asked: Sequence[Asked]) -> Sequence[Answer | Exception]:
        try:
            return await self._answer(asked)
        except Exception as error:  # noqa: BLE001 - everybody who asked is told
            return [error] * len(asked)


def _settle(futures: Sequence[asyncio.Future[Answer]], answers: Sequence[Answer | Exception]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue  # whoever asked was cancelled
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
