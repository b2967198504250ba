"""When to ask again about a publication whose outcome is unknown. Pure: the caller brings the time."""

from __future__ import annotations

from datetime import datetime, timedelta

# After these delays since the intention; then a person decides. Timelines lag by seconds, sometimes by minutes, and a
# network stays away for longer; but a repeated key posts what was never written, and later than this nobody expects it.
ASKS = (
    timedelta(0),
    timedelta(seconds=15),
    timedelta(seconds=60),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
)


def next_ask(asks: int, intended_at: datetime, now: datetime) -> datetime | None:
    """Give when to ask for the next time after *asks* questions, the last of them at *now*; None: a person decides.

    A question keeps its distance from the intention and from the question before: after an outage, or a clock that was
    set forward, they are not all spent at a moment when the network may not be back. An intention that lies ahead of
    *now* was dated by a clock that was set back since.
    """
    if asks >= len(ASKS):
        return None
    pause = ASKS[asks] - ASKS[asks - 1] if asks else ASKS[0]
    return max(min(intended_at, now) + ASKS[asks], now + pause)
