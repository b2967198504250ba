"""Doing what `next_step` decides: each step performed, recorded, and the question asked again.

There is no long function to resume in the middle. Interrupted anywhere, the run is claimed again and goes on from what
was recorded. A run is written about only under its hold: when another worker has claimed it, every write fails with
LeaseLost and this worker stops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from domain.errors import ApiBlocked, ApiLimited, LeaseLost, WriterError
from domain.event import EventType
from domain.publication import Outcome
from domain.reasons import Reason
from domain.run import Facts, Hold, RunStatus
from domain.template import Template, TemplateStatus
from generators.choose import choose
from scheduler.editor import Editor, worth_refining
from scheduler.events import Events
from scheduler.next_step import Next, Step, next_step
from scheduler.publishing import Publishing
from scheduler.run_posts import RunPosts, new_posts
from storage import events, runs, templates
from storage.runs.steps import Items
from storage.writer import Writer

log = structlog.get_logger(__name__)

AFTER_ERROR = timedelta(minutes=1)
BLOCKED = frozenset({Reason.API_BLOCKED, Reason.ACCOUNT_BLOCKED})
NOTHING_NEW = "nothing new"  # how a WriterError begins when everything was posted before

# What becomes of the feed items that a run reserved, by how it ended. Anything not named here is "spent": the item was
# looked at and will not be tried again.
ITEMS_AFTER: dict[Reason | None, Items] = {
    None: "used",
    Reason.THREAD_PARTIAL: "used",
    Reason.API_BLOCKED: "released",
    Reason.ACCOUNT_BLOCKED: "released",
    Reason.TOO_LATE: "released",
    Reason.CANCELLED: "released",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run before it came to publishing."""

    status: RunStatus
    reason: Reason
    detail: str | None = None


