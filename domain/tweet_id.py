"""What the id of a tweet tells. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH = 1_288_834_974_657  # Unix milliseconds at which X's tweet ids begin


def written_at(tweet_id: str) -> datetime | None:
    """Give the time that a tweet id carries; ids too small to be X's own carry none."""
    if not tweet_id.isascii() or not tweet_id.isdecimal() or not 2**50 <= int(tweet_id) < 2**63:
        return None
    return datetime.fromtimestamp(((int(tweet_id) >> 22) + EPOCH) / 1000, UTC)
