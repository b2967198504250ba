"""Pruning: what was only needed to make posts goes; what the promise needs stays for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, false, func, select, update

from domain.event import DeliveryStatus
from storage.spending import close_ended
from storage.tables import constant, deliveries, drafts, events, materials, runs, spending


def prune(c: Connection, now: datetime, keep: timedelta, limit: int) -> int:
    """Remove up to *limit* runs' materials and drafts, and up to *limit* events, older than *keep*; give rows removed.

    Runs, gaps, posts, publications and the memory of feed entries stay for ever. So do an event that is not delivered
    or not read yet, and the last of each template, from which the next one's sequence is counted. What a run that ended
    left reserved is settled, and sums of payments that no budget asks for any more go; they can be added up again.
    """
    before = now - keep
    close_ended(c, now=now, limit=limit)
    c.execute(delete(spending).where(spending.c.end_at < before))
    return _prune_runs(c, now, before, limit) + _prune_events(c, before, limit)


def _prune_runs(c: Connection, now: datetime, before: datetime, limit: int) -> int:
    old = (
        select(runs.c.id)
        .where(runs.c.finished_at < before, runs.c.pruned_at.is_(None))
        .order_by(runs.c.finished_at)
        .limit(limit)
    )
    ids = list(c.execute(old).scalars())
    if not ids:
        return 0
    c.execute(update(runs).where(runs.c.id.in_(ids)).values(pruned_at=now))
    return sum(c.execute(delete(table).where(table.c.run_id.in_(ids))).rowcount for table in (materials, drafts))


def _prune_events(c: Connection, before: datetime, limit: int) -> int:
    later = events.alias("later")
    pending = exists().where(
        deliveries.c.event_id == events.c.id, deliveries.c.status == constant(DeliveryStatus.PENDING)
    )
    last = select(func.max(later.c.sequence)).where(later.c.stream == events.c.stream).scalar_subquery()
    old = (
        select(events.c.position)
        .where(events.c.created_at < before, events.c.unread == false(), ~pending, events.c.sequence < last)
        .order_by(events.c.created_at)
        .limit(limit)
    )
    positions = list(c.execute(old).scalars())
    return c.execute(delete(events).where(events.c.position.in_(positions))).rowcount if positions else 0
