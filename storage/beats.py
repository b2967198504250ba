"""What several processes do one at a time: a lease for each such beat. PostgreSQL only, by its clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal, or_, update
from sqlalchemy.types import Interval

from storage.statements import Prepared, insert_or_nothing
from storage.tables import beats

_MAKE = Prepared(insert_or_nothing(beats, "name", "holder", "leased_until"))


def take(c: Connection, name: str, holder: str, lease: timedelta, now: datetime) -> bool:
    """Take or keep the beat *name* for *lease*; tell whether *holder* has it.

    It is to be had when nobody has it, or when whoever had it did not come back within its lease.
    """
    _MAKE.run(c, [{"name": name, "holder": holder, "leased_until": now}])
    clock = func.clock_timestamp()
    free = or_(beats.c.holder == holder, beats.c.leased_until <= clock)
    kept = {"holder": holder, "leased_until": clock + literal(lease, Interval())}
    return c.execute(update(beats).where(beats.c.name == name, free).values(kept)).rowcount == 1
