"""The step ASK: a system of the owner's decides about a run's posts before anything is published.

A question is one row's worth of facts: its id and deadline are on disk before the first request leaves, and a decision
is on disk before it is acted on. Each attempt is one request; between attempts nobody works on the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import structlog

from callbacks.asking import Answer, ask
from callbacks.refused import Refused
from domain.errors import InvalidInput
from domain.event import Webhook
from domain.question import DEFAULTS, Decision, Question, revision_of
from domain.run import Facts, Hold
from domain.template import PrePublish, Template
from scheduler.question_body import body
from scheduler.revisions import CALLBACK, Revised, read_texts, revise
from scheduler.run_posts import RunPosts
from storage import runs, webhooks
from storage.database import Database
from storage.webhooks import Cipher
from storage.writer import Writer

log = structlog.get_logger(__name__)

LONGEST_REQUEST = 30.0  # seconds: a worker waits no longer for one answer, however far the deadline is
AT_ONCE = 16  # requests in flight: receivers that hang leave the other workers to other runs
LOOK_AGAIN = timedelta(seconds=1)  # when a run looks again whether there is room for its question
# The pauses after the first, second, … attempt without a decision; the last of them again and again.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60, 300))


class Asking:
    """Asks the `pre_publish` callbacks of templates, and records what they decide."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        cipher: Cipher,
        client: httpx.AsyncClient,
        posts: RunPosts,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        longest_request: float = LONGEST_REQUEST,
        at_once: int = AT_ONCE,
    ) -> None:
        self._database = database
        self._writer = writer
        self._cipher = cipher
        self._client = client
        self._posts = posts
        self._clock = clock
        self._new_id = new_id
        self._longest_request = longest_request
        self._room = at_once

    async def decide(self, hold: Hold, facts: Facts, template: Template) -> Facts | None:
        """Ask once, and give the facts with the decision; None when the run was let go to be asked about again.

        After the deadline the template's default is the decision. Raises LeaseLost when the run was cancelled or taken
        over meanwhile: then the answer counts for nothing.
        """
        wanted = template.pre_publish
        if wanted is None:
            return facts
        now = self._clock()
        if facts.question is not None and now >= facts.question.deadline:
            return await self._expire(hold, facts, facts.question, wanted, now)
        if self._room < 1:
            await self._writer.submit(runs.release(hold, not_before=now + LOOK_AGAIN, now=now))
            return None
        self._room -= 1
        try:
            question = facts.question or await self._first(hold, facts, wanted, now)
            return await self._attempt(hold, replace(facts, question=question), question, template)
        finally:
            self._room += 1

    async def _first(self, hold: Hold, facts: Facts, wanted: PrePublish, now: datetime) -> Question:
        question = Question(self._new_id(), revision_of(facts.chosen or ()), now, now + wanted.within)
        await self._writer.submit(runs.record_question(hold, question))
        return question

    async def _expire(self, hold: Hold, facts: Facts, question: Question, wanted: PrePublish, now: datetime) -> Facts:
        """Decide as the template says for want of an answer."""
        decided = replace(question, decision=DEFAULTS[wanted.default], decided_at=now)
        await self._writer.submit(runs.record_question(hold, decided))
        log.warning("pre_publish.expired", default=wanted.default.value, error=question.last_error)
        return replace(facts, question=decided)

    async def _attempt(self, hold: Hold, facts: Facts, question: Question, template: Template) -> Facts | None:
        try:
            answer = await self._ask(facts, question, template)
            revised = await self._revised(facts, answer)
        except Refused as error:
            await self._later(hold, question, error)
            return None
        return await self._record(hold, facts, question, answer, revised)

    async def _ask(self, facts: Facts, question: Question, template: Template) -> Answer:
        webhook = await asyncio.to_thread(self._webhook, template.id)
        if webhook is None:
            raise Refused("its webhook is gone; add the template's file again with --replace")
        now = self._clock()
        left = max((question.deadline - now).total_seconds(), 0)
        asked = body(facts, question, template, await self._posts.of(facts.run.id))
        return await ask(
            webhook,
            question.id,
            asked,
            revision=question.revision,
            client=self._client,
            now=now,
            time_limit=min(left, self._longest_request),
        )

    def _webhook(self, template_id: str) -> Webhook | None:
        with self._database.read() as connection:
            return webhooks.of_template(connection, template_id, self._cipher, asked=True)

    async def _revised(self, facts: Facts, answer: Answer) -> Revised:
        """Check what is to stand in the posts' place. Raises Refused, as for any answer that is wrong."""
        try:
            return revise(
                facts, read_texts(answer.texts, await self._posts.of(facts.run.id), field="post"), engine=CALLBACK
            )
        except InvalidInput as error:
            raise Refused(f"answered with texts that cannot be posted: {error}") from error

    async def _later(self, hold: Hold, question: Question, error: Refused) -> None:
        """Record what was wrong and let go of the run until it is asked about again, or until the deadline."""
        now = self._clock()
        tried = replace(question, attempts=question.attempts + 1, last_error=str(error))
        pause = max(PAUSES[min(question.attempts, len(PAUSES) - 1)], error.retry_after or timedelta(0))
        again = now + min(pause, max(question.deadline - now, timedelta(0)))
        log.info("pre_publish.refused", attempt=tried.attempts, error=str(error))
        await self._writer.submit(runs.release_asked(hold, tried, not_before=again))

    async def _record(self, hold: Hold, facts: Facts, question: Question, answer: Answer, revised: Revised) -> Facts:
        """Record the decision, and with it the new texts; then the run goes on."""
        decision = answer.decision
        if decision is Decision.REPLACE and not revised.new:
            decision = Decision.APPROVE  # every word is as it was
        decided = replace(question, decision=decision, reason=answer.reason, decided_at=self._clock())
        log.info("pre_publish.decided", decision=decision.value)
        if decision is not Decision.REPLACE:
            await self._writer.submit(runs.record_question(hold, decided))
            return replace(facts, question=decided)
        written = facts.drafts or ()
        await self._writer.submit(
            runs.record_replaced(hold, decided, revised.new, revised.chosen, written=len(written))
        )
        await self._posts.rewritten(facts.run.id, revised.chosen)
        return replace(facts, question=decided, drafts=(*written, *revised.new), chosen=revised.chosen)
