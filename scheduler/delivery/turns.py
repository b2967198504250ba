"""The turns of accounts among many processes: first in this one, by slot, and then in SQL against the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from domain.errors import LeaseLost
from domain.run import Hold
from scheduler.lanes import PATIENCE, AccountBusy, Lanes
from scheduler.leases import Leases
from scheduler.next_step import THREAD_DEADLINE
from storage import runs
from storage.writer import Writer

LOOK_EVERY = 0.1  # seconds between looks whether another process is done with the account
# When a run that waited in vain comes back: soon, since those with later slots wait for it (`storage/runs/turns.py`).
AGAIN = timedelta(seconds=1)


class SharedLanes(Lanes):
    """Lanes whose turns are seen by every process on the database.

    What a thread keeps, and when an account posted last, is read with each turn: memory would be one process's.
    """

    def __init__(
        self,
        *,
        spacing: timedelta,
        clock: Callable[[], datetime],
        writer: Writer,
        leases: Leases,
        patience: float = PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(spacing=spacing, clock=clock, patience=patience)
        self._again = AGAIN
        self._writer = writer
        self._leases = leases
        self._sleep = sleep
        self._posted_at: dict[str, datetime] = {}  # as SQL said with the last turn

    @asynccontextmanager
    async def turn(self, account: str, run_id: str, slot_at: datetime) -> AsyncIterator[None]:
        """Wait for the account, earliest slot first, and have it to oneself among all processes.

        Raises AccountBusy as `Lanes.turn` does, LeaseLost when the run is not this process's any more.
        """
        hold = self._leases.hold_of(run_id)
        if hold is None:
            raise LeaseLost(run_id)
        if self.is_busy(account):  # the others must know while it waits here
            await self._writer.call(partial(runs.line_up, hold=hold))
        async with super().turn(account, run_id, slot_at):
            await self._take(account, hold, slot_at)
            yield

    def hold(self, account: str, run_id: str, until: datetime) -> None:
        """Nothing to remember: SQL shows the threads that have started, whoever goes on with them."""

    def free(self, account: str, run_id: str) -> None:
        """Nothing was remembered."""

    def _note(self, account: str, posted_at: datetime | None) -> None:
        """Remember when the account posted last, each post once: one ahead of this clock holds the account up once."""
        account = account.lower()
        if posted_at is not None and posted_at != self._posted_at.get(account):
            self._posted_at[account] = posted_at
            self.sent(account, posted_at)

    async def _take(self, account: str, hold: Hold, slot_at: datetime) -> None:
        looks = max(1, round(self.patience.total_seconds() / LOOK_EVERY))
        for left in reversed(range(looks)):
            take = partial(runs.take_turn, hold=hold, now=self._clock(), thread_deadline=THREAD_DEADLINE)
            turn = await self._writer.call(take)
            if turn.taken:
                self._note(account, turn.posted_at)
                return
            if turn.held_until is not None:
                raise AccountBusy(account, turn.held_until)
            if self.is_waited_for(account, before=slot_at):  # it waits for this one here, and this one for it in SQL
                raise AccountBusy(account, self._clock() + timedelta(seconds=LOOK_EVERY))
            if left:
                await self._sleep(LOOK_EVERY)
        raise AccountBusy(account, self._clock() + self._again)
