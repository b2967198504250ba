"""The steps PUBLISH and CONFIRM, in the account's turn: part by part, each intended before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from domain.errors import LeaseLost
from domain.event import NewEvent
from domain.publication import Outcome, Post, PostStatus, Publication, Settlement, idempotency_key
from domain.run import Facts, Hold, RunStatus
from domain.template import OnPartial, Template
from publishers.asking import next_ask
from publishers.ledger import publish
from publishers.x import Publisher
from scheduler.events import Events
from scheduler.lanes import AccountHeld, Lanes
from scheduler.next_step import THREAD_DEADLINE, Next, Step, next_step
from storage import posts as posts_storage
from storage import publications, runs
from storage.database import Database
from storage.writer import Writer

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=5)  # how often a run looks whether a thread has given its account back
STATUS_OF = {
    Outcome.CONFIRMED: PostStatus.PUBLISHED,
    Outcome.REFUSED: PostStatus.FAILED,
    Outcome.DEFERRED: PostStatus.GENERATED,
    Outcome.UNKNOWN: PostStatus.UNKNOWN,
}


class Publishing:
    """Publishes a run's posts in its account's turn, at most once each."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        publisher: Publisher,
        lanes: Lanes,
        may_send: Callable[[Hold], Callable[[], None]],
        install: str,
        thread_gap: timedelta,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._writer = writer
        self._publisher = publisher
        self._lanes = lanes
        self._may_send = may_send
        self._install = install
        self._thread_gap = thread_gap
        self._clock = clock
        self._new_id = new_id
        self._sleep = sleep
        self._posts: dict[str, tuple[Post, ...]] = {}

    async def in_turn(self, hold: Hold, facts: Facts, template: Template) -> Facts | None:
        """Take the account's turn and publish until the run is done; None when the run was let go to wait."""
        run = facts.run
        try:
            async with self._lanes.turn(run.account, run.id, run.slot_at):
                return await self._publish_parts(hold, facts, template)
        except AccountHeld as held:
            now = self._clock()
            await self._writer.submit(runs.release(hold, not_before=min(held.until, now + LOOK_AGAIN), now=now))
            return None

    async def _publish_parts(self, hold: Hold, facts: Facts, template: Template) -> Facts | None:
        while True:
            step = next_step(facts, template, self._clock())
            if step.step is Step.PUBLISH:
                settled = await self._publish(hold, facts, template, step)
            elif step.step is Step.CONFIRM and step.publication is not None:
                settled = await self._confirm(hold, facts, template, step.publication)
            elif step.step is Step.WAIT and step.publication is not None:
                await self._let_go(hold, facts, step.publication)
                return None
            else:
                self._lanes.free(facts.run.account, facts.run.id)
                return facts
            facts = with_publication(facts, settled.publication)
            if settled.retry_at is not None:
                await self._writer.submit(runs.release(hold, not_before=settled.retry_at, now=self._clock()))
                return None

    async def _publish(self, hold: Hold, facts: Facts, template: Template, step: Next) -> _Settled:
        """Intend, send and settle one part."""
        run = facts.run
        await self._keep_distance(run.account, step.part)
        publication = new_publication(facts, step, self._clock(), self._install, self._new_id())
        ledger = _Ledger(self, hold, facts, template)
        await publish(publication, ledger=ledger, publisher=self._publisher, may_send=self._may_send(hold))
        return ledger.settled

    async def _confirm(self, hold: Hold, facts: Facts, template: Template, publication: Publication) -> _Settled:
        """Ask once what became of a publication, and record the answer."""
        self._may_send(hold)()
        taken = await asyncio.to_thread(self._taken, facts.run.account)
        settlement = await self._publisher.ask(publication, taken=taken)
        log.info("publication.asked", outcome=str(settlement.outcome), found_by=settlement.found_by)
        return await self.settle(hold, facts, template, publication, settlement, asks=publication.asks + 1)

    async def settle(
        self,
        hold: Hold,
        facts: Facts,
        template: Template,
        publication: Publication,
        settlement: Settlement,
        *,
        asks: int,
    ) -> _Settled:
        """Record what is known about *publication*, with the events, in one transaction."""
        now = self._clock()
        if settlement.pause is not None:  # certainly not out, and the owner is needed first: this run is over
            settlement = replace(settlement, outcome=Outcome.REFUSED, reason=settlement.pause, retry_at=None)
        unknown = settlement.outcome is Outcome.UNKNOWN
        ask_at = next_ask(asks, publication.intended_at, now) if unknown else None
        post = await self._post(facts.run.id, publication)
        await self._writer.submit(
            publications.settle(
                hold,
                publication.id,
                settlement,
                group=publication.group,
                part=publication.part,
                now=now,
                asks=asks,
                next_ask_at=ask_at,
                post_status=STATUS_OF[settlement.outcome],
                events=self._told(facts, template, publication, post, settlement, now),
            )
        )
        self._remember_settled(facts, publication, settlement, now)
        settled = replace(
            publication,
            outcome=settlement.outcome,
            tweet_id=settlement.tweet_id,
            reason=settlement.reason,
            status_url=settlement.status_url or publication.status_url,
            asks=asks,
            next_ask_at=ask_at,
            settled_at=None if unknown else now,
            settled_by=settlement.found_by,
        )
        return _Settled(settled, settlement.retry_at if settlement.outcome is Outcome.DEFERRED else None)

    def _told(
        self,
        facts: Facts,
        template: Template,
        publication: Publication,
        post: Post,
        settlement: Settlement,
        now: datetime,
    ) -> Sequence[NewEvent]:
        """Give the events of a settlement: out, or not known for the first time."""
        told = Events(template, self._new_id)
        if settlement.outcome is Outcome.CONFIRMED:
            return [told.published(facts.run, _published(post, settlement, now), now)]
        if settlement.outcome is Outcome.UNKNOWN and publication.outcome is None:
            return [told.unknown(facts.run, post, publication, settlement.detail or settlement.reason, now)]
        return []

    async def _keep_distance(self, account: str, part: int) -> None:
        """Wait out the account's spacing before a post, and the gap between the parts of a thread."""
        wait = self._thread_gap if part else self._lanes.wait_for_spacing(account)
        if wait > timedelta(0):
            await self._sleep(wait.total_seconds())

    async def _let_go(self, hold: Hold, facts: Facts, publication: Publication) -> None:
        """Stop working on a run whose publication is unknown: until the next question, or until a person decides."""
        now = self._clock()
        self._lanes.free(facts.run.account, facts.run.id)
        if publication.next_ask_at is not None:
            await self._writer.submit(runs.release(hold, not_before=publication.next_ask_at, now=now))
        else:
            await self._writer.submit(runs.release(hold, not_before=None, now=now, status=RunStatus.UNKNOWN))

    async def tidy(self, facts: Facts, template: Template, status: RunStatus) -> None:
        """Take back the parts of an unfinished thread when its template says so."""
        self._lanes.free(facts.run.account, facts.run.id)
        if status is not RunStatus.PARTIAL or template.on_partial is not OnPartial.DELETE:
            return
        for publication in reversed(facts.publications):
            if publication.outcome is Outcome.CONFIRMED and publication.tweet_id:
                await self._publisher.delete(facts.run.account, publication.tweet_id)

    def remember(self, run_id: str, posts: Sequence[Post]) -> None:
        """Keep a run's posts at hand while it is worked on."""
        self._posts[run_id] = tuple(posts)

    def forget(self, run_id: str) -> None:
        self._posts.pop(run_id, None)

    async def posts_of(self, run_id: str) -> tuple[Post, ...]:
        """Give a run's posts, in order of group and part."""
        if run_id not in self._posts:
            self._posts[run_id] = tuple(await asyncio.to_thread(self._read_posts, run_id))
        return self._posts[run_id]

    async def _post(self, run_id: str, publication: Publication) -> Post:
        posts = await self.posts_of(run_id)
        return next(post for post in posts if (post.group, post.part) == (publication.group, publication.part))

    def _remember_settled(self, facts: Facts, publication: Publication, settlement: Settlement, now: datetime) -> None:
        run = facts.run
        confirmed = settlement.outcome is Outcome.CONFIRMED
        self._posts[run.id] = tuple(
            _with_outcome(post, settlement, now)
            if (post.group, post.part) == (publication.group, publication.part)
            else post
            for post in self._posts.get(run.id, ())
        )
        if confirmed:
            self._lanes.sent(run.account)
        if confirmed and facts.chosen and publication.part + 1 < len(facts.chosen[publication.group].parts):
            self._lanes.hold(run.account, run.id, now + THREAD_DEADLINE)

    def _read_posts(self, run_id: str) -> list[Post]:
        with self._database.read() as connection:
            return posts_storage.list_posts(connection, run_id=run_id, limit=None)

    def _taken(self, account: str) -> set[str]:
        with self._database.read() as connection:
            return publications.settled_tweet_ids(connection, account)

    async def intend(self, hold: Hold, publication: Publication) -> None:
        """Commit the intention to send. Only after this may the request leave."""
        await self._writer.submit(publications.intend(hold, publication))


