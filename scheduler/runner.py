"""Doing what `next_step` decides: each step performed, recorded, and the question asked again.

There is no long function to resume in the middle. Interrupted anywhere, the run is claimed again and goes on from what
was recorded. A run is written about only under its hold: when another worker has claimed it, every write fails with
LeaseLost and this worker stops.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.draft import Draft
from domain.errors import ApiBlocked, ApiLimited, Conflict, LeaseLost, OverBudget, TooSimilar, WriterError
from domain.event import EventType
from domain.publication import Outcome, Post, PostStatus
from domain.question import revision_of
from domain.reasons import Reason
from domain.run import Facts, Hold, RunStatus
from domain.template import Template, TemplateStatus
from generators.choose import choose
from scheduler.choices import Choices
from scheduler.editor import Editor, instructed, worth_refining
from scheduler.ending import (
    ITEMS_AFTER,
    Finished,
    blocked,
    gap_after,
    more_about,
    needs_owner,
    unwritten,
    with_what_is_out,
)
from scheduler.events import Events
from scheduler.illustrating import Illustrates
from scheduler.next_step import Next, Step, next_step
from scheduler.publishing import Publishing
from scheduler.researched import ResearchUnfinished
from scheduler.run_posts import RunPosts, new_posts
from storage import events, runs, templates
from storage.writer import CommitFailed, DatabaseFailing, Writer, WriterStopped

log = structlog.get_logger(__name__)

AFTER_ERROR = timedelta(minutes=1)
DATABASE_TROUBLE = (DatabaseFailing, CommitFailed, WriterStopped, DBAPIError)
AFTER_CONFLICT = timedelta(seconds=5)
CONFLICTS_WITHIN = timedelta(hours=1)  # of its start; a run that meets them longer is given up
SKIPPED_BY = {OverBudget: Reason.OVER_BUDGET, TooSimilar: Reason.TOO_SIMILAR}
STOPPED_WORK = (TimeoutError, MemoryError)  # of `Offload`: work that took too long or too much, or lost its process
STOPPED_WITHIN = timedelta(minutes=10)  # of its start: a machine that is busy for longer than that is told of


class Decides(Protocol):
    """Asks the `pre_publish` callback of a template about a run; None when the run was let go to be asked again."""

    async def decide(self, hold: Hold, facts: Facts, template: Template) -> Facts | None: ...


class Runner:
    """Works on claimed runs, any number at once; publishing is handed to the account's lane."""

    def __init__(
        self,
        *,
        writer: Writer,
        editor: Editor,
        publishing: Publishing,
        asking: Decides,
        posts: RunPosts,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        illustrate: Illustrates | None = None,
    ) -> None:
        """Without *illustrate* no post gets a picture."""
        self._illustrate = illustrate
        self._writer = writer
        self._editor = editor
        self._publishing = publishing
        self._asking = asking
        self._posts = posts
        self._clock = clock
        self._new_id = new_id
        self._choices = Choices()
        self._leave: Callable[[Hold], Awaitable[None]] = _nobody_waits

    def tell_who_leaves(self, leave: Callable[[Hold], Awaitable[None]]) -> None:
        """Have *leave* told of each run right before its end is written: another may be claimed in the same commit."""
        self._leave = leave

    def remember(self, run_id: str, posts: Sequence[Post]) -> None:
        """Keep the posts of a run that is about to be worked on: they were read with it."""
        self._posts.remember(run_id, posts)

    async def work(self, hold: Hold, facts: Facts, template: Template) -> None:
        """Work on one run until it is finished, held, or waits for something."""
        with structlog.contextvars.bound_contextvars(run=facts.run.id, template=template.name, template_id=template.id):
            try:
                await self._advance(hold, facts, template)
            except LeaseLost:  # a lease can lapse with nobody there to take it: then the run is given back
                await self._give_back(hold, self._clock())
            except ApiLimited as error:
                await self._give_back(hold, error.retry_at)
            except Conflict as error:  # SQL is not as this worker believed it to be: it is read anew
                log.warning("run.conflict", error=str(error))
                await self._try_again(hold, facts, template, AFTER_CONFLICT, CONFLICTS_WITHIN, None)
            except STOPPED_WORK as error:  # it may be the text, but more often the machine is busy with other things
                log.warning("run.work_stopped", error=str(error))
                await self._try_again(hold, facts, template, AFTER_ERROR, STOPPED_WITHIN, str(error))
            except ResearchUnfinished as error:
                await self._wait(hold, facts, template, error)
            except (OverBudget, TooSimilar) as error:
                await self._give_up(hold, template, Finished(RunStatus.SKIPPED, SKIPPED_BY[type(error)], str(error)))
            except ApiBlocked as error:
                await self._give_up(hold, template, Finished(RunStatus.FAILED, blocked(error), str(error)))
            except DATABASE_TROUBLE:  # the run is given back as it stands, and goes on when the database does
                raise
            except Exception:  # a bug of ours: logged with its traceback, and the run is told of as failed
                log.exception("run.error")
                await self._give_up(hold, template, Finished(RunStatus.FAILED, Reason.INTERNAL_ERROR))
            finally:
                self._posts.forget(hold.run_id)
                self._choices.forget(facts.run)

    async def _advance(self, hold: Hold, facts: Facts, template: Template) -> None:
        while True:
            step = next_step(facts, template, self._clock())
            if step.step is Step.GATHER:
                facts = await self._gather(hold, facts, template)
            elif step.step is Step.COMPOSE:
                try:
                    facts = await self._compose(hold, facts, template)
                except WriterError as error:
                    await self._finish(hold, facts, template, unwritten(error))
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
                take = self._asking.decide if step.step is Step.ASK else self._publishing.in_turn
                facts_or_none = await take(hold, facts, template)
                if facts_or_none is None:
                    return
                facts = facts_or_none

    async def _gather(self, hold: Hold, facts: Facts, template: Template) -> Facts:
        now = self._clock()
        await self._publishing.spending.check(facts.run, template, now)
        gathered = await self._editor.gather(template, facts.run, now)
        await self._writer.submit(
            runs.record_gather(
                hold,
                (*gathered.materials, gathered.hints) if gathered.hints else gathered.materials,
                gathered.rejected,
                item_ids=gathered.item_ids,
                expired_ids=gathered.expired_ids,
                template_id=template.id,
                now=self._clock(),
            )
        )
        return replace(facts, material=gathered.materials, rejected=gathered.rejected, hints=gathered.hints)

    async def _compose(self, hold: Hold, facts: Facts, template: Template) -> Facts:
        drafts = await self._editor.compose(instructed(template, facts.hints), facts.run, facts.material or ())
        await self._writer.submit(runs.record_drafts(hold, drafts, now=self._clock()))
        return replace(facts, drafts=drafts)

    async def _score(self, hold: Hold, facts: Facts, template: Template, step: Step) -> Facts:
        """Compare and score what is unscored; then either record it and go on refining, or choose."""
        drafts = facts.drafts or ()
        if step is Step.REFINE:
            asked = instructed(template, facts.hints)
            drafts = await self._editor.refine(asked, facts.run, facts.material or (), drafts)
        scored = await self._compared_and_scored(facts, template, drafts)
        if step is Step.SCORE and worth_refining(scored, maximum_drafts=template.maximum_drafts):
            await self._writer.submit(runs.record_drafts(hold, scored, now=self._clock()))
            return replace(facts, drafts=scored)
        return await self._choose(hold, facts, scored, template)

    async def _compared_and_scored(
        self, facts: Facts, template: Template, drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        """Score what is unscored, after comparing it; drafts compared before a restart are compared again."""
        anew = self._choices.compares(facts.run)
        old = tuple(draft for draft in drafts if draft.score is not None and not anew)
        new = tuple(draft for draft in drafts if draft.score is None or anew)
        asked = instructed(template, facts.hints)
        compared = await self._editor.compare(asked, facts.run, facts.material or (), new) if new else ()
        unscored = tuple(draft for draft in compared if draft.score is None)
        newly = await self._editor.score(unscored) if unscored else ()
        return (*old, *(draft for draft in compared if draft.score is not None), *newly)

    async def _choose(self, hold: Hold, facts: Facts, drafts: tuple[Draft, ...], template: Template) -> Facts:
        while template.repeat_after and (said := self._choices.news(facts.run)):
            drafts = await self._editor.compare_with(template, facts.material or (), drafts, said)
        choice = choose(drafts, count=template.count, minimum_score=template.minimum_score)
        now = self._clock()
        posts = new_posts(facts.run, choice.drafts, now, self._new_id)
        chosen = [draft.id for draft in choice.drafts]
        self._choices.add(facts.run, choice.drafts, posts)
        try:
            if self._illustrate is not None:
                posts = await self._illustrate(template, facts.material or (), choice.drafts, posts)
            await self._writer.submit(runs.record_choice(hold, drafts, chosen, choice.reason, posts, now=now))
        except BaseException:
            self._choices.take_back(facts.run)
            raise
        self._choices.recorded(facts.run)
        self._posts.remember(facts.run.id, posts)
        return replace(facts, drafts=drafts, chosen=choice.drafts, choice_reason=choice.reason)

    async def _hold(self, hold: Hold, facts: Facts, template: Template) -> None:
        """Lay the chosen drafts before a person and let go of the run."""
        now = self._clock()
        waiting = PostStatus.AWAITING_APPROVAL
        posts = [replace(post, status=waiting) for post in await self._posts.of(facts.run.id)]
        within, undecided = template.approve_within, template.approve_default
        event = Events(template, self._new_id).held(
            facts.run,
            posts,
            now,
            revision=revision_of(facts.chosen or ()),
            decide_by=now + within if within else None,
            undecided=undecided,
            question=facts.question,
        )
        await self._writer.submit(runs.record_held(hold, [event], within=within, undecided=undecided, now=now))

    async def _done(self, hold: Hold, facts: Facts, template: Template, step: Next) -> None:
        status, reason = step.status or RunStatus.FAILED, step.reason
        detail = more_about(facts, reason, await self._posts.of(facts.run.id) if facts.publications else ())
        await self._publishing.tidy(facts, template, status)
        await self._finish(hold, facts, template, Finished(status, reason, detail) if reason else None)

    async def _finish(self, hold: Hold, facts: Facts, template: Template, end: Finished | None) -> None:
        """Record how the run ended, with its events, in one transaction; *end* None means that everything is out."""
        now = self._clock()
        status = end.status if end else RunStatus.POSTED
        reason = end.reason if end else None
        posts = await self._posts.of(facts.run.id) if facts.chosen else ()
        told = Events(template, self._new_id)
        detail = end.detail if end else None
        happened = [told.finished(facts.run, status, reason, detail, posts, now, facts.question)]
        if status is RunStatus.PARTIAL:
            happened.insert(0, told.partial(facts.run, posts, now))
        closing = await self._publishing.spending.closing(facts.run, template, now)
        await self._leave(hold)
        await self._writer.submit(
            runs.finish(
                hold,
                status=status,
                reason=reason,
                detail=detail,
                events=happened,
                items=ITEMS_AFTER.get(reason, "spent"),
                now=now,
                closing=closing,
                spread_gap=gap_after(template.schedule, status),
            )
        )
        await self._pause_if_blocked(facts, template, end)
        log.info("run.finished", status=str(status), reason=reason and str(reason))

    async def _pause_if_blocked(self, facts: Facts, template: Template, end: Finished | None) -> None:
        """Pause the template when its key, credits or account need their owner."""
        reason = needs_owner(facts, end)
        if reason is None:
            return
        now = self._clock()
        note = end.detail if end else None
        event = Events(template, self._new_id).of_template(EventType.TEMPLATE_PAUSED, now, reason, note)

        def pause(connection: Connection) -> None:
            if templates.get(connection, template.id).state.status is not TemplateStatus.ACTIVE:
                return
            templates.set_status(
                connection, template.id, TemplateStatus.PAUSED, now=now, reason=reason, note=note, next_slot_at=None
            )
            events.record(connection, [event])

        await self._writer.call(pause)

    async def _give_up(self, hold: Hold, template: Template, end: Finished) -> None:
        """End a run in mid-way; one that may have posted is asked about later instead."""
        facts = await self._writer.call(lambda c: runs.facts(c, hold.run_id))
        if any(each.outcome in {None, Outcome.UNKNOWN} for each in facts.publications):
            await self._give_back(hold, self._clock() + AFTER_ERROR)
            return
        ended = with_what_is_out(facts, end)
        await self._publishing.tidy(facts, template, ended.status if ended else RunStatus.POSTED)
        try:
            await self._finish(hold, facts, template, ended)
        except LeaseLost:
            log.warning("run.lost")

    async def _wait(self, hold: Hold, facts: Facts, template: Template, error: ResearchUnfinished) -> None:
        """Let go of a run until its research may be finished; one that would look past its grace ends."""
        if error.look_again > facts.run.due_at + template.schedule.grace:
            ended = Finished(RunStatus.FAILED, Reason.RESEARCH_UNFINISHED, str(error))
            await self._give_up(hold, template, ended)
        else:
            await self._give_back(hold, error.look_again)

    async def _give_back(self, hold: Hold, not_before: datetime) -> None:
        """Let go of a run until *not_before*; one that another worker holds is left to it."""
        try:
            await self._writer.submit(runs.release(hold, not_before=not_before, now=self._clock()))
        except LeaseLost:
            log.warning("run.lost")

    async def _try_again(
        self, hold: Hold, facts: Facts, template: Template, after: timedelta, within: timedelta, detail: str | None
    ) -> None:
        """Have the run claimed again and its facts read again; not for longer than *within* of its start, though."""
        now = self._clock()
        if now - (facts.run.started_at or now) > within:
            await self._give_up(hold, template, Finished(RunStatus.FAILED, Reason.INTERNAL_ERROR, detail))
        else:
            await self._give_back(hold, now + after)


async def _nobody_waits(hold: Hold) -> None:
    del hold
