"""Accounts asked for the run whose turn is next, and given those that are ready: many in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from domain.errors import LeaseLost, OstinatoError
from domain.run import Hold
from scheduler.crew import Claimed, Crew
from scheduler.delivery.together import Together
from scheduler.delivery.turns import SharedLanes
from scheduler.next_step import THREAD_DEADLINE
from storage import jobs, runs, schema, spending
from storage.runs import Head

UNREADABLE_FOR = timedelta(minutes=1)  # until a run is looked at again whose template cannot be read

Work = tuple[str, "asyncio.Task[None]"]  # the run, and who works on it


class Outdated(OstinatoError):
    """This program may not work on the database any more: its accounts are left to newer ones."""


class Heads:
    """Gives the work that accounts have, in slot order, one run of each at a time."""

    def __init__(self, crew: Crew, lanes: SharedLanes) -> None:
        self._crew = crew
        self._lanes = lanes
        self._next = Together(self._start_heads)
        self._handing = Together(self._hand_over)

    async def next(self, account: str, worked: str | None) -> Work | None:
        """Start on the next run of *account* and give it; None when there is none to be worked on now.

        *worked* is the run that this drain has worked on last: when it was let go of, the others wait with it. An
        account whose runs are all waiting is drained again when the first of them may go on. Raises Outdated.
        """
        return await self._next.ask((account, worked))

    async def hand_over(self, hold: Hold, account: str) -> None:
        """Give a run to its account. Raises LeaseLost when it was not this process's any more."""
        await self._handing.ask((hold, account))

    async def _start_heads(self, asked: Sequence[tuple[str, str | None]]) -> Sequence[Work | Exception | None]:
        since = self._crew.monotonic()
        taken = await self._crew.writer.call(partial(self._take, asked=asked))
        if taken is None:
            raise Outdated("the database was made for a newer version")
        return [self._start(taken.pop(account, None), since) for account, _ in asked]

    def _start(self, taken: tuple[Head, Claimed] | None, since: float) -> Work | None:
        if taken is None:
            return None
        granted, claimed = taken
        run = claimed[0].run
        self._lanes.grant(run.account.lower(), run.id, granted.posted_at)
        task = self._crew.start(claimed, since)
        if task is None:
            self._lanes.revoke(run.id)
            return None
        task.add_done_callback(lambda _: self._lanes.revoke(run.id))
        return run.id, task

    def _take(
        self, connection: Connection, *, asked: Sequence[tuple[str, str | None]]
    ) -> dict[str, tuple[Head, Claimed]] | None:
        if schema.outdated(connection):
            jobs.defer_accounts(connection, [account for account, _ in asked])
            return None
        now, leases = self._crew.clock(), self._crew.leases
        waiting = runs.let_go(connection, [worked for _, worked in asked if worked is not None], now)
        accounts = {account for account, _ in asked} - waiting.keys()
        found = runs.take_heads(
            connection,
            accounts,
            owner=leases.owner,
            now=now,
            lease=leases.lease,
            thread_deadline=THREAD_DEADLINE,
            held=leases.held,
            spaced={account for account in accounts if self._lanes.gap(account) > timedelta(0)},
        )
        heads = {account: head for account, head in found.items() if isinstance(head, Head)}
        waiting |= {account: head for account, head in found.items() if not isinstance(head, Head)}
        runs.hold_back(connection, waiting)
        jobs.defer_accounts(connection, waiting, at={account: wait.until for account, wait in waiting.items()})
        claimed = self._crew.with_templates(connection, [head.facts for head in heads.values()])
        for facts, template in claimed:
            if template is None:  # its account must not wait for it
                hold = Hold(facts.run.id, leases.owner, facts.run.epoch)
                put_back = runs.release(hold, not_before=now + UNREADABLE_FOR, now=now)
                spending.perform(connection, put_back.statements)
        readable = {one[0].run.account.lower(): one for one in claimed if one[1] is not None}
        # An account whose head is not to be worked on may have others behind it.
        jobs.defer_accounts(connection, heads.keys() - readable.keys())
        return {account: (heads[account], one) for account, one in readable.items()}

    async def _hand_over(self, asked: Sequence[tuple[Hold, str]]) -> Sequence[Exception | None]:
        def give(connection: Connection) -> set[str]:
            ours = runs.hand_over(connection, [hold for hold, _ in asked])
            jobs.defer_accounts(connection, {account for hold, account in asked if hold.run_id in ours})
            return ours

        given = await self._crew.writer.call(give)
        return [None if hold.run_id in given else LeaseLost(hold.run_id) for hold, _ in asked]
