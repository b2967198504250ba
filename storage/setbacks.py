"""Whether the database keeps failing what is to be written: a disk that is full, a lock that nobody lets go."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

LASTING = 3.0  # seconds between the first failure and the last: one that is retried with success is none of these
OVER = 60.0  # seconds without another failure; a batch that had nothing to write proves nothing


class Setbacks:
    """Remembers since when writes fail. Noted by the writer's thread, read by any."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: tuple[float, float, str] = (-inf, -inf, "")  # the first failure, the last, and its words

    def note(self, error: Exception) -> None:
        """A write has failed with *error*."""
        now = self._monotonic()
        first, last, _ = self._seen
        self._seen = (now if now - last > OVER else first, now, str(error).partition("\n")[0])

    @property
    def lasting(self) -> str | None:
        """Why writes have been failing for a while, and still do; None when they do not."""
        first, last, words = self._seen
        return words if last - first >= LASTING and self._monotonic() - last <= OVER else None
