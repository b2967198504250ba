"""What one room needs and another keeps: the seams between siblings that never import each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ParamSpec, Protocol, TypeVar

from domain.material import Material

P = ParamSpec("P")
T = TypeVar("T")


class Offload(Protocol):
    """Runs a picklable top-level function outside the event loop, with a time limit in seconds.

    Raises TimeoutError when the limit passes (the work is killed), MemoryError when it grew too large, and whatever
    the function raised.
    """

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class ReadPage(Protocol):
    """Reads a page as material. Raises SourceError."""

    def __call__(self, url: str, *, material_id: str, now: datetime) -> Awaitable[Material]: ...


class Tier(StrEnum):
    """The three rate tiers of an Xquik API key (Xquik REST API, rate limits)."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


class RateWindows(Protocol):
    """Keeps the fixed windows of the rate tiers in SQL, shared by every process that uses the same key."""

    async def take(
        self, tier: Tier, *, wanted: int, limit: int, reserved: int, window: timedelta, now: datetime
    ) -> tuple[int, datetime]:
        """Take up to *wanted* of the *limit* permits of the current window, leaving *reserved* of them.

        Gives how many were granted (0 to *wanted*) and when the window ends.
        """
        ...

    async def close(self, tier: Tier, *, until: datetime) -> None:
        """Grant nothing of *tier* before *until*: the server answered 429."""
        ...
