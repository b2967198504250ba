"""APScheduler as a heartbeat: a handful of beats, each saying when it wants to beat again, each of which can be woken.

It knows nothing of templates, and restarting it loses nothing: the truth about time is in SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

Beat = Callable[[datetime], Awaitable[datetime | None]]
AFTER_ERROR = timedelta(seconds=5)
CATCH_UP = 1.0  # seconds between looks for beats that a clock set back has put off
INSTANCES = 10  # a beat arms the next as its last act, and APScheduler may still count it as running then


@dataclass(slots=True)
class _BeatState:
    beat: Beat
    longest: timedelta
    armed_for: datetime | None = None  # by the wall clock, as APScheduler counts
    armed_until: float = 0.0  # the same moment by the event loop's clock, which nobody can set
    running: asyncio.Task[None] | None = None
    woken: bool = False


class Heartbeat:
    """Runs named beats.

    A beat is given the time and returns when it wants to be next, or None for "as late as allowed".
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._beats: dict[str, _BeatState] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._beating = False
        self._catching_up: asyncio.TimerHandle | None = None

    def add(self, name: str, beat: Beat, *, longest: timedelta) -> None:
        """Add a beat; it comes at least every *longest*, the first time at start."""
        self._beats[name] = _BeatState(beat, longest)

    def start(self) -> None:
        """Start beating: the first that was added alone, the others once it has ended. Needs a running event loop."""
        self._beating = True
        self._scheduler.start()
        first, *others = self._beats
        self.wake(first)
        begun = self._beats[first].running
        assert begun is not None
        begun.add_done_callback(lambda _: self._wake_all(others))
        self._catch_up()

    async def stop(self, within: float = 60.0) -> None:
        """Beat no more; return when the beats in progress have ended, cancelled if need be after *within* seconds."""
        self._beating = False
        self._scheduler.pause()
        await asyncio.sleep(0)  # let the calls that are on their way arrive: cut off, each would be logged as an error
        self._scheduler.shutdown(wait=False)
        if self._catching_up is not None:
            self._catching_up.cancel()
        running = [state.running for state in self._beats.values() if state.running is not None]
        if running:
            _, late = await asyncio.wait(running, timeout=within)
            for beat in late:
                beat.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _wake_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.wake(name)

    def wake(self, name: str) -> None:
        """Let *name* beat at once; while it is beating, once more right after. Many calls count as one."""
        state = self._beats[name]
        state.woken = True
        if state.running is None and self._beating:
            state.running = asyncio.get_running_loop().create_task(self._run(name, state))

    def _catch_up(self) -> None:
        """Wake the beats whose time has passed but does not come: APScheduler waits for a clock that was set back."""
        loop = asyncio.get_running_loop()
        for name, state in self._beats.items():
            if state.armed_for is not None and loop.time() - state.armed_until >= CATCH_UP:
                state.armed_for = None
                self.wake(name)
        self._catching_up = loop.call_later(CATCH_UP, self._catch_up)

    async def _due(self, name: str) -> None:
        """What APScheduler calls."""
        self._beats[name].armed_for = None
        self.wake(name)

    async def _run(self, name: str, state: _BeatState) -> None:
        wanted: datetime | None = None
        while state.woken and self._beating:
            state.woken = False
            try:
                wanted = await state.beat(self._clock())
            except Exception:  # one failing beat must not stop the heart; it is logged and tried again
                log.exception("heartbeat.error", beat=name)
                wanted = self._clock() + AFTER_ERROR
        state.running = None
        if self._beating:
            latest = self._clock() + state.longest
            self._arm(name, state, min(wanted or latest, latest))

    def _arm(self, name: str, state: _BeatState, at: datetime) -> None:
        """Have APScheduler call at *at*; a call that comes earlier anyway is left to come."""
        if state.armed_for is not None and state.armed_for <= at:
            return
        state.armed_for = at
        state.armed_until = asyncio.get_running_loop().time() + (at - self._clock()).total_seconds()
        self._scheduler.add_job(
            self._due,
            "date",
            run_date=at,
            args=[name],
            id=name,
            replace_existing=True,
            misfire_grace_time=None,  # however late a beat is, it comes
            max_instances=INSTANCES,
        )
