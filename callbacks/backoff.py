"""When a callback that was not accepted is tried again. Pure: twelve attempts over about a day, then it is dead."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

# The pauses after the first, second, … attempt that failed; together 23 h 52 min. docs/callbacks.md shows them.
PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=8),
)
ATTEMPTS = len(PAUSES) + 1
JITTER = 0.05  # a pause is up to so much shorter or longer, so that many deliveries do not knock together
LONGEST_WAIT = PAUSES[-1]  # a receiver's Retry-After counts up to here


def next_attempt(
    attempts: int, now: datetime, *, delivery_id: str, retry_after: timedelta | None = None
) -> datetime | None:
    """Give when to try again after *attempts* attempts that failed, or None when that was the last.

    The jitter follows from *delivery_id*, so a restart changes nothing. *retry_after*, the receiver's wish, makes a
    pause longer, up to eight hours, and never shorter.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES[max(attempts, 1) - 1] * _jitter(delivery_id, attempts)
    if retry_after is not None:
        pause = max(pause, min(retry_after, LONGEST_WAIT))
    return now + pause


def _jitter(delivery_id: str, attempts: int) -> float:
    digest = blake2b(f"{delivery_id}:{attempts}".encode(), digest_size=8).digest()
    return 1 + JITTER * (2 * int.from_bytes(digest) / 2**64 - 1)
