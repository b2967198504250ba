"""The events recorded lately, read once a second for all who wait for one, and not at all while nobody does.

Who waits holds no thread and no connection to the database meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import structlog

from domain.token import Token
from storage import event_pages, tokens
from storage.database import Database
from storage.event_pages import START, Page, Place, Placed, Wanted

log = structlog.get_logger(__name__)

EVERY = 1.0  # seconds between two looks
AT_ONCE = 500  # events that one look reads; the next one follows at once while there are more
KEPT = 2_000  # events that are kept for those who wait; who is further behind reads the database


class Tail:
    """One for each process: it wakes those who wait when something was recorded, when it ends, or their token does."""

    def __init__(self, database: Database, readers: ThreadPoolExecutor, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._readers = readers
        self._clock = clock
        self._lately: deque[Placed] = deque()
        self._from = self._seen = START  # what lies between them is in memory
        self._attending: Counter[str] = Counter()  # by the token's id
        self._over: set[str] = set()  # ids of tokens that were revoked or have expired
        self._waiting: set[asyncio.Future[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._looked = 0.0
        self.streams: Counter[str] = Counter()  # that are open, by their owner
        self.calls: Counter[str] = Counter()  # that wait for their first event, by their owner
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    def close(self) -> None:
        """Let nobody wait any longer: the server ends."""
        self.closed = True
        self._wake()

    def is_over(self, token: Token) -> bool:
        """Tell whether the token of somebody who attends opens nothing any more."""
        return token.id in self._over

    @contextmanager
    def attended(self, token: Token, place: Place) -> Iterator[None]:
        """Look every second while the context lasts, for what lies behind *place* and whether *token* is good."""
        if self._looking is None or self._looking.done():
            self._from = self._seen = place
            self._lately.clear()
            self._looking = asyncio.create_task(self._look_on())
        self._attending[token.id] += 1
        try:
            yield
        finally:
            self._attending[token.id] -= 1
            if not self._attending[token.id]:
                del self._attending[token.id]
                self._over.discard(token.id)

    def page(self, wanted: Wanted, *, after: Place, limit: int) -> Page | None:
        """Give the events *wanted* behind *after*, as the database would; None where they are not in memory."""
        if after.position < self._from.position:
            return None
        if after.position >= self._seen.position:
            return Page((), after)
        found = []
        for each in self._lately:
            if each.place.position > after.position and wanted.takes(each):
                found.append(each)
                if len(found) == limit:
                    return Page(tuple(found), each.place)
        return Page(tuple(found), self._seen)

    async def news(self, after: Place, left: asyncio.Future[None], seconds: float) -> None:
        """Return when something lies behind *after*, when somebody has *left*, or after so many *seconds*.

        Also when the token of anybody who attends is over, or the server ends.
        """
        if self.closed or self._seen.position > after.position:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(woken)
        try:
            await asyncio.wait((woken, left), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.discard(woken)

    async def _look_on(self) -> None:
        while self._attending and not self.closed:
            await asyncio.sleep(self._looked + EVERY - time.monotonic())
            if self._attending:
                self._looked = time.monotonic()
                await self._look()

    async def _look(self) -> None:
        asking = list(self._attending)
        try:
            found, good = await asyncio.get_running_loop().run_in_executor(self._readers, self._read, asking)
        except Exception as error:  # noqa: BLE001 - who waits is answered when its time is over, and then asks itself
            log.warning("tail.not_read", error=f"{type(error).__name__}: {error}")
            return
        self._over |= {each for each in asking if each not in good and each in self._attending}
        self._lately.extend(found)
        if found:
            self._seen = found[-1].place
        while len(self._lately) > KEPT:
            self._from = self._lately.popleft().place
        if len(found) == AT_ONCE:
            self._looked -= EVERY
        if found or self._over:
            self._wake()

    def _read(self, asking: list[str]) -> tuple[list[Placed], set[str]]:
        with self._database.read() as connection:
            found = event_pages.recorded(connection, after=self._seen.position, limit=AT_ONCE)
            return found, tokens.good(connection, asking, self._clock())

    def _wake(self) -> None:
        for each in self._waiting:
            if not each.done():
                each.set_result(None)
