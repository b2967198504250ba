"""Where deep research looks a topic up: the search of the settings, X, the radar, and the owner's feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from domain.errors import SourceError
from domain.prices import Operation, XquikPrices
from domain.research import Lead, Scope
from scheduler.research_steps import Find, Ledger, SourceErrors

SEARCHED = 3  # questions that are searched for on X: each tweet costs
TWEETS = 15  # of one question


class SearchTweets(Protocol):
    """Searches X for a question; gives also how many tweets were read. Raises SourceError."""

    def __call__(self, question: str, *, limit: int) -> Awaitable[tuple[Sequence[Lead], int]]: ...


def on_the_web(search: Callable[[str], Awaitable[Sequence[Lead]]]) -> Find:
    """Give the finder that asks a search engine each question."""

    async def find(questions: Sequence[str], scope: Scope, ledger: Ledger) -> Sequence[Lead]:
        del scope, ledger
        return await _all([search(question) for question in questions])

    return find


def on_x(search: SearchTweets, prices: XquikPrices) -> Find:
    """Give the finder that searches X for the first questions, as far as the cost allows: 1 credit for each tweet."""

    async def ask(question: str, ledger: Ledger) -> Sequence[Lead]:
        most = prices.of(Operation.TWEET_READ, TWEETS)
        if not await ledger.reserve(most):
            raise SourceError("x search", "another search would cost more than a research may")
        found, read = await search(question, limit=TWEETS)
        await ledger.settle(most, prices.of(Operation.TWEET_READ, read))
        return found

    async def find(questions: Sequence[str], scope: Scope, ledger: Ledger) -> Sequence[Lead]:
        del scope
        return await _all([ask(question, ledger) for question in questions[:SEARCHED]])

    return find


def on_the_radar(read: Callable[[], Awaitable[Sequence[Lead]]]) -> Find:
    """Give the finder that reads the radar once."""

    async def find(questions: Sequence[str], scope: Scope, ledger: Ledger) -> Sequence[Lead]:
        del questions, scope, ledger
        return await _all([read()])

    return find


def in_feeds(read: Callable[[str], Awaitable[Sequence[Lead]]]) -> Find:
    """Give the finder that reads the owner's feeds."""

    async def find(questions: Sequence[str], scope: Scope, ledger: Ledger) -> Sequence[Lead]:
        del questions, ledger
        return await _all([read(url) for url in scope.feeds])

    return find


async def _all(asked: Sequence[Awaitable[Sequence[Lead]]]) -> Sequence[Lead]:
    """Give what all of them found. Raises SourceErrors with what the others found when some failed."""
    leads: list[Lead] = []
    errors: list[SourceError] = []
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, SourceError):
            errors.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            leads += answer
    if errors:
        raise SourceErrors(errors, leads)
    return leads
