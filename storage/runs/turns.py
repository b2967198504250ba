"""The turns of accounts where several processes share a database: a run under a living lease may have its account.

Whose turn it is stands in the run's own row and ends with its lease, so a process that dies frees the account when it
frees the run. PostgreSQL only: writing transactions come one after the other there (`storage/database.py`), so what is
read here holds until the turn is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, tuple_, update

from domain.errors import LeaseLost
from domain.publication import Outcome
from domain.run import Hold, RunStatus
from storage import accounts
from storage.runs.reading import started_threads
from storage.tables import constant, publications, runs

WORKING, QUEUED = constant(RunStatus.WORKING), constant(RunStatus.QUEUED)
# A run that let go of its account for a moment keeps its place before later slots, if it comes back this soon; and is
# waited for so long after it could have been back. So nobody waits for a run that nobody works on.
BACK_WITHIN, BACK_SINCE = timedelta(seconds=5), timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether the account was had; if not, because a thread keeps it until *held_until*, or for others' turns (None).

    *posted_at* is when the account posted last, or may have.
    """

    taken: bool
    held_until: datetime | None = None
    posted_at: datetime | None = None


def line_up(c: Connection, hold: Hold) -> None:
    """Let a run wait for its account, seen by every process. Raises LeaseLost unless its lease is alive."""
    clock = func.clock_timestamp()
    mine = (runs.c.id == hold.run_id, runs.c.epoch == hold.epoch, runs.c.lease_owner == hold.owner)
    found = c.execute(
        select(runs.c.ready_at).where(*mine, runs.c.status == WORKING, runs.c.leased_until > clock)
    ).first()
    if found is None:
        raise LeaseLost(hold.run_id)
    if found.ready_at is None:  # one that asks again and again for its turn writes nothing
        c.execute(update(runs).where(*mine).values(ready_at=clock))


def take_turn(c: Connection, hold: Hold, *, now: datetime, thread_deadline: timedelta) -> Turn:
    """Have the account of a run, if nobody has it, no thread keeps it, and no run with an earlier slot waits for it.

    The turn lasts until the run is let go or its lease lapses. Raises LeaseLost unless its lease is alive.
    """
    line_up(c, hold)
    account, slot_at = c.execute(select(runs.c.account, runs.c.slot_at).where(runs.c.id == hold.run_id)).one()
    before = tuple_(runs.c.slot_at, runs.c.id) < tuple_(slot_at, hold.run_id)
    others = (runs.c.id != hold.run_id, func.lower(runs.c.account) == account.lower(), _waiting())
    working = and_(runs.c.status == WORKING, runs.c.leased_until > func.clock_timestamp())
    coming = and_(runs.c.status == QUEUED, runs.c.not_before.between(now - BACK_SINCE, now + BACK_WITHIN))
    in_the_way = or_(and_(working, runs.c.turn_at.is_not(None)), and_(before, or_(working, coming)))
    if c.execute(select(exists().where(*others, in_the_way))).scalar():
        return Turn(taken=False)
    begun = [at + thread_deadline for _, run_id, at in started_threads(c, account) if run_id != hold.run_id]
    kept = [until for until in begun if until > now]
    if kept:
        return Turn(taken=False, held_until=max(kept))
    c.execute(update(runs).where(runs.c.id == hold.run_id).values(turn_at=func.clock_timestamp()))
    return Turn(taken=True, posted_at=_posted_at(c, account))


def _waiting() -> ColumnElement[bool]:
    """Give the condition of `ix_runs_ready`."""
    return and_(runs.c.ready_at.is_not(None), runs.c.status.in_([QUEUED, WORKING]))


def _posted_at(c: Connection, account: str) -> datetime | None:
    """Give when the account posted last, or may have."""
    newest = func.max(publications.c.intended_at, type_=publications.c.intended_at.type)
    out = (
        publications.c.account.in_(accounts.spellings(c, account)),
        publications.c.outcome == constant(Outcome.CONFIRMED),
    )
    doubtful = or_(publications.c.outcome.is_(None), publications.c.outcome == constant(Outcome.UNKNOWN))
    found = [
        c.execute(select(newest).where(*out)).scalar(),
        c.execute(select(newest).where(func.lower(publications.c.account) == account.lower(), doubtful)).scalar(),
    ]
    return max((at for at in found if at is not None), default=None)
