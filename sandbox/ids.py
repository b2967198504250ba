"""Ids of tweets: 64-bit numbers that grow with time, like X's snowflakes."""

EPOCH = 1_288_834_974_657  # Unix milliseconds at which X's own ids begin


class Snowflakes:
    """Gives ids that only ever grow, also across restarts and clocks that step back."""

    def __init__(self, last: int) -> None:
        self._last = last

    def next(self, now: int) -> int:
        """Return a new id for the moment *now*, in Unix milliseconds."""
        self._last = max(self._last + 1, snowflake(now))
        return self._last


def snowflake(moment: int) -> int:
    """Return the smallest id of the millisecond *moment*."""
    return (moment - EPOCH) << 22
