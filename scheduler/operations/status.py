"""How things stand: what is planned, what waits for whom, and which failures nobody has read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from domain.event import DeliveryStatus, Event, EventType
from domain.reasons import Reason
from domain.run import OPEN, RunStatus
from domain.template import TemplateStatus
from scheduler.operations.doubt import doubtful
from scheduler.operations.places import sandbox_page
from storage import events, restored, templates
from storage.database import Database
from storage.restored import RestoredAccount
from storage.tables import busy_index, constant, deliveries, runs
from storage.tables import templates as kept

OVERDUE_AFTER = timedelta(minutes=1)  # how late a slot is before it shows that nobody plans
WATCHED = (*sorted(OPEN), RunStatus.HELD, RunStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand."""

    roles: tuple[str, ...]  # of the daemons that run
    templates: dict[TemplateStatus, int]
    runs: dict[RunStatus, int]
    next_slot_at: datetime | None
    overdue: bool
    dead_deliveries: int
    unread: tuple[Event, ...]
    unknown: int = 0  # runs of which it is not known whether a post went out, asked about or waiting for a person
    unread_timelines: tuple[RestoredAccount, ...] = ()  # of accounts that post nothing before, after a restore
    sandbox: str | None = None  # the page of the sandbox that the database belongs to

    @property
    def missing_role(self) -> str | None:
        return missing_role(self.roles)

    @property
    def unplanned(self) -> bool:
        """Tell whether templates are due and nobody runs who plans them."""
        return self.overdue and (not self.roles or self.missing_role == "scheduler")

    @property
    def unworked(self) -> bool:
        """Tell whether runs wait, or were left in the middle, and nobody runs who works on them."""
        waiting = any(self.runs.get(each, 0) for each in OPEN)
        return waiting and (not self.roles or self.missing_role == "worker")

    @property
    def failed(self) -> bool:
        """Tell whether somebody must look."""
        return bool(self.unread) or self.unplanned or self.unworked


def missing_role(roles: Collection[str]) -> str | None:
    """Give the role that is missing where daemons of one role alone run; None when all is done, or none runs."""
    return {frozenset(["scheduler"]): "worker", frozenset(["worker"]): "scheduler"}.get(frozenset(roles))


def status(database: Database, *, roles: Sequence[str], now: datetime, owner: str | None = None) -> Status:
    """Read how things stand for *owner*, or for everybody, while daemons of these *roles* run. Changes nothing."""
    with database.read() as connection:
        found = templates.counts(connection, owner=owner)
        next_slot_at = templates.earliest_slot(connection, owner=owner)
        dead = select(func.count()).where(deliveries.c.status == DeliveryStatus.DEAD.value)
        unread = events.unread_failures(connection, owner=owner)
        return Status(
            roles=tuple(roles),
            templates={each: found.get(each, 0) for each in TemplateStatus if each is not TemplateStatus.DELETED},
            runs=watched_runs(connection, owner=owner),
            next_slot_at=next_slot_at,
            overdue=next_slot_at is not None and now - next_slot_at > OVERDUE_AFTER,
            dead_deliveries=connection.execute(_of(dead, deliveries, owner)).scalar_one(),
            unread=tuple(event for event in unread if not _own_doing(event)),
            unknown=len(doubtful(connection, owner=owner)),
            unread_timelines=tuple(_unread_timelines(connection, owner)),
            sandbox=sandbox_page(connection),
        )


def acknowledge(database: Database, seen: Sequence[Event]) -> int:
    """Mark the failures *seen*, and all before them, as read; give how many were seen. Later ones stay unread."""
    if seen:
        with database.write() as connection:
            events.mark_read(connection, seen[-1].id)
    return len(seen)


def acknowledge_up_to(database: Database, event_id: str, *, owner: str) -> None:
    """Mark the owner's event of that id, and all its failures before it, as read. Raises NotFound."""
    with database.write() as connection:
        events.mark_read(connection, event_id, owner=owner)


def watched_runs(connection: Connection, *, owner: str | None = None) -> dict[RunStatus, int]:
    """Count the runs in each of the states that are watched, by the partial indexes that hold only those."""
    count = _of(select(runs.c.status, func.count()).group_by(runs.c.status), runs, owner)
    held = runs.c.status == constant(RunStatus.HELD)
    found = {row[0]: row[1] for where in (busy_index(), held) for row in connection.execute(count.where(where))}
    return {each: found.get(each.value, 0) for each in WATCHED}


def _of(query: Select[Any], table: Table, owner: str | None) -> Select[Any]:
    return query if owner is None else query.where(table.c.owner_id == owner)


def _unread_timelines(connection: Connection, owner: str | None) -> list[RestoredAccount]:
    """Give the accounts that wait for their timeline: of one owner, only those that its templates name."""
    found = restored.open_accounts(connection)
    if owner is None or not found:
        return found
    names = select(func.lower(kept.c.account)).where(kept.c.owner_id == owner).distinct()
    mine = set(connection.execute(names).scalars())
    return [each for each in found if each.account.lower() in mine]


def _own_doing(event: Event) -> bool:
    """Tell whether the event only repeats what a person did on purpose."""
    return event.type is EventType.TEMPLATE_PAUSED and event.data.get("reason") == Reason.BY_OWNER.value
