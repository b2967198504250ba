"""One look at SQL for health and metrics: what waits the longest, and how much of everything waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, func, or_, select, true

from domain.event import DeliveryStatus
from domain.publication import Outcome
from domain.run import OPEN, RunStatus
from domain.template import TemplateStatus
from scheduler.health import Waiting
from storage import deliveries, feed_users, tables, templates
from storage import runs as claims
from storage.tables import busy_index, constant

COUNTED = (*sorted(OPEN), RunStatus.UNKNOWN, RunStatus.HELD)  # each in a partial index
HELD = tables.runs.c.status == constant(RunStatus.HELD)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What SQL says at one moment: *runs* by status, *templates* by status, *permits* used in each tier's window."""

    waiting: Waiting
    runs: Mapping[str, int]
    templates: Mapping[str, int]
    permits: Mapping[str, int]
    deliveries: int
    unsettled: int
    unread: int
    feeds: int
    feeds_failing: int


def look(c: Connection, now: datetime) -> Vitals:
    """Read everything through small tables and partial indexes: its cost does not grow with the history."""
    runs, kept, feeds, windows = tables.runs, tables.templates, tables.feeds, tables.rate_windows
    publications, events = tables.publications, tables.events
    unsettled = or_(publications.c.outcome.is_(None), publications.c.outcome == constant(Outcome.UNKNOWN))
    unasked = or_(publications.c.next_ask_at.is_(None), publications.c.next_ask_at <= now)
    since = c.execute(select(func.min(publications.c.intended_at)).where(unsettled, unasked)).scalar()
    used = select(windows.c.tier, windows.c.used).where(windows.c.ends_at > now)
    failing = select(feeds.c.url, feeds.c.owner_id).where(feeds.c.failures > 0)
    return Vitals(
        waiting=Waiting(templates.earliest_slot(c), _run_due(c), deliveries.next_due(c), since),
        runs=dict.fromkeys(COUNTED, 0) | _by(c, runs.c.status, busy_index()) | _by(c, runs.c.status, HELD),
        templates=dict.fromkeys(TemplateStatus, 0) | _by(c, kept.c.status, true()),
        permits={str(tier): int(count) for tier, count in c.execute(used)},
        deliveries=_count(c, tables.deliveries, tables.deliveries.c.status == constant(DeliveryStatus.PENDING)),
        unsettled=_count(c, publications, unsettled),
        unread=_count(c, events, events.c.unread == true()),
        feeds=_count(c, feeds, true()),
        feeds_failing=sum(feed_users.is_read(c, url, owner=owner) for url, owner in c.execute(failing)),
    )


def _run_due(c: Connection) -> datetime | None:
    """Give since when a run waits that somebody could work on: queued, or with a lease that nobody renewed."""
    lapses = select(func.min(tables.runs.c.leased_until)).where(tables.runs.c.status == constant(RunStatus.WORKING))
    return min(filter(None, (claims.next_work_at(c), c.execute(lapses).scalar())), default=None)


def _by(c: Connection, column: ColumnElement[str], where: ColumnElement[bool]) -> dict[str, int]:
    return {
        str(word): int(count) for word, count in c.execute(select(column, func.count()).where(where).group_by(column))
    }


def _count(c: Connection, table: FromClause, where: ColumnElement[bool]) -> int:
    return int(c.execute(select(func.count()).select_from(table).where(where)).scalar_one())
