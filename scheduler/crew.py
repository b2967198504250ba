"""The runs that this process works on, each under its own lease, from the claim until it is let go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection

from domain.errors import LeaseLost
from domain.publication import Post
from domain.run import Facts, Hold
from domain.template import Template
from scheduler.ids import new_id
from scheduler.leases import Leases
from scheduler.operations import mending
from scheduler.unreadable_runs import set_aside
from storage import runs, templates
from storage.database import Database
from storage.writer import Writer

log = structlog.get_logger(__name__)

STOP_RUNS_WITHIN = 6.0  # seconds that runs in progress are given to reach their next recorded step

Claimed = tuple[Facts, Template | None]  # a run with its template; None when that cannot be read


class Works(Protocol):
    async def work(self, hold: Hold, facts: Facts, template: Template) -> None:
        """Work on a run that was claimed until it is let go of."""
        ...

    def remember(self, run_id: str, posts: Sequence[Post]) -> None:
        """Keep the posts of a run that is about to be worked on."""
        ...

    def tell_who_leaves(self, leave: Callable[[Hold], Awaitable[None]]) -> None:
        """Await *leave* right before the last write of each run."""
        ...


class Crew:
    """Works on what was claimed for it. *workers* is the number of runs that it takes on at once."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        runner: Works,
        leases: Leases,
        workers: int,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.database = database
        self.writer = writer
        self.leases = leases
        self.workers = workers
        self.clock = clock
        self.monotonic = monotonic
        self._runner = runner
        self._working: set[asyncio.Task[None]] = set()
        self._leaving: set[Hold] = set()  # their last write is on its way
        self._adrift: set[Hold] = set()  # claimed, and nobody works on them: given back with the next renewal
        self._ended: list[Callable[[], None]] = []
        self._freed: list[Callable[[], None]] = []
        runner.tell_who_leaves(self._leave)

    @property
    def busy(self) -> int:
        """How many runs are worked on, without those whose last write is on its way."""
        return len(self._working) - len(self._leaving)

    def tell(self, *, ended: Callable[[], None] | None = None, freed: Callable[[], None] | None = None) -> None:
        """Call *ended* whenever work on a run has ended, and *freed* whenever there may be room for another."""
        self._ended.extend([ended] if ended else [])
        self._freed.extend([freed] if freed else [])

    def with_templates(self, connection: Connection, claimed: Iterable[Facts]) -> list[Claimed]:
        """Give what was claimed in this transaction with its templates.

        A run whose template cannot be read ends here, unless something of it may be out. One that cannot be read itself
        is set aside.
        """
        found = list(claimed)
        stored = _templates(connection, {facts.run.template_id for facts in found})
        found = [facts for facts in found if not self._set_aside(connection, facts, stored)]
        lost = [facts for facts in found if facts.run.template_id not in stored]
        now = self.clock()
        ended = {one.run.id for one in lost if mending.end_run(connection, one.run, now=now, new_id=new_id)}
        return [(facts, stored.get(facts.run.template_id)) for facts in found if facts.run.id not in ended]

    def _set_aside(self, connection: Connection, facts: Facts, stored: Mapping[str, Template]) -> bool:
        """End a run that cannot be read; tell whether it was one."""
        if facts.unreadable is None:
            return False
        run, now = facts.run, self.clock()
        log.error("run.unreadable", run=run.id, why=facts.unreadable)
        template = stored.get(run.template_id)
        if template is None:
            template = mending.stand_in(templates.get_unreadable(connection, run.template_id), now)
        hold = Hold(run.id, self.leases.owner, run.epoch)
        set_aside(connection, hold, run, facts.unreadable, template, now=now, new_id=new_id)
        return True

    def start(self, claimed: Claimed, since: float, posts: Sequence[Post] = ()) -> asyncio.Task[None] | None:
        """Work on a run that was claimed; *since* is the monotonic time before that was asked for.

        *posts* are its own, where they were read with it.
        """
        facts, template = claimed
        hold = self.leases.take(facts.run.id, facts.run.epoch, since)
        if template is None:
            self.leases.drop(hold)
            self._adrift.add(hold)
            return None
        if posts:
            self._runner.remember(facts.run.id, posts)
        task = asyncio.create_task(self._runner.work(hold, facts, template))
        self._working.add(task)
        task.add_done_callback(partial(self._worked, hold))
        return task

    async def renew(self, now: datetime) -> None:
        """Lengthen the leases of what is worked on, and give back what nobody works on."""
        await self._give_back_adrift(now)
        held = self.leases.held
        if not held:
            return
        since = self.monotonic()
        renew = partial(runs.renew, owner=self.leases.owner, lease=self.leases.lease, now=now, run_ids=held)
        self.leases.renewed(await self.writer.call(renew), since)

    async def wind_down(self, bringing: Awaitable[None] | None = None) -> None:
        """Give runs in progress a few seconds; what is cut off goes on from its last recorded step next time.

        Until *bringing* has ended there may come others, which were claimed just before the stop; it is waited for.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_RUNS_WITHIN
        brings = asyncio.ensure_future(bringing if bringing is not None else asyncio.sleep(0))
        coming, cut = {brings}, set[asyncio.Task[None]]()
        while awaited := self._working | coming:
            left = deadline - loop.time()
            if left <= 0:
                for task in self._working - cut:
                    task.cancel()
                cut |= self._working
            timeout = left if left > 0 else None
            ended, _ = await asyncio.wait(awaited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            coming -= ended
        await brings

    def _worked(self, hold: Hold, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._leaving.discard(hold)
        self.leases.drop(hold)
        if not task.cancelled() and task.exception() is not None:
            log.error("run.unfinished", run=hold.run_id, exc_info=task.exception())
            self._adrift.add(hold)
        _call(self._freed)
        _call(self._ended)

    async def _leave(self, hold: Hold) -> None:
        """Count a run out whose last write is on its way, and let the claim be asked for before that write."""
        self._leaving.add(hold)
        _call(self._freed)
        await asyncio.sleep(0)

    async def _give_back_adrift(self, now: datetime) -> None:
        """Let go of the runs that nobody works on; otherwise they would be held until the next start."""
        for hold in list(self._adrift):
            try:
                await self.writer.submit(runs.release(hold, not_before=now, now=now))
            except LeaseLost:
                log.warning("run.lost", run=hold.run_id)
            self._adrift.discard(hold)
            _call(self._freed)


def _call(told: Iterable[Callable[[], None]]) -> None:
    for each in told:
        each()


def _templates(connection: Connection, wanted: set[str]) -> dict[str, Template]:
    """Give the templates of *wanted* that can be read: the others do not keep them from their runs."""
    found = templates.definitions(connection, wanted)
    for name in wanted - found.keys():
        log.error("template.unreadable", template=name)
    return found
