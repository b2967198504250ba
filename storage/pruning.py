"""Pruning: what was only needed to make posts goes; what the promise needs stays for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, false, func, select, update

from domain.event import DeliveryStatus
from storage import blobs, readings, webhooks
from storage.spending import close_ended
from storage.tables import constant, deliveries, drafts, events, materials, runs, spending


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what may go is kept: *drafts* with their materials since the end of their run, *events* since they
    happened, with their deliveries."""

    drafts: timedelta = timedelta(days=90)
    events: timedelta = timedelta(days=90)

    @classmethod
    def all(cls, length: timedelta) -> Keep:
        """Keep everything for *length*."""
        return cls(length, length)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went. *runs* is how many runs' materials and drafts; the runs themselves stay."""

    runs: int = 0
    materials: int = 0
    drafts: int = 0
    events: int = 0
    files: int = 0

    @property
    def rows(self) -> int:
        return self.materials + self.drafts + self.events + self.files

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            self.runs + other.runs,
            self.materials + other.materials,
            self.drafts + other.drafts,
            self.events + other.events,
            self.files + other.files,
        )


def prune(c: Connection, now: datetime, keep: Keep, limit: int) -> Pruned:
    """Remove up to *limit* runs' materials and drafts, and up to *limit* events, older than *keep*; give what went.

    Runs, gaps, posts, publications and the memory of feed entries stay for ever. So do an event that is not delivered
    or not read yet, and the last of each template, from which the next one's sequence is counted. What a run that ended
    left reserved is settled, and sums of payments that no budget asks for any more go; they can be added up again.
    Files go that nothing needs, and what was read out of files when it was not used for as long; and former secrets of
    webhooks that sign no more.
    """
    close_ended(c, now=now, limit=limit)
    c.execute(delete(spending).where(spending.c.end_at < now - keep.events))
    readings.prune(c, before=now - keep.drafts)
    webhooks.forget_former(c, now=now)
    gone = _prune_runs(c, now, now - keep.drafts, limit)
    files = blobs.prune(c, now=now, deleted_before=now - keep.drafts, limit=limit)
    return gone + Pruned(events=_prune_events(c, now - keep.events, limit), files=files)


def _prune_runs(c: Connection, now: datetime, before: datetime, limit: int) -> Pruned:
    old = (
        select(runs.c.id)
        .where(runs.c.finished_at < before, runs.c.pruned_at.is_(None))
        .order_by(runs.c.finished_at)
        .limit(limit)
    )
    ids = list(c.execute(old).scalars())
    if not ids:
        return Pruned()
    c.execute(update(runs).where(runs.c.id.in_(ids)).values(pruned_at=now))
    blobs.release_runs(c, ids)
    gone = [c.execute(delete(table).where(table.c.run_id.in_(ids))).rowcount for table in (materials, drafts)]
    return Pruned(len(ids), *gone)


def _prune_events(c: Connection, before: datetime, limit: int) -> int:
    later = events.alias("later")
    pending = exists().where(
        deliveries.c.event_id == events.c.id, deliveries.c.status == constant(DeliveryStatus.PENDING)
    )
    same = (later.c.stream == events.c.stream, later.c.owner_id == events.c.owner_id)
    last = select(func.max(later.c.sequence)).where(*same).scalar_subquery()
    old = (
        select(events.c.position)
        .where(events.c.created_at < before, events.c.unread == false(), ~pending, events.c.sequence < last)
        .order_by(events.c.created_at)
        .limit(limit)
    )
    positions = list(c.execute(old).scalars())
    return c.execute(delete(events).where(events.c.position.in_(positions))).rowcount if positions else 0