class Runner:
    """Works on claimed runs, any number at once; publishing is handed to the account's lane."""

    def __init__(
        self,
        *,
        writer: Writer,
        editor: Editor,
        publishing: Publishing,
        posts: RunPosts,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._writer = writer
        self._editor = editor
        self._publishing = publishing
        self._posts = posts
        self._clock = clock
        self._new_id = new_id

    async def work(self, hold: Hold, facts: Facts, template: Template) -> None:
        """Work on one run until it is finished, held, or waits for something."""
        with structlog.contextvars.bound_contextvars(run=facts.run.id, template=template.name):
            try:
                await self._advance(hold, facts, template)
            except LeaseLost:
                log.warning("run.lost", slot_at=facts.run.slot_at.isoformat())
            except ApiLimited as error:
                await self._writer.submit(runs.release(hold, not_before=error.retry_at, now=self._clock()))
            except ApiBlocked as error:
                await self._give_up(hold, template, Finished(RunStatus.FAILED, blocked(error), str(error)))
            except Exception:  # a bug of ours: logged with its traceback, and the run is told of as failed
                log.exception("run.error")
                await self._give_up(hold, template, Finished(RunStatus.FAILED, Reason.INTERNAL_ERROR))
            finally:
                self._posts.forget(hold.run_id)

    async def _advance(self, hold: Hold, facts: Facts, template: Template) -> None:
        while True:
            step = next_step(facts, template, self._clock())
            if step.step is Step.GATHER:
                facts = await self._gather(hold, facts, template)
            elif step.step is Step.COMPOSE:
                try:
                    facts = await self._compose(hold, facts, template)
                except WriterError as error:
                    await self._finish(hold, facts, template, _unwritten(error))
                    return
            elif step.step in {Step.SCORE, Step.REFINE}:
                facts = await self._score(hold, facts, template, step.step)
            elif step.step is Step.HOLD:
                await self._hold(hold, facts, template)
                return
            elif step.step is Step.DONE:
                await self._done(hold, facts, template, step)
                return
            else:
                facts_or_none = await self._publishing.in_turn(hold, facts, template)
                if facts_or_none is None:
                    return
                facts = facts_or_none

    async def _gather(self, hold: Hold, facts: Facts, template: Template) -> Facts:
        now = self._clock()
        gathered = await self._editor.gather(template, now)
        await self._writer.submit(
            runs.record_gather(
                hold,
                gathered.materials,
                gathered.rejected,
                item_ids=gathered.item_ids,
                template_id=template.id,
                now=self._clock(),
            )
        )
        return replace(facts, material=gathered.materials, rejected=gathered.rejected)

    async def _compose(self, hold: Hold, facts: Facts, template: Template) -> Facts:
        drafts = await self._editor.compose(template, facts.run, facts.material or ())
        await self._writer.submit(runs.record_drafts(hold, drafts, now=self._clock()))
        return replace(facts, drafts=drafts)

    async def _score(self, hold: Hold, facts: Facts, template: Template, step: Step) -> Facts:
        """Score what is unscored; then either record it and go on refining, or choose."""
        drafts = facts.drafts or ()
        if step is Step.REFINE:
            drafts = await self._editor.refine(template, facts.run, facts.material or (), drafts)
        unscored = tuple(draft for draft in drafts if draft.score is None)
        newly = await self._editor.score(unscored) if unscored else ()
        scored = (*(draft for draft in drafts if draft.score is not None), *newly)
        if step is Step.SCORE and worth_refining(scored, maximum_drafts=template.maximum_drafts):
            await self._writer.submit(runs.record_drafts(hold, scored, now=self._clock()))
            return replace(facts, drafts=scored)
        return await self._choose(hold, replace(facts, drafts=scored), template)

    async def _choose(self, hold: Hold, facts: Facts, template: Template) -> Facts:
        drafts = facts.drafts or ()
        choice = choose(drafts, count=template.count, minimum_score=template.minimum_score)
        now = self._clock()
        posts = new_posts(facts.run, choice.drafts, now, self._new_id)
        chosen = [draft.id for draft in choice.drafts]
        await self._writer.submit(runs.record_choice(hold, drafts, chosen, choice.reason, posts, now=now))
        self._posts.remember(facts.run.id, posts)
        return replace(facts, chosen=choice.drafts, choice_reason=choice.reason)

    async def _hold(self, hold: Hold, facts: Facts, template: Template) -> None:
        """Lay the chosen drafts before a person and let go of the run."""
        now = self._clock()
        posts = await self._posts.of(facts.run.id)
        event = Events(template, self._new_id).held(facts.run, posts, now)
        await self._writer.submit(runs.record_held(hold, [event], now=now))

    async def _done(self, hold: Hold, facts: Facts, template: Template, step: Next) -> None:
        status, reason = step.status or RunStatus.FAILED, step.reason
        detail = _detail(facts, reason)
        await self._publishing.tidy(facts, template, status)
        await self._finish(hold, facts, template, Finished(status, reason, detail) if reason else None)

    async def _finish(self, hold: Hold, facts: Facts, template: Template, end: Finished | None) -> None:
        """Record how the run ended, with its events, in one transaction; *end* None means that everything is out."""
        now = self._clock()
        status = end.status if end else RunStatus.POSTED
        reason = end.reason if end else None
        posts = await self._posts.of(facts.run.id) if facts.chosen else ()
        told = Events(template, self._new_id)
        happened = [told.finished(facts.run, status, reason, end.detail if end else None, posts, now)]
        if status is RunStatus.PARTIAL:
            happened.insert(0, told.partial(facts.run, posts, now))
        await self._writer.submit(
            runs.finish(
                hold,
                status=status,
                reason=reason,
                detail=end.detail if end else None,
                events=happened,
                items=ITEMS_AFTER.get(reason, "spent"),
                now=now,
            )
        )
        await self._pause_if_blocked(facts, template, end)
        log.info("run.finished", status=str(status), reason=reason and str(reason))

    async def _pause_if_blocked(self, facts: Facts, template: Template, end: Finished | None) -> None:
        """Pause the template when its key, credits or account need their owner."""
        found = {str(end.reason)} if end else set()
        found |= {str(each.reason) for each in facts.publications if each.outcome is Outcome.REFUSED}
        reason = next((reason for reason in sorted(BLOCKED) if str(reason) in found), None)
        if reason is None:
            return
        now = self._clock()
        note = end.detail if end else None
        event = Events(template, self._new_id).of_template(EventType.TEMPLATE_PAUSED, now, reason, note)

        def pause(connection: Connection) -> None:
            templates.set_status(
                connection, template.id, TemplateStatus.PAUSED, now=now, reason=reason, note=note, next_slot_at=None
            )
            events.record(connection, [event])

        await self._writer.call(pause)

    async def _give_up(self, hold: Hold, template: Template, end: Finished) -> None:
        """End a run in mid-way; one that may have posted is asked about later instead."""
        facts = await self._writer.call(lambda c: runs.facts(c, hold.run_id))
        now = self._clock()
        try:
            if any(each.outcome in {None, Outcome.UNKNOWN} for each in facts.publications):
                await self._writer.submit(runs.release(hold, not_before=now + AFTER_ERROR, now=now))
            else:
                await self._finish(hold, facts, template, end)
        except LeaseLost:
            log.warning("run.lost")


def blocked(error: ApiBlocked) -> Reason:
    """Tell whether the key and its credits, or the X account, need their owner."""
    return Reason.ACCOUNT_BLOCKED if error.status == 403 else Reason.API_BLOCKED


def _unwritten(error: WriterError) -> Finished:
    reason = Reason.NOTHING_NEW if str(error).startswith(NOTHING_NEW) else Reason.NO_DRAFT
    return Finished(RunStatus.SKIPPED, reason, str(error))


def _detail(facts: Facts, reason: Reason | None) -> str | None:
    """Say more about *reason*, from what was recorded."""
    if reason in {Reason.SOURCES_FAILED, Reason.NOTHING_NEW}:
        return "; ".join(f"{each.reference}: {each.reason}" for each in facts.rejected) or None
    if reason is Reason.SCORE_TOO_LOW:
        return facts.choice_reason
    refused = [each for each in facts.publications if each.outcome is Outcome.REFUSED]
    return refused[-1].reason if refused and reason is not None else None