class _Settled:
    """A publication after it was settled, and when a deferred one may be tried again."""

    __slots__ = ("publication", "retry_at")

    def __init__(self, publication: Publication, retry_at: datetime | None) -> None:
        self.publication = publication
        self.retry_at = retry_at


class _Ledger:
    """The ledger of one run, under its hold, as `publishers.ledger.publish` wants it."""

    def __init__(self, publishing: Publishing, hold: Hold, facts: Facts, template: Template) -> None:
        self._publishing = publishing
        self._hold = hold
        self._facts = facts
        self._template = template
        self.settled: _Settled

    async def intend(self, publication: Publication) -> None:
        await self._publishing.intend(self._hold, publication)

    async def settle(self, publication: Publication, settlement: Settlement) -> None:
        self.settled = await self._publishing.settle(
            self._hold, self._facts, self._template, publication, settlement, asks=0
        )


def new_publication(facts: Facts, step: Next, now: datetime, install: str, public_id: str) -> Publication:
    """Give the publication of one part: its text, what it replies to, and a key of its own."""
    run = facts.run
    if facts.chosen is None:
        raise LeaseLost(run.id)
    before = [
        each
        for each in facts.publications
        if each.group == step.group and each.part == step.part - 1 and each.outcome is Outcome.CONFIRMED
    ]
    return Publication(
        id=public_id,
        run_id=run.id,
        template_id=run.template_id,
        account=run.account,
        group=step.group,
        part=step.part,
        attempt=step.attempt,
        idempotency_key=idempotency_key(install, run.id, step.group, step.part, step.attempt),
        text=facts.chosen[step.group].parts[step.part].text,
        reply_to=before[-1].tweet_id if before else None,
        intended_at=now,
    )


def with_publication(facts: Facts, publication: Publication) -> Facts:
    """Put *publication* into the facts, in place of its earlier state."""
    others = [each for each in facts.publications if each.id != publication.id]
    ordered = sorted([*others, publication], key=lambda each: (each.group, each.part, each.attempt))
    return replace(facts, publications=tuple(ordered))


def _published(post: Post, settlement: Settlement, now: datetime) -> Post:
    return replace(post, status=PostStatus.PUBLISHED, tweet_id=settlement.tweet_id, published_at=now)


def _with_outcome(post: Post, settlement: Settlement, now: datetime) -> Post:
    if settlement.outcome is Outcome.CONFIRMED:
        return _published(post, settlement, now)
    return replace(post, status=STATUS_OF[settlement.outcome], error=settlement.reason)
