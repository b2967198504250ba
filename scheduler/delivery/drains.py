"""What a worker of a fleet does with its jobs: it claims the runs of a batch, and empties an account.

A job is done when what it names was claimed, or was there no more: from then on the ledger's leases say whose it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from math import inf

import structlog
from sqlalchemy import Connection

from domain.run import Hold
from scheduler.crew import Claimed, Crew
from scheduler.delivery.embedded import REFILL_BELOW
from scheduler.delivery.heads import Heads, Outdated
from scheduler.delivery.turns import SharedLanes
from scheduler.runner import DATABASE_TROUBLE
from storage import jobs, runs, schema

log = structlog.get_logger(__name__)


class Drains:
    """Brings *crew* the runs that jobs name."""

    def __init__(self, crew: Crew, lanes: SharedLanes, pause: Callable[[], None]) -> None:
        """*pause* stops the jobs of a program that may not work on the database any more."""
        self._crew = crew
        self._pause = pause
        self._heads = Heads(crew, lanes)
        self._writing: set[asyncio.Task[None]] = set()  # runs that came in a batch
        self._posting: set[asyncio.Task[None]] = set()  # those of them that have their turn, or ask for it
        self._going_on: set[asyncio.Task[None]] = set()  # with the accounts of such runs
        self._claiming: set[asyncio.Task[bool]] = set()
        self._room = asyncio.Event()
        self._closing = False
        lanes.hand_over = self._hand_over

    def close(self) -> None:
        """Claim no more: what is left is deferred again, for others."""
        self._closing = True
        self._room.set()
        for each in self._going_on:
            each.cancel()  # what is left of the account is found by others

    async def settled(self) -> None:
        """Return when no claim is on its way any more, also of jobs that were cut off: what it brings is worked on."""
        if self._claiming:
            await asyncio.wait(self._claiming)
        await self._heads.settled()

    async def drain_shard(self, run_ids: list[str]) -> None:
        """Claim those of *run_ids* that are still to be written, as there is room; hand on what is too many."""
        mine, rest = run_ids[: self._crew.workers], run_ids[self._crew.workers :]
        while mine and (room := await self._wait_for_room()):
            batch, mine = mine[:room], mine[room:]
            claiming = asyncio.create_task(self._take(batch, rest))
            self._claiming.add(claiming)
            claiming.add_done_callback(self._taken)
            if not await asyncio.shield(claiming):  # cut off or not, what it claims is worked on
                return
            rest = []
        if mine:
            await self._crew.writer.call(partial(jobs.defer_shards, run_ids=mine + rest))
        await self._wait_for_room()  # while there is none, no other batch is taken

    async def drain_account(self, account: str) -> None:
        """Work on what waits for *account*, one run after the other in slot order, until nothing of it may go."""
        while not self._closing:
            try:
                work = await self._heads.next(account)
            except Outdated:
                self._pause()
                return
            if work is None:
                return
            await asyncio.wait([work])
        await self._crew.writer.call(partial(jobs.defer_accounts, accounts=[account]))

    async def _hand_over(self, hold: Hold, account: str) -> bool:
        """Give the run that this task works on to its account; tell whether it has its turn at once.

        Then it makes room for another, and this process goes on with the account without a job.
        """
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        at_once = not self._closing and len(self._posting) + len(self._going_on) < self._crew.workers
        if not at_once:
            return await self._heads.hand_over(hold, account, at_once=False)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)
        has_turn = await self._heads.hand_over(hold, account, at_once=True)
        if has_turn:
            task.add_done_callback(lambda _: self._posted(hold, account))
            self._written(task)
        return has_turn

    def _posted(self, hold: Hold, account: str) -> None:
        self._heads.revoke(hold)
        if self._closing:
            return
        drain = asyncio.create_task(self._go_on(account))
        self._going_on.add(drain)
        drain.add_done_callback(self._going_on.discard)

    async def _go_on(self, account: str) -> None:
        try:
            await self.drain_account(account)
        except DATABASE_TROUBLE as error:  # the sweep finds what is ready
            log.warning("account.left", account=account, error=str(error).split("\n", 1)[0])
        except Exception:
            log.exception("account.left", account=account)

    async def _wait_for_room(self) -> int:
        """Give for how many runs there is room, one at least; 0 when no more are to be claimed.

        Once there was none it waits for room for a handful.
        """
        enough = self._crew.workers * REFILL_BELOW if len(self._writing) >= self._crew.workers else inf
        while len(self._writing) > enough and not self._closing:
            self._room.clear()
            await self._room.wait()
        return 0 if self._closing else self._crew.workers - len(self._writing)

    async def _take(self, batch: Sequence[str], rest: Sequence[str]) -> bool:
        """Claim *batch*, hand on *rest*, and start to work; False when both are left to a newer program."""
        since = self._crew.monotonic()
        claimed = await self._crew.writer.call(partial(self._claim, batch=batch, rest=rest))
        if claimed is None:
            self._pause()
            return False
        for each in claimed:
            self._write(each, since)
        return True

    def _taken(self, claiming: asyncio.Task[bool]) -> None:
        self._claiming.discard(claiming)
        if not claiming.cancelled():
            claiming.exception()  # raised where it is waited for; where that was cut off, the sweep finds the runs

    def _claim(self, connection: Connection, *, batch: Sequence[str], rest: Sequence[str]) -> list[Claimed] | None:
        """Claim *batch* and hand on *rest*; None when both are left to a newer program."""
        if schema.outdated(connection):
            jobs.defer_shards(connection, [*batch, *rest])
            return None
        leases = self._crew.leases
        jobs.defer_shards(connection, rest)
        claimed = runs.claim(
            connection,
            owner=leases.owner,
            now=self._crew.clock(),
            lease=leases.lease,
            limit=len(batch),
            held=leases.held,
            only=batch,
        )
        return self._crew.with_templates(connection, claimed)

    def _write(self, claimed: Claimed, since: float) -> None:
        task = self._crew.start(claimed, since)
        if task is not None:
            self._writing.add(task)
            task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        self._room.set()
