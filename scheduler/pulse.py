"""The daemon's pulse: when the planner last ticked, and the service manager that is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta


class Pulse:
    """Remembers the planner's last tick. *tell* gets the words of sd_notify(3), *monotonic* gives seconds.

    A tick counts when it came to its end: a planner that hangs or fails has none.
    """

    def __init__(self, monotonic: Callable[[], float], tell: Callable[[str], None] = lambda _: None) -> None:
        self._monotonic = monotonic
        self._tell = tell
        self._ticked_at = monotonic()
        self.planned = 0  # slots that got a run since the start
        self.outdated: str | None = None  # why this program may not work on the database any more

    @property
    def idle(self) -> timedelta:
        """How long ago the planner last ticked; before its first tick, how long ago the daemon was put together."""
        return timedelta(seconds=self._monotonic() - self._ticked_at)

    def ready(self) -> None:
        """The daemon has booted."""
        self._tell("READY=1")

    def ticked(self) -> None:
        """The planner has done what was due."""
        self._ticked_at = self._monotonic()
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The daemon was told to stop."""
        self._tell("STOPPING=1")
