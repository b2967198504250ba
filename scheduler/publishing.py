"""The steps PUBLISH and CONFIRM, in the account's turn: part by part, each intended before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from domain.duration import format_duration
from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiUnavailable, LeaseLost, OverBudget
from domain.publication import Outcome, Publication, Settlement, idempotency_key, out_at
from domain.reasons import Reason
from domain.run import WAITS_FOR, Facts, Hold, RunStatus
from domain.template import OnPartial, Template
from publishers.ledger import publish
from publishers.x import Publisher
from scheduler.ai_label import is_labelled
from scheduler.lanes import AccountBusy, HandedOver, Lanes
from scheduler.last_look import LastLook
from scheduler.next_step import THREAD_DEADLINE, Next, Step, next_step
from scheduler.operations import deleting
from scheduler.pictures import Attaches
from scheduler.run_posts import RunPosts
from scheduler.settling import RunLedger, Settled
from scheduler.spending import Spending
from storage import publications, runs
from storage.database import Database
from storage.writer import Writer

log = structlog.get_logger(__name__)


class TakesBack(Publisher, Protocol):
    """A publisher that can also take back what it sent."""

    async def delete(self, account: str, tweet_id: str) -> bool: ...


ON_PARTIAL = "on_partial"  # who deleted a part: the template's own wish
LOOK_AGAIN = timedelta(seconds=5)  # how often a run looks whether a thread has given its account back


class Publishing:
    """Publishes a run's posts in its account's turn, at most once each."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        publisher: TakesBack,
        lanes: Lanes,
        posts: RunPosts,
        may_send: Callable[[Hold], Callable[[], None]],
        install: str,
        thread_gap: timedelta,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        labels_ai: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spending: Spending | None = None,
        last_look: LastLook | None = None,
        pictures: Attaches | None = None,
    ) -> None:
        """*labels_ai* tells that the publisher can label a post as made with AI; without *pictures* none is sent."""
        self._pictures = pictures
        self._last_look = last_look
        self._database = database
        self._writer = writer
        self._publisher = publisher
        self._lanes = lanes
        self._posts = posts
        self._may_send = may_send
        self._install = install
        self._thread_gap = thread_gap
        self._clock = clock
        self._new_id = new_id
        self._labels_ai = labels_ai
        self._sleep = sleep
        self.spending = spending or Spending(database)

    async def in_turn(self, hold: Hold, facts: Facts, template: Template) -> Facts | None:
        """Take the account's turn and publish until the run is done; None when the run was let go to wait."""
        run = facts.run
        try:
            async with self._lanes.turn(run.account, run.id, run.slot_at):
                return await self._publish_parts(hold, facts, template)
        except AccountBusy as busy:  # a worker does not wait for one account while others have something to do
            now = self._clock()
            await self._writer.submit(runs.release(hold, not_before=min(busy.until, now + LOOK_AGAIN), now=now))
            return None
        except HandedOver:
            return None

    async def _publish_parts(self, hold: Hold, facts: Facts, template: Template) -> Facts | None:
        while True:
            step = next_step(facts, template, self._clock())
            if step.step is Step.PUBLISH:
                if await self._put_off(hold, facts, step):
                    return None
                settled = await self._publish(hold, facts, template, step)
            elif step.step is Step.CONFIRM and step.publication is not None:
                settled = await self._confirm(hold, facts, template, step.publication)
            elif step.step is Step.WAIT and step.publication is not None:
                await self._let_go(hold, facts, step.publication)
                return None
            else:
                self._lanes.free(facts.run.account, facts.run.id)
                return facts
            self._note(facts, settled.publication)
            facts = with_publication(facts, settled.publication)
            if settled.retry_at is not None:
                at, waits_for = settled.retry_at, settled.waits_for
                await self._writer.submit(runs.release(hold, not_before=at, now=self._clock(), detail=waits_for))
                return None

    async def _publish(self, hold: Hold, facts: Facts, template: Template, step: Next) -> Settled:
        """Intend, send and settle one part, its picture uploaded before it is intended.

        Raises TooSimilar when its account has said the post meanwhile.
        """
        await self._keep_distance(facts.run.account, step.part)
        if self._last_look is not None and step.part == 0:
            await self._last_look.refuse_repetition(facts, template, step.group)
        publication = new_publication(facts, step, self._clock(), self._install, self._new_id())
        if self._labels_ai and is_labelled(template, facts, step.group):
            publication = replace(publication, made_with_ai=True)
        ledger = self._ledger(hold, facts, template)
        if self._pictures is not None and step.part == 0:
            post = await self._posts.at(publication)
            found = await self._pictures.attached(publication, post, facts, template, self._may_send(hold))
            if isinstance(found, Settlement):
                log.info("publication.not_sent", part=step.part, outcome=str(found.outcome), reason=found.reason)
                return await ledger.not_sent(publication, found)
            publication = found
        ledger.reserve = await self.spending.reservation(facts, template, self._clock())
        try:
            await publish(publication, ledger=ledger, publisher=self._publisher, may_send=self._may_send(hold))
        except OverBudget as error:
            raise await self.spending.refusal(facts, template, self._clock(), error) from error
        if ledger.settled is None:
            raise LeaseLost(facts.run.id)
        log.info("publication.sent", part=step.part, outcome=str(ledger.settled.publication.outcome))
        return ledger.settled

    async def _confirm(self, hold: Hold, facts: Facts, template: Template, publication: Publication) -> Settled:
        """Ask once what became of a publication, and record the answer."""
        self._may_send(hold)()
        taken = await asyncio.to_thread(self._taken, facts.run.account)
        try:
            settlement = await self._publisher.ask(publication, taken=taken, may_send=self._may_repeat(hold, facts))
        except ApiBlocked as error:  # a key that may not ask learns nothing: the outcome stays what it was
            settlement = Settlement(Outcome.UNKNOWN, "nobody", reason=error.code, detail=str(error))
        except (LeaseLost, ApiLimited):
            raise
        except Exception as error:  # counted as a question, or it would be asked for ever and nobody told
            log.exception("publication.ask_failed")
            settlement = Settlement(Outcome.UNKNOWN, "nobody", detail=f"asking failed: {type(error).__name__}")
        log.info("publication.asked", outcome=str(settlement.outcome), found_by=settlement.found_by)
        return await self._ledger(hold, facts, template).record(publication, settlement, asks=publication.asks + 1)

    def _may_repeat(self, hold: Hold, facts: Facts) -> Callable[[], None]:
        """Give what is asked before a request is repeated under its key: of a run from before a restore none is.

        The daemon of that time may have found it unsent and sent it under another key, of which nothing is known now.
        """
        held = self._may_send(hold)
        return _refuse_to_repeat(held) if facts.run.reason is Reason.RESTORED else held

    def _ledger(self, hold: Hold, facts: Facts, template: Template) -> RunLedger:
        return RunLedger(
            hold=hold,
            facts=facts,
            template=template,
            writer=self._writer,
            posts=self._posts,
            clock=self._clock,
            new_id=self._new_id,
            sleep=self._sleep,
            spending=self.spending,
        )

    async def _keep_distance(self, account: str, part: int) -> None:
        """Wait out what is left of the account's gap before a post, and the gap between the parts of a thread."""
        wait = self._thread_gap if part else self._lanes.wait_for_gap(account)
        if wait > timedelta(0):
            await self._sleep(wait.total_seconds())

    async def _put_off(self, hold: Hold, facts: Facts, step: Next) -> bool:
        """Let go of a run whose account's gap is longer than a worker waits; tell whether it was so.

        A thread that has started goes on: the gap is between posts, and not between their parts.
        """
        wait = timedelta(0) if step.part else self._lanes.wait_for_gap(facts.run.account)
        if wait <= self._lanes.patience:
            return False
        now = self._clock()
        self._lanes.free(facts.run.account, facts.run.id)  # the thread before this post is done
        gap = format_duration(self._lanes.gap(facts.run.account))
        detail = f"{WAITS_FOR} its account's gap of {gap} between posts"
        await self._writer.submit(runs.release(hold, not_before=now + wait, now=now, detail=detail))
        return True

    def _note(self, facts: Facts, publication: Publication) -> None:
        """Keep the account's gap after what may be out, and the account itself for a thread that has started."""
        if publication.outcome not in {Outcome.REFUSED, Outcome.DEFERRED}:
            at = out_at(publication.intended_at, publication.settled_at, publication.tweet_id)
            self._lanes.sent(publication.account, at)
        if publication.outcome is not Outcome.CONFIRMED or facts.chosen is None:
            return
        if publication.part + 1 < len(facts.chosen[publication.group].parts):
            self._lanes.hold(publication.account, publication.run_id, self._clock() + THREAD_DEADLINE)

    async def _let_go(self, hold: Hold, facts: Facts, publication: Publication) -> None:
        """Stop working on a run whose publication is unknown: until the next question, or until a person decides."""
        now = self._clock()
        self._lanes.free(facts.run.account, facts.run.id)
        if publication.next_ask_at is not None:
            await self._writer.submit(runs.release(hold, not_before=publication.next_ask_at, now=now))
        else:
            await self._writer.submit(runs.release(hold, not_before=None, now=now, status=RunStatus.UNKNOWN))

    async def tidy(self, facts: Facts, template: Template, status: RunStatus) -> None:
        """Take back the parts of an unfinished thread, the last first, when its template says so.

        Not after a restore: the thread may have been finished since the backup.
        """
        self._lanes.free(facts.run.account, facts.run.id)
        if status is not RunStatus.PARTIAL or template.on_partial is not OnPartial.DELETE:
            return
        if facts.run.reason is Reason.RESTORED:
            return
        for publication in reversed(facts.publications):
            if publication.outcome is Outcome.CONFIRMED and not _complete(facts, publication.group):
                await self._take_back(publication)

    async def _take_back(self, publication: Publication) -> None:
        """Delete one part. What is not certainly gone stays published, and the event of the partial thread names it."""
        try:
            gone = await self._publisher.delete(publication.account, publication.tweet_id or "")
        except ApiError as error:
            log.warning("post.not_deleted", tweet_id=publication.tweet_id, error=str(error))
            return
        if gone:
            post = await self._posts.taken_back(publication)
            told = partial(deleting.record, post=post, by=ON_PARTIAL, note=None, now=self._clock(), new_id=self._new_id)
            await self._writer.call(partial(told, cost=self.spending.deletion))

    def _taken(self, account: str) -> set[str]:
        with self._database.read() as connection:
            return publications.settled_tweet_ids(connection, account)


def _refuse_to_repeat(held: Callable[[], None]) -> Callable[[], None]:
    def refuse() -> None:
        held()
        raise ApiUnavailable("nothing was sent: the database was restored after the publication was intended")

    return refuse


def _complete(facts: Facts, group: int) -> bool:
    """Tell whether every part of one of the run's posts is out."""
    out = sum(each.outcome is Outcome.CONFIRMED for each in facts.publications if each.group == group)
    return facts.chosen is not None and out == len(facts.chosen[group].parts)


def new_publication(facts: Facts, step: Next, now: datetime, install: str, public_id: str) -> Publication:
    """Give the publication of one part: its text, what it replies to, and a key of its own."""
    run = facts.run
    if facts.chosen is None:
        raise ValueError("a part is published only after its draft was chosen")
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
