"""The turns of accounts among many processes: a run waits for its own without a worker, and gets it with its lease."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from domain.errors import LeaseLost
from domain.run import Hold
from scheduler.lanes import HandedOver, Lanes
from scheduler.leases import Leases

HandOver = Callable[[Hold, str], Awaitable[bool]]  # tells whether the run has its turn at once


class SharedLanes(Lanes):
    """Lanes whose turns are seen by every process on the database.

    A worker never waits for an account: where it is not to be had at once, the run is handed over, and whoever drains
    the account goes on with it. What a thread keeps, and when an account posted last, comes from SQL with each turn:
    memory would be one process's.
    """

    def __init__(self, *, spacing: timedelta, clock: Callable[[], datetime], leases: Leases) -> None:
        super().__init__(spacing=spacing, clock=clock, patience=0)
        self._leases = leases
        self._granted: set[Hold] = set()  # the runs of this process that have their account
        self._posted_at: dict[str, datetime] = {}  # as SQL said with the last turn
        self.hand_over: HandOver | None = None

    @asynccontextmanager
    async def turn(self, account: str, run_id: str, slot_at: datetime) -> AsyncIterator[None]:
        """Have the account to oneself among all processes.

        Raises HandedOver unless the run has its turn; LeaseLost when it is not this process's any more.
        """
        hold = self._leases.hold_of(run_id)
        if hold is None:
            raise LeaseLost(run_id)
        if hold not in self._granted:
            assert self.hand_over is not None, "a run comes to its post before the fleet was opened"
            if not await self.hand_over(hold, account.lower()):
                raise HandedOver(run_id)
        async with super().turn(account, run_id, slot_at):
            yield

    def grant(self, account: str, hold: Hold, posted_at: datetime | None) -> None:
        """Let a run have its account, of which *posted_at* says when it posted last, or may have."""
        self._granted.add(hold)
        # Each post is remembered once: one ahead of this clock holds the account up once.
        if posted_at is not None and posted_at != self._posted_at.get(account):
            self._posted_at[account] = posted_at
            self.sent(account, posted_at)

    def revoke(self, hold: Hold) -> None:
        """Take the account back from a run that is not worked on any more; its next claim may have it already."""
        self._granted.discard(hold)

    def hold(self, account: str, run_id: str, until: datetime) -> None:
        """Nothing to remember: SQL shows the threads that have started, whoever goes on with them."""

    def free(self, account: str, run_id: str) -> None:
        """Nothing was remembered."""
