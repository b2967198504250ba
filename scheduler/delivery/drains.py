"""What a worker of a fleet does with its jobs: it claims the runs of a batch, and empties an account.

A job is done when what it names was claimed, or was there no more: from then on the ledger's leases say whose it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from scheduler.crew import Claimed, Crew
from scheduler.delivery.heads import Heads, Outdated
from scheduler.delivery.turns import SharedLanes
from storage import jobs, runs, schema


class Drains:
    """Brings *crew* the runs that jobs name."""

    def __init__(self, crew: Crew, lanes: SharedLanes, pause: Callable[[], None]) -> None:
        """*pause* stops the jobs of a program that may not work on the database any more."""
        self._crew = crew
        self._pause = pause
        self._heads = Heads(crew, lanes)
        self._writing: set[asyncio.Task[None]] = set()  # runs that came in a batch
        self._room = asyncio.Event()
        self._closing = False
        lanes.hand_over = self._heads.hand_over

    def close(self) -> None:
        """Claim no more: what is left is deferred again, for others."""
        self._closing = True
        self._room.set()

    async def drain_shard(self, run_ids: list[str]) -> None:
        """Claim those of *run_ids* that are still to be written, as there is room; hand on what is too many."""
        mine, rest = run_ids[: self._crew.workers], run_ids[self._crew.workers :]
        while mine and (room := await self._wait_for_room()):
            batch, mine = mine[:room], mine[room:]
            since = self._crew.monotonic()
            claimed = await self._crew.writer.call(partial(self._claim, batch=batch, rest=rest))
            if claimed is None:
                self._pause()
                return
            rest = []
            for each in claimed:
                self._write(each, since)
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

    async def _wait_for_room(self) -> int:
        """Give for how many runs there is room, one at least; 0 when no more are to be claimed."""
        while len(self._writing) >= self._crew.workers and not self._closing:
            self._room.clear()
            await self._room.wait()
        return 0 if self._closing else self._crew.workers - len(self._writing)

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
