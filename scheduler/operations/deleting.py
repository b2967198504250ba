"""Deleting posts that are out: a thread from its last part to its first, each recorded once the API has done it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from domain.budget import Entry, EntryKind, EntryState, post_entry_id
from domain.errors import ApiError, ApiUnclear, Conflict
from domain.publication import Post, PostStatus
from domain.run import FINAL
from scheduler.events import Events
from scheduler.operations import posts as operations
from storage import events, posts, runs, spending, templates
from storage.database import Database

T = TypeVar("T")
PERSON = "person"
UNCLEAR = "the API was asked to delete it, and it is not known whether it did"
_NOT_OUT = {
    PostStatus.UNKNOWN: "it is not known whether it is out; settle it first with `ostinato post settle`",
    PostStatus.PUBLISHING: "it is being published; wait for the end of its run",
}


class Deletes(Protocol):
    """Deletes a tweet, as the publisher does."""

    async def delete(self, account: str, tweet_id: str) -> bool: ...


class Writes(Protocol):
    """Gives what a function of the connection writes, once it is on disk."""

    async def __call__(self, function: Callable[[Connection], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting came to, in the order in which posts are deleted.

    *left* are out still, the first of them for *error*; *unclear* tells that this one may be gone all the same.
    """

    deleted: tuple[Post, ...]
    left: tuple[Post, ...] = ()
    error: str | None = None
    unclear: bool = False


def wanted(database: Database, post_id: str, *, thread: bool) -> list[Post]:
    """Give the post, or with *thread* all parts of its thread that are out or were, the last first.

    *post_id* may also be a publication's. Raises NotFound, and Conflict when one of them may be out or its run goes on,
    or when none is out.
    """
    with database.read() as connection:
        named = operations.details_of(connection, post_id).post
        run = runs.get(connection, named.run_id)
        found = [named]
        if thread:
            of_run = posts.list_posts(connection, run_id=run.id, limit=None)
            found = [each for each in of_run if each.group == named.group]
    for each in found:
        if each.status in _NOT_OUT:
            raise Conflict(f"post {each.id}: {_NOT_OUT[each.status]}")
    out = [each for each in found if each.status in (PostStatus.PUBLISHED, PostStatus.DELETED)]
    if not out:
        raise Conflict(f"post {named.id} is {named.status.value}: it is not out, so there is nothing to delete")
    if run.status not in FINAL:
        raise Conflict(f"run {run.id} is {run.status.value} and may go on with its thread; wait for its end")
    return sorted(out, key=lambda each: each.part, reverse=True)


async def delete(
    write: Writes,
    publisher: Deletes,
    chosen: list[Post],
    *,
    note: str | None,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
    cost: int = 0,
) -> Deletion:
    """Delete *chosen*, as `wanted` gives them; one that is deleted already is left alone. Stops at the first failure.

    Each is recorded with *write* once the API has done it. It may be asked again: deleting twice does no harm. *cost*
    is what deleting one takes, in micros.
    """
    done: list[Post] = []
    for position, post in enumerate(chosen):
        if post.status is PostStatus.PUBLISHED:
            try:
                await publisher.delete(post.account, post.tweet_id or "")
            except ApiUnclear as error:
                await write(partial(posts.note_error, post_id=post.id, error=f"{UNCLEAR}: {error}"))
                return Deletion(tuple(done), tuple(chosen[position:]), f"{UNCLEAR} ({error})", unclear=True)
            except ApiError as error:
                return Deletion(tuple(done), tuple(chosen[position:]), str(error))
        told = partial(record, post=post, by=PERSON, note=note, now=clock(), new_id=new_id, cost=cost)
        done.append(await write(told))
    return Deletion(tuple(done))


def record(
    connection: Connection,
    post: Post,
    *,
    by: str,
    note: str | None,
    now: datetime,
    new_id: Callable[[], str],
    cost: int = 0,
) -> Post:
    """Note that *post* is deleted, tell it with one event, and enter what it took, in micros; give it as it stands.

    However often it is noted, it is told and entered once. No budget keeps anybody from taking something back.
    """
    if posts.mark_deleted(connection, post.id):
        run = runs.get(connection, post.run_id)
        template = templates.get(connection, post.template_id).template
        events.record(connection, [Events(template, new_id).deleted(run, post, by, note, now)])
        if cost:
            spending.perform(connection, spending.settle(_payment(post, cost, now)))
    return posts.get(connection, post.id)


def _payment(post: Post, cost: int, now: datetime) -> Entry:
    return Entry(
        id=f"{post_entry_id(post.run_id, post.group, post.part)}-deleted",
        kind=EntryKind.DELETE,
        run_id=post.run_id,
        template_id=post.template_id,
        account=post.account.lower(),
        amount=cost,
        state=EntryState.SPENT,
        detail=f"part {post.part + 1} of post {post.group + 1} taken back",
        at=now,
        settled_at=now,
    )
