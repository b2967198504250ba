"""The four books of a campaign: where they are, and what they say side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from tests.chaos.audit import outside_books, sandbox_book, scheduler_book
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.outside_books import Callback, Orders
from tests.chaos.audit.sandbox_book import SandboxBook, Tweet
from tests.chaos.audit.scheduler_book import Post, Publication, SchedulerBook, Template

Part = tuple[str, int, int]  # run, group, part


@dataclass(frozen=True, slots=True)
class Books:
    """Where the books are. *database* is a path or an URL; the others are files."""

    database: str
    sandbox: Path
    receiver: Path
    orders: Path


@dataclass(frozen=True)
class Read:
    """What the books say, with the joins between them: a tweet names its publication by the idempotency key."""

    scheduler: SchedulerBook
    sandbox: SandboxBook
    receiver: tuple[Callback, ...]
    orders: Orders
    by_key: dict[str, Publication] = field(init=False)
    by_part: dict[Part, list[Publication]] = field(init=False)
    by_run: dict[str, list[Publication]] = field(init=False)
    posts: dict[Part, Post] = field(init=False)
    owners: dict[str, Publication] = field(init=False)  # by tweet id, of those that are confirmed

    def __post_init__(self) -> None:
        all_of_them = self.scheduler.publications
        joins = {
            "by_key": {each.idempotency_key: each for each in all_of_them},
            "by_part": grouped(all_of_them, part_of),
            "by_run": grouped(all_of_them, lambda each: each.run_id),
            "posts": {(each.run_id, each.grp, each.part): each for each in self.scheduler.posts},
            "owners": {each.tweet_id: each for each in all_of_them if each.tweet_id is not None},
        }
        for name, joined in joins.items():
            object.__setattr__(self, name, joined)

    @cached_property
    def taken_back(self) -> frozenset[str]:
        """Give the tweets of which an event says that they were deleted, by a person or as a thread's other parts."""
        told = (each for each in self.scheduler.events if each.type == "post.deleted")
        return frozenset(str(post["tweetId"]) for event in told for post in event.data["posts"])

    @cached_property
    def until(self) -> datetime:
        """Give the last instant that the scheduler's clock can have shown, by the books that are kept outside."""
        moments = [each.received_at for each in self.sandbox.requests]
        moments += [datetime.fromtimestamp(each.at, UTC) for each in self.receiver if each.timed]
        moments += [self.orders.last] if self.orders.last else []
        return max(moments, default=datetime.max.replace(tzinfo=UTC) - self.orders.ahead) + self.orders.ahead

    @property
    def standing(self) -> list[Tweet]:
        """Give the tweets that are out, or will be when their write settles."""
        return [each for each in self.sandbox.tweets.values() if each.state in ("live", "held")]

    def template_of(self, run_id: str) -> Template | None:
        """Give the template of a run, None where either is gone."""
        run = self.scheduler.runs.get(run_id)
        return self.scheduler.templates.get(run.template_id) if run else None

    def publication_of(self, tweet: Tweet) -> Publication | None:
        """Give the publication that *tweet* was written for: the one of its key, or else the one that has its id."""
        return self.by_key.get(tweet.key or "") or self.owners.get(tweet.id)


def read(books: Books) -> Read:
    """Read all four books."""
    return Read(
        scheduler_book.read(books.database),
        sandbox_book.read(books.sandbox),
        outside_books.read_receiver(books.receiver),
        outside_books.read_orders(books.orders),
    )


def part_of(publication: Publication) -> Part:
    """Give which part of which run a publication sends."""
    return publication.run_id, publication.grp, publication.part
