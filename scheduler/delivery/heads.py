"""Accounts asked for the run whose turn is next, and given those that are ready: many in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from domain.errors import LeaseLost, OstinatoError
from domain.publication import Post
from domain.run import Hold
from scheduler.crew import Claimed, Crew
from scheduler.delivery.together import Together
from scheduler.delivery.turns import SharedLanes
from scheduler.next_step import THREAD_DEADLINE
from storage import jobs, posts, runs, schema, spending
from storage.runs import Head

UNREADABLE_FOR = timedelta(minutes=1)  # until a run is looked at again whose template cannot be read

Work = asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A head that was claimed, with what was read beside it."""

    head: Head
    claimed: Claimed
    posts: Sequence[Post]


@dataclass(frozen=True, slots=True)
class _Handed:
    """A run that is ready to be posted."""

    hold: Hold
    account: str
    at_once: bool


class Outdated(OstinatoError):
    """This program may not work on the database any more: its accounts are left to newer ones."""


class Heads:
    """Gives the work that accounts have, in slot order, one run of each at a time."""

    def __init__(self, crew: Crew, lanes: SharedLanes) -> None:
        self._crew = crew
        self._lanes = lanes
        self._next = Together(self._start_heads)
        self._handing = Together(self._hand_over)
        # The accounts that this process empties, and will look at again: they need no job. As the last transaction of
        # the writer's thread left them; where one was not kept, the sweep finds what is ready.
        self._draining: Set[str] = frozenset()

    async def next(self, account: str) -> Work | None:
        """Start on the next run of *account* and give who works on it; None when there is none to be worked on now.

        An account whose runs are all waiting is drained again when the first of them may go on. Raises Outdated.
        """
        return await self._next.ask(account)

    async def hand_over(self, hold: Hold, account: str, *, at_once: bool) -> bool:
        """Give a run to its account. Raises LeaseLost when it was not this process's any more.

        With *at_once* it may have its turn right away, where nothing else of the account is ready; tells whether it
        has. Then `next` must be asked when it is done.
        """
        return await self._handing.ask(_Handed(hold, account, at_once))

    async def settled(self) -> None:
        """Return when nothing is being taken or given any more: what was taken is worked on."""
        await self._handing.settled()
        await self._next.settled()

    def revoke(self, hold: Hold) -> None:
        """Take the turn from a run that is not worked on any more."""
        self._lanes.revoke(hold)

    async def _start_heads(self, asked: Sequence[str]) -> Sequence[Work | Exception | None]:
        since = self._crew.monotonic()
        taken = await self._crew.writer.call(partial(self._take, accounts=set(asked)))
        if taken is None:
            raise Outdated("the database was made for a newer version")
        return [self._start(taken.pop(account, None), since) for account in asked]

    def _start(self, taken: _Taken | None, since: float) -> Work | None:
        if taken is None:
            return None
        run = taken.head.facts.run
        hold = Hold(run.id, self._crew.leases.owner, run.epoch)
        self._lanes.grant(run.account.lower(), hold, taken.head.posted_at)
        task = self._crew.start(taken.claimed, since, taken.posts)
        if task is None:
            self._lanes.revoke(hold)
            return None
        task.add_done_callback(lambda _: self._lanes.revoke(hold))
        return task

    def _take(self, connection: Connection, *, accounts: Set[str]) -> dict[str, _Taken] | None:
        """Take the heads of *accounts*; None when all is left to a newer program."""
        if schema.outdated(connection):
            jobs.defer_accounts(connection, accounts)
            return None
        ready = runs.have_ready(connection, accounts)  # mostly none is, and nothing else need be asked
        taken = self._take_ready(connection, ready) if ready else {}
        self._draining = (self._draining - accounts) | taken.keys()
        return taken

    def _take_ready(self, connection: Connection, accounts: Set[str]) -> dict[str, _Taken]:
        now = self._crew.clock()
        waits = runs.held_up(connection, accounts, now)
        found = self._take_heads(connection, accounts, now, waits.keys())
        heads = {account: head for account, head in found.items() if isinstance(head, Head)}
        first = {account: head for account, head in found.items() if not isinstance(head, Head)}
        kept = {account: wait for account, wait in first.items() if wait.kept}  # nothing of these may go before
        runs.hold_back(connection, first | waits | kept)
        waiting = (waits.keys() | first.keys()) - heads.keys()
        at = {each: min(wait[each].until for wait in (waits, first) if each in wait) for each in waiting}
        at |= {account: wait.until for account, wait in kept.items()}
        jobs.defer_accounts(connection, at, at=at)
        taken = self._readable(connection, heads, now)
        # An account whose head is not to be worked on may have others behind it.
        jobs.defer_accounts(connection, heads.keys() - taken.keys())
        return taken

    def _take_heads(
        self, connection: Connection, accounts: Set[str], now: datetime, waiting: Set[str]
    ) -> dict[str, Head | runs.Wait]:
        leases = self._crew.leases
        return runs.take_heads(
            connection,
            accounts,
            owner=leases.owner,
            now=now,
            lease=leases.lease,
            thread_deadline=THREAD_DEADLINE,
            held=leases.held,
            spaced=self._spaced(accounts),
            waiting=waiting,
        )

    def _readable(self, connection: Connection, heads: Mapping[str, Head], now: datetime) -> dict[str, _Taken]:
        """Give the heads whose templates can be read; the others are put back: their accounts do not wait for them."""
        claimed = self._crew.with_templates(connection, [head.facts for head in heads.values()])
        written = posts.of_runs(connection, [facts.run.id for facts, _ in claimed]) if claimed else {}
        taken = {}
        for facts, template in claimed:
            account = facts.run.account.lower()
            if template is None:
                hold = Hold(facts.run.id, self._crew.leases.owner, facts.run.epoch)
                put_back = runs.release(hold, not_before=now + UNREADABLE_FOR, now=now)
                spending.perform(connection, put_back.statements)
            else:
                taken[account] = _Taken(heads[account], (facts, template), written.get(facts.run.id, ()))
        return taken

    async def _hand_over(self, asked: Sequence[_Handed]) -> Sequence[bool | Exception]:
        taken, given = await self._crew.writer.call(partial(self._give, asked=asked))
        for each in asked:
            if each.hold.run_id in taken:
                self._lanes.grant(each.account, each.hold, taken[each.hold.run_id])
        ids = [each.hold.run_id for each in asked]
        return [run_id in taken if run_id in taken or run_id in given else LeaseLost(run_id) for run_id in ids]

    def _give(
        self, connection: Connection, *, asked: Sequence[_Handed]
    ) -> tuple[Mapping[str, datetime | None], Set[str]]:
        """Give runs to their accounts: the turn of some of them at once, and which of the others were ours."""
        later = {each.account for each in asked if not each.at_once}  # in slot order with those, then
        wanted = [each.hold for each in asked if each.account not in later]
        if schema.outdated(connection):
            wanted = []
        taken = runs.take_turns(connection, wanted, self._spaced({each.account for each in asked}))
        given = runs.hand_over(connection, [each.hold for each in asked if each.hold.run_id not in taken])
        mine = {each.account for each in asked if each.hold.run_id in taken}
        ready = {each.account for each in asked if each.hold.run_id in given}
        self._draining |= mine
        jobs.defer_accounts(connection, ready - self._draining)
        return taken, given

    def _spaced(self, accounts: Set[str]) -> set[str]:
        return {account for account in accounts if self._lanes.gap(account) > timedelta(0)}
