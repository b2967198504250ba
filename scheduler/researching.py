"""The beat of deep research: what recurs is queued when it is due, and what is queued is worked on under a lease.

Research posts nothing, so that doing it twice costs time and money only; both are counted in SQL before they are spent,
and all attempts together stay within the same bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.errors import LeaseLost
from domain.research import Bounds, Notes, RecurringStatus, Research, ResearchStatus
from domain.research import Recurring as RecurringResearch
from domain.run import Hold
from domain.schedule import Grid
from generators.research.writing import rendered
from scheduler import grid
from scheduler.events import researched
from scheduler.research_ledger import HeldLedger
from scheduler.research_steps import Ledger, Outcome, Researcher
from storage import events, recurring_research, research
from storage.writer import CommitFailed, DatabaseFailing, Writer, WriterStopped

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=5)
LEASE = timedelta(seconds=60)
AT_ONCE = 2
MOST_ATTEMPTS = 3
DATABASE_TROUBLE = (DatabaseFailing, CommitFailed, WriterStopped, DBAPIError)


class Researching:
    """Works on research that is queued, two at once; *lease* is how long a worker that died keeps others away."""

    def __init__(
        self,
        *,
        writer: Writer,
        researcher: Researcher,
        bounds: Bounds,
        owner: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        new_id: Callable[[], str],
        alone: bool = False,
        lease: timedelta = LEASE,
    ) -> None:
        """*alone*: no other process works on this database, so that what is held at the start is a dead one's."""
        self._writer = writer
        self._researcher = researcher
        self._bounds = bounds
        self._owner = owner
        self._clock = clock
        self._monotonic = monotonic
        self._new_id = new_id
        self._to_reclaim = alone
        self._lease = lease

    async def work_due(self, now: datetime) -> datetime | None:
        """Queue what recurs and is due, and work on what is queued until nothing is; give when to look again."""
        if self._to_reclaim:
            await self._writer.call(research.reclaim)
            self._to_reclaim = False
        await self._writer.call(partial(plan, now=now, new_id=self._new_id))
        await asyncio.gather(*(self._work() for _ in range(AT_ONCE)))
        return self._clock() + LOOK_EVERY

    async def _work(self) -> None:
        while claimed := await self._writer.call(self._claim):
            found, hold, notes = claimed
            try:
                await self._one(found, hold, notes)
            except LeaseLost:  # another worker has it, with all that was noted
                log.warning("research.lost", research=found.id)

    def _claim(self, c: Connection) -> tuple[Research, Hold, Notes] | None:
        return research.claim(c, owner=self._owner, now=self._clock(), lease=self._lease)

    async def _one(self, found: Research, hold: Hold, notes: Notes) -> None:
        ledger = HeldLedger(
            hold,
            writer=self._writer,
            bounds=self._bounds,
            lease=self._lease,
            clock=self._clock,
            monotonic=self._monotonic,
        )
        renewing = asyncio.create_task(ledger.keep())
        working = asyncio.create_task(self._outcome(found, notes, ledger))
        try:
            await asyncio.wait({renewing, working}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await renewing  # it ends only because the hold is lost
            outcome = await working
        finally:
            for task in (renewing, working):
                task.cancel()
            await asyncio.gather(renewing, working, return_exceptions=True)
        await ledger.renew()
        await self._writer.call(partial(self._finish, found=found, hold=hold, outcome=outcome))
        status = ResearchStatus.FAILED if outcome.failure else ResearchStatus.DONE
        log.info("research.finished", research=found.id, status=status.value, reason=outcome.failure)

    async def _outcome(self, found: Research, notes: Notes, ledger: Ledger) -> Outcome:
        if found.attempts > MOST_ATTEMPTS:
            return Outcome(None, notes.rejected, f"it was interrupted {MOST_ATTEMPTS} times; start it again")
        if found.worked >= self._bounds.time and not notes.materials:
            return Outcome(None, notes.rejected, "its time was up before anything was read; start it again")
        try:
            return await self._researcher(found, notes, ledger)
        except (LeaseLost, *DATABASE_TROUBLE):
            raise
        except (TimeoutError, MemoryError) as error:
            return Outcome(None, notes.rejected, f"what was read could not be weighed: {error}")
        except Exception as error:  # a bug of ours: logged with its traceback, and told as why there is no report
            log.exception("research.error", research=found.id)
            return Outcome(None, notes.rejected, f"an error of the program itself: {type(error).__name__}")

    def _finish(self, c: Connection, *, found: Research, hold: Hold, outcome: Outcome) -> None:
        report, now = outcome.report, self._clock()
        research.finish(
            c,
            hold,
            text=rendered(found.topic, report, found.output) if report else None,
            report=report,
            rejected=outcome.rejected,
            failure=outcome.failure,
            now=now,
        )
        if found.run_id is None:  # what a run asked for, the run tells of
            events.record(c, [researched(found, outcome.failure, self._new_id, now)])
        if found.recurring_id is not None:
            research.thin_out(c, found.recurring_id)


def plan(c: Connection, *, now: datetime, new_id: Callable[[], str]) -> None:
    """Queue what recurs and is due, unless its last is not done yet. Times that passed meanwhile are not made up."""
    for each in recurring_research.due(c, now):
        if not research.is_unfinished(c, each.id):
            research.add(
                c,
                Research(
                    id=new_id(),
                    topic=each.topic,
                    output=each.output,
                    status=ResearchStatus.QUEUED,
                    created_at=now,
                    scope=each.scope,
                    recurring_id=each.id,
                    callback_data=each.callback_data,
                    owner_id=each.owner_id,
                ),
            )
        recurring_research.replace(c, standing(each, now))


def standing(recurring: RecurringResearch, now: datetime) -> RecurringResearch:
    """Give *recurring* with its next time after *now*; ended, where there is none before its end. Pure."""
    _, following = grid.around(Grid(recurring.daily_count, recurring.anchor), now)
    if recurring.end is not None and following > recurring.end:
        return replace(recurring, status=RecurringStatus.ENDED, next_at=None)
    return replace(recurring, status=RecurringStatus.ACTIVE, next_at=following)
