"""Leaving a model alone that fails again and again, so that runs do not wait for it one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 3  # steps in a row that got nothing
REST = 60.0  # seconds that the model is left alone then


@dataclass(slots=True)
class Fuse:
    """Counts failures in a row. *clock* gives seconds that only ever grow."""

    clock: Callable[[], float]
    failures: int = 0
    until: float = 0.0
    why: str = ""

    def blown(self) -> str | None:
        """Why the model is not asked just now, or None."""
        left = self.until - self.clock()
        return f"the model is asked again in {left:.0f} s: {self.why}" if left > 0 else None

    def record(self, why: str | None, rest: float | None = None) -> None:
        """Take note that a step failed because of *why*, or with None that it did not.

        *rest* is the number of seconds for which the server asked to be left alone: that counts at once.
        """
        self.failures = self.failures + 1 if why else 0
        if why and (rest or self.failures >= FAILURES):
            self.until, self.why = self.clock() + (REST if rest is None else rest), why
