"""One publisher per account: those who are ready wait for their turn, in slot order."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from domain.errors import OstinatoError

PATIENCE = 5.0  # seconds that a worker waits for its turn before it does something else


class AccountBusy(OstinatoError):
    """The account cannot be had now: look again at *until* at the latest."""

    def __init__(self, account: str, until: datetime) -> None:
        super().__init__(f"the account {account} is busy")
        self.until = until


class HandedOver(OstinatoError):
    """The run was given to its account, which takes it up in its turn: whoever worked on it is done with it."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the run {run_id} waits for its account")


@dataclass(slots=True)
class _Lane:
    busy: bool = False
    waiting: list[tuple[datetime, int, asyncio.Future[None]]] = field(default_factory=list)
    holder: str | None = None
    held_until: datetime | None = None


class Lanes:
    """Serialises publishing per account in one process and keeps each account's gap between posts.

    *gaps* are the accounts' own, by their names in lower case; the others keep *spacing*. X takes a name in any case,
    and so does a lane.
    """

    def __init__(self, *, spacing: timedelta, clock: Callable[[], datetime], patience: float = PATIENCE) -> None:
        self._spacing = spacing
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._sent_at: dict[str, datetime] = {}
        self._order = count()
        self.patience = timedelta(seconds=patience)
        self.gaps: Mapping[str, timedelta] = {}

    @asynccontextmanager
    async def turn(self, account: str, run_id: str, slot_at: datetime) -> AsyncIterator[None]:
        """Wait for the account, earliest slot first, and have it to oneself.

        Raises AccountBusy when another run's thread has started on it, or when the turn does not come soon; HandedOver
        where several processes share the accounts, and the run waits for its turn without a worker.
        """
        account = account.lower()
        lane = self._lanes.setdefault(account, _Lane())
        if lane.busy:
            try:
                async with asyncio.timeout(self.patience.total_seconds()):
                    await self._wait(lane, slot_at)
            except TimeoutError:
                raise AccountBusy(account, self._clock() + self.patience) from None
        lane.busy = True
        try:
            self._refuse_if_held(lane, account, run_id)
            yield
        finally:
            self._leave(lane)
            if lane == _Lane():
                self._lanes.pop(account, None)

    def gap(self, account: str) -> timedelta:
        """Give the least time between two posts of the account."""
        return self.gaps.get(account.lower(), self._spacing)

    @property
    def longest_gap(self) -> timedelta:
        """The longest of the gaps that any account keeps."""
        return max([self._spacing, *self.gaps.values()])

    def wait_for_gap(self, account: str) -> timedelta:
        """Give how long the account still has to wait since its last post.

        A post that lies ahead shows that the clock was set back: the gap counts from now on, once.
        """
        account, now = account.lower(), self._clock()
        last = self._sent_at.get(account)
        if last is None:
            return timedelta(0)
        if last > now:
            last = self._sent_at[account] = now
        return max(last + self.gap(account) - now, timedelta(0))

    def sent(self, account: str, at: datetime) -> None:
        """Remember that a post of the account left at *at*, or may have."""
        account = account.lower()
        self._sent_at[account] = max(at, self._sent_at.get(account, at))

    def hold(self, account: str, run_id: str, until: datetime) -> None:
        """Keep the account for the thread that *run_id* has started, until *until* at the latest."""
        lane = self._lanes.setdefault(account.lower(), _Lane())
        lane.holder, lane.held_until = run_id, until

    def free(self, account: str, run_id: str) -> None:
        """Give the account back: the thread of *run_id* is done or given up."""
        lane = self._lanes.get(account.lower())
        if lane is not None and lane.holder == run_id:
            lane.holder = lane.held_until = None

    async def _wait(self, lane: _Lane, slot_at: datetime) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(lane.waiting, (slot_at, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(lane)  # the turn was handed over in the moment of cancelling: pass it on
            raise

    def _leave(self, lane: _Lane) -> None:
        while lane.waiting:
            turn = heapq.heappop(lane.waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        lane.busy = False

    def _refuse_if_held(self, lane: _Lane, account: str, run_id: str) -> None:
        until = lane.held_until
        if until is None or lane.holder == run_id:
            return
        if until > self._clock():
            raise AccountBusy(account, until)
        lane.holder = lane.held_until = None
