"""The fixed windows of the API key's rate tiers, shared by every process through SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from domain.protocols import Tier
from storage.statements import Prepared, insert_or_nothing
from storage.tables import rate_windows
from storage.writer import Writer

# No answer closes a tier for longer: what is closed until later was closed by a clock that ran ahead.
LONGEST_CLOSURE = timedelta(days=1)

_OPEN = Prepared(insert_or_nothing(rate_windows, "tier", "ends_at", "used"))


class SqlRateWindows:
    """Keeps the windows with the writer's transactions; implements domain.protocols.RateWindows."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def take(
        self, tier: Tier, *, wanted: int, limit: int, reserved: int, window: timedelta, now: datetime
    ) -> tuple[int, datetime]:
        """Take up to *wanted* of the *limit* permits of the current window, leaving *reserved* of them.

        Gives how many were granted and when the window ends. A window starts at the first take after the last one's
        end, as the server's do (Xquik REST API, rate limits).
        """
        return await self._writer.call(
            lambda c: take(c, tier, wanted=wanted, limit=limit, reserved=reserved, window=window, now=now)
        )

    async def close(self, tier: Tier, *, until: datetime) -> None:
        """Grant nothing of *tier* before *until*, at most a day from now: the server answered 429."""
        await self._writer.call(lambda c: close(c, tier, until=until))


def take(
    c: Connection, tier: Tier, *, wanted: int, limit: int, reserved: int, window: timedelta, now: datetime
) -> tuple[int, datetime]:
    """Do what `SqlRateWindows.take` says, within the caller's transaction."""
    _OPEN.run(c, [{"tier": tier.value, "ends_at": now + window, "used": 0}])
    mine = rate_windows.c.tier == tier.value
    row = c.execute(select(rate_windows).where(mine).with_for_update()).one()
    if row.closed_until is not None and now < row.closed_until <= now + LONGEST_CLOSURE:
        return 0, row.closed_until
    # A window that ends later than one window from now was written by a clock that ran ahead.
    current = now < row.ends_at <= now + window
    used, ends_at = (row.used, row.ends_at) if current else (0, now + window)
    granted = max(0, min(wanted, limit - reserved - used))
    c.execute(update(rate_windows).where(mine).values(used=used + granted, ends_at=ends_at, closed_until=None))
    return granted, ends_at


def close(c: Connection, tier: Tier, *, until: datetime) -> None:
    """Do what `SqlRateWindows.close` says, within the caller's transaction."""
    _OPEN.run(c, [{"tier": tier.value, "ends_at": until, "used": 0}])
    c.execute(update(rate_windows).where(rate_windows.c.tier == tier.value).values(closed_until=until))
