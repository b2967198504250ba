"""Waits of whole accounts: what one run was told, others of its account wait for too, and keep their own record of it.

A run that waits so was released with a detail; one that waits for itself alone has none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, update

from domain.run import RunStatus
from storage.tables import constant, runs


def ask_anew(
    c: Connection, account: str, *, now: datetime, at: datetime | None, told: tuple[datetime, str] | None = None
) -> int:
    """Let the runs that wait for *account* find out anew for how long, from *at* on; give how many there were.

    With *told* only those that wait until that moment for that reason.
    """
    mine = (
        func.lower(runs.c.account) == account.lower(),
        runs.c.status == constant(RunStatus.QUEUED),
        runs.c.not_before > now,
        runs.c.detail.is_not(None),
    )
    change = update(runs).where(*mine).values(not_before=at, detail=None)
    if told is not None:
        until, why = told
        change = change.where(runs.c.not_before == until, runs.c.detail == why)
    return c.execute(change).rowcount
