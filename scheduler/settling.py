"""Recording the intention to send a part and what became of it, with its events, under the run's hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from domain.errors import Conflict
from domain.event import NewEvent
from domain.publication import Outcome, Post, Publication, Settlement
from domain.run import WAITS_FOR, Facts, Hold
from domain.template import Template
from publishers.asking import next_ask
from scheduler.events import Events
from scheduler.run_posts import STATUS_OF, RunPosts
from scheduler.spending import Spending
from storage import publications
from storage.statements import Statement
from storage.writer import CommitFailed, DatabaseFailing, Writer

log = structlog.get_logger(__name__)

SETTLE_TRIES = 30  # an answer that only this process knows is worth half a minute of a database that fails
SETTLE_PAUSE = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Settled:
    """A publication after it was settled, and when a deferred one may be tried again.

    *waits_for* is what all posts of its account wait for until then; None where only this one waits.
    """

    publication: Publication
    retry_at: datetime | None = None
    waits_for: str | None = None


class RunLedger:
    """The ledger of one run, as `publishers.ledger.publish` wants it."""

    def __init__(
        self,
        *,
        hold: Hold,
        facts: Facts,
        template: Template,
        writer: Writer,
        posts: RunPosts,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        sleep: Callable[[float], Awaitable[None]],
        spending: Spending,
    ) -> None:
        self._hold = hold
        self._facts = facts
        self._told = Events(template, new_id)
        self._writer = writer
        self._posts = posts
        self._clock = clock
        self._sleep = sleep
        self._spending = spending
        self.reserve: Sequence[Statement] = ()  # what is reserved with the intention
        self.settled: Settled | None = None

    async def intend(self, publication: Publication) -> None:
        """Commit the intention to send. Only after this may the request leave. Raises OverBudget when it may not."""
        await self._writer.submit(publications.intend(self._hold, publication, self.reserve))

    async def not_sent(self, publication: Publication, settlement: Settlement) -> Settled:
        """Record an attempt that ended before anything could be sent. Raises LeaseLost where it may not be made."""
        now = self._clock()
        settlement = _for_good(settlement)
        await self._posts.with_settlement(publication, settlement, now)
        status = STATUS_OF[settlement.outcome]
        await self._writer.submit(
            publications.not_sent(self._hold, publication, settlement, now=now, post_status=status)
        )
        self.settled = _settled(publication, settlement, now)
        return self.settled

    async def settle(self, publication: Publication, settlement: Settlement) -> None:
        """Record the answer to the request itself. While the database fails it is tried again: only we know it."""
        for tried in range(SETTLE_TRIES):
            try:
                await self.record(publication, settlement, asks=0)
                return
            except (DatabaseFailing, CommitFailed) as error:
                log.warning("publication.unsettled", outcome=str(settlement.outcome), error=str(error))
                if tried == SETTLE_TRIES - 1:
                    raise
                await self._sleep(SETTLE_PAUSE)

    async def record(self, publication: Publication, settlement: Settlement, *, asks: int) -> Settled:
        """Record what is known about *publication* after *asks* questions, with the events, in one transaction.

        A tweet settles one publication only: one that settles another already proves nothing about this one.
        """
        if settlement.outcome is Outcome.CONFIRMED:
            try:
                return await self._record(publication, settlement, asks)
            except Conflict as error:
                if not await self._settles_another(publication, settlement):
                    raise
                detail = f"tweet {settlement.tweet_id} was given as the answer: {error}"
                settlement = Settlement(Outcome.UNKNOWN, settlement.found_by, detail=detail)
        return await self._record(publication, settlement, asks)

    async def _settles_another(self, publication: Publication, settlement: Settlement) -> bool:
        def found(connection: Connection) -> bool:
            return publications.settled_by_tweet(connection, settlement.tweet_id or "") not in {None, publication.id}

        return await self._writer.call(found)

    async def _record(self, publication: Publication, settlement: Settlement, asks: int) -> Settled:
        now = self._clock()
        if settlement.status_url is None and publication.status_url is not None:
            settlement = replace(settlement, status_url=publication.status_url)
        settlement = _for_good(settlement)
        unknown = settlement.outcome is Outcome.UNKNOWN
        ask_at = next_ask(asks, publication.intended_at, now) if unknown else None
        post = await self._posts.with_settlement(publication, settlement, now)
        await self._writer.submit(
            publications.settle(
                self._hold,
                publication.id,
                settlement,
                group=publication.group,
                part=publication.part,
                now=now,
                asks=asks,
                next_ask_at=ask_at,
                post_status=STATUS_OF[settlement.outcome],
                events=self._events(publication, post, settlement, asks, now),
                payment=self._spending.settlement(self._facts, publication, settlement, now),
            )
        )
        self._spending.paid(settlement)
        self.settled = _settled(replace(publication, asks=asks, next_ask_at=ask_at), settlement, now)
        return self.settled

    def _events(
        self, publication: Publication, post: Post, settlement: Settlement, asks: int, now: datetime
    ) -> Sequence[NewEvent]:
        """Give the events of a settlement: the part is out, or the first question about it found nothing.

        The first question comes right after the send: what it finds was never unknown to anybody.
        """
        run = self._facts.run
        if settlement.outcome is Outcome.CONFIRMED:
            return [self._told.published(run, post, now)]
        if settlement.outcome is Outcome.UNKNOWN and asks == 1:
            return [self._told.unknown(run, post, publication, settlement.detail or settlement.reason, now)]
        return []


def _for_good(settlement: Settlement) -> Settlement:
    """Give REFUSED for what is certainly not out and needs the owner first: the run is over."""
    if settlement.pause is None:
        return settlement
    return replace(settlement, outcome=Outcome.REFUSED, reason=settlement.pause, retry_at=None)


def _settled(publication: Publication, settlement: Settlement, now: datetime) -> Settled:
    unknown = settlement.outcome is Outcome.UNKNOWN
    settled = replace(
        publication,
        outcome=settlement.outcome,
        tweet_id=settlement.tweet_id,
        reason=settlement.reason,
        status_url=settlement.status_url,
        settled_at=None if unknown else now,
        settled_by=None if unknown else settlement.found_by,
    )
    if settlement.outcome is not Outcome.DEFERRED:
        return Settled(settled)
    waits_for = f"{WAITS_FOR} the API's limit: {settlement.detail}" if settlement.limited else None
    return Settled(settled, settlement.retry_at, waits_for)
