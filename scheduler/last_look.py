"""The last look for repetition, in the account's turn: what other runs posted that a run did not see when it chose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from domain.draft import Draft
from domain.errors import TooSimilar
from domain.material import Material
from domain.publication import Post
from domain.run import Facts, Verdict
from domain.template import Template
from generators.repetition import Earlier
from storage import posts
from storage.database import Database

CLOCKS_APART = timedelta(minutes=1)  # how far those of two daemons may be
MOST = 100  # posts that are looked at; between a run's start and its post an account makes a few
WRITERS = frozenset({"embedded", "model"})  # whose drafts are compared; what a person or the owner's system says stands

Compare = Callable[
    [Template, tuple[Material, ...], tuple[Draft, ...], tuple[Earlier, ...]], Awaitable[tuple[Draft, ...]]
]


class LastLook:
    """Refuses a post that says what its account has said since its run began.

    Two runs that choose at the same moment in two processes see nothing of each other's choice. Their posts go out one
    after the other: the second sees the first.
    """

    def __init__(self, database: Database, compare: Compare) -> None:
        self._database = database
        self._compare = compare

    async def refuse_repetition(self, facts: Facts, template: Template, group: int) -> None:
        """Raise TooSimilar when the draft of *group* repeats what went out meanwhile, or may have.

        The caller has the account's turn, so nothing of it goes out between this look and the intention to send.
        """
        draft = (facts.chosen or ())[group]
        decided = facts.run.verdict is Verdict.APPROVED  # a person has seen it
        if not template.repeat_after or decided or draft.engine not in WRITERS:
            return
        said = grouped(await asyncio.to_thread(self._said_since, facts))
        if not said:
            return
        (compared,) = await self._compare(template, facts.material or (), (draft,), said)
        if (found := compared.repeats) is not None:
            raise TooSimilar(f"{draft.id} is {found.likeness:.0%} like post {found.post_id}, which went out meanwhile")

    def _said_since(self, facts: Facts) -> list[Post]:
        run = facts.run
        since = (run.started_at or run.due_at) - CLOCKS_APART
        with self._database.read() as connection:
            return posts.said(connection, run.account, since, besides=run.id, limit=MOST)


def grouped(said: Iterable[Post]) -> tuple[Earlier, ...]:
    """Give posts as they are compared: the parts of a thread together."""
    threads: dict[tuple[str, int], list[Post]] = {}
    for post in said:
        threads.setdefault((post.run_id, post.group), []).append(post)
    return tuple(Earlier(parts[0].id, tuple(part.text for part in parts)) for parts in threads.values())
