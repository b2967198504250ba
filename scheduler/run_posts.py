"""The posts of the runs in progress, kept at hand so that each step need not read them again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.draft import Draft
from domain.publication import Outcome, Post, PostStatus, Publication, Settlement
from domain.run import Run
from storage import posts as posts_storage
from storage.database import Database

STATUS_OF = {
    Outcome.CONFIRMED: PostStatus.PUBLISHED,
    Outcome.REFUSED: PostStatus.FAILED,
    Outcome.DEFERRED: PostStatus.GENERATED,
    Outcome.UNKNOWN: PostStatus.UNKNOWN,
}


class RunPosts:
    """Gives a run's posts in order of group and part; what is not at hand is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_hand: dict[str, tuple[Post, ...]] = {}

    def remember(self, run_id: str, posts: Sequence[Post]) -> None:
        """Keep the posts of a run that is worked on."""
        self._at_hand[run_id] = tuple(posts)

    def forget(self, run_id: str) -> None:
        """Let go of a run that is no longer worked on."""
        self._at_hand.pop(run_id, None)

    async def of(self, run_id: str) -> tuple[Post, ...]:
        """Give the posts of *run_id*."""
        if run_id not in self._at_hand:
            self._at_hand[run_id] = tuple(await asyncio.to_thread(self._read, run_id))
        return self._at_hand[run_id]

    async def at(self, publication: Publication) -> Post:
        """Give the post that *publication* sends."""
        place = (publication.group, publication.part)
        return next(each for each in await self.of(publication.run_id) if (each.group, each.part) == place)

    async def with_settlement(self, publication: Publication, settlement: Settlement, now: datetime) -> Post:
        """Note what became of a publication, and give its post as it stands now."""
        return await self._change(publication, lambda post: settled_post(post, settlement, now))

    async def taken_back(self, publication: Publication) -> Post:
        """Note that what a publication sent was deleted, and give its post as it stands now."""
        return await self._change(publication, lambda post: replace(post, status=PostStatus.DELETED))

    async def rewritten(self, run_id: str, chosen: Sequence[Draft]) -> None:
        """Note that the posts of a run say what *chosen* says."""
        self.remember(
            run_id,
            [
                replace(post, text=chosen[post.group].parts[post.part].text, draft_id=chosen[post.group].id)
                for post in await self.of(run_id)
            ],
        )

    async def _change(self, publication: Publication, change: Callable[[Post], Post]) -> Post:
        posts = {(post.group, post.part): post for post in await self.of(publication.run_id)}
        where = (publication.group, publication.part)
        posts[where] = change(posts[where])
        self._at_hand[publication.run_id] = tuple(posts.values())
        return posts[where]

    def _read(self, run_id: str) -> list[Post]:
        with self._database.read() as connection:
            return posts_storage.list_posts(connection, run_id=run_id, limit=None)


def settled_post(post: Post, settlement: Settlement, now: datetime) -> Post:
    """Give *post* with the outcome of its publication."""
    status = STATUS_OF[settlement.outcome]
    if settlement.outcome is Outcome.CONFIRMED:
        return replace(post, status=status, tweet_id=settlement.tweet_id, published_at=now, error=None)
    error = settlement.detail or settlement.reason
    return replace(post, status=status, tweet_id=None, published_at=None, error=error)


def new_posts(run: Run, chosen: tuple[Draft, ...], now: datetime, new_id: Callable[[], str]) -> tuple[Post, ...]:
    """Give the posts that the chosen drafts become: one for each part."""
    return tuple(
        Post(
            id=new_id(),
            run_id=run.id,
            template_id=run.template_id,
            account=run.account,
            group=group,
            part=number,
            text=part.text,
            status=PostStatus.GENERATED,
            draft_id=draft.id,
            created_at=now,
        )
        for group, draft in enumerate(chosen)
        for number, part in enumerate(draft.parts)
    )
