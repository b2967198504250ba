"""When to ask again about a publication whose outcome is unknown. Pure: the caller brings the time."""

from __future__ import annotations

from datetime import datetime, timedelta

# After these delays since the intention; then a person decides. Timelines lag by seconds, sometimes by minutes.
ASKS = (
    timedelta(0),
    timedelta(seconds=15),
    timedelta(seconds=60),
    timedelta(minutes=5),
    timedelta(minutes=30),
)


def next_ask(asks: int, intended_at: datetime, now: datetime) -> datetime | None:
    """Give when to ask for the next time after *asks* questions, at *now* or later; None: a person decides.

    A question whose time passed while nothing was running is asked at once, and the later ones keep their distance
    from the intention.
    """
    if asks >= len(ASKS):
        return None
    return max(intended_at + ASKS[asks], now)
