"""The kill switch: every template at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from domain.errors import Conflict
from domain.event import EventType
from domain.reasons import Reason
from domain.template import StoredTemplate, TemplateStatus
from scheduler.events import Events
from scheduler.operations import templates as operations
from scheduler.operations.cancelling import cancel_waiting
from scheduler.operations.slots import drop_waiting
from scheduler.planner import UNREADABLE
from storage import events, templates
from storage.database import Database
from storage.tables import templates as table


@dataclass(frozen=True, slots=True)
class Resumed:
    """The templates that go on, and those that cannot, each with the reason."""

    stored: tuple[StoredTemplate, ...]
    refused: tuple[tuple[str, str], ...]


def pause_all(
    database: Database, *, note: str | None, now: datetime, new_id: Callable[[], str]
) -> list[StoredTemplate]:
    """Pause every active template in one transaction; give them, except any that cannot even be read.

    Runs in progress go on, as with one template.
    """
    with database.write() as connection:
        paused = {"status": TemplateStatus.PAUSED.value, "next_slot_at": None, "updated_at": now}
        why = {"pause_reason": Reason.BY_OWNER.value, "pause_note": note}
        change = update(table).where(table.c.status == TemplateStatus.ACTIVE.value).values(**paused, **why)
        ids = connection.execute(change.returning(table.c.id)).scalars().all()
        found = [stored for each in ids if (stored := _read(connection, each)) is not None]
        told = [
            Events(each.template, new_id).of_template(EventType.TEMPLATE_PAUSED, now, Reason.BY_OWNER, note)
            for each in found
        ]
        events.record(connection, told)
        for each in found:
            drop_waiting(connection, each.template, now=now, new_id=new_id)
        return sorted(found, key=lambda each: each.template.name)


def resume_all(database: Database, *, now: datetime, new_id: Callable[[], str]) -> Resumed:
    """Resume every template that a person paused; what Ostinato paused itself needs a person to look at it first."""
    stored, refused = [], []
    for each in operations.list_all(database):
        if each.state.status is not TemplateStatus.PAUSED or each.state.pause_reason is not Reason.BY_OWNER:
            continue
        try:
            stored.append(operations.resume(database, each.template.id, now=now, new_id=new_id))
        except Conflict as error:
            refused.append((each.template.name, str(error)))
    return Resumed(tuple(stored), tuple(refused))


def cancel_runs(database: Database, name: str | None, *, now: datetime, new_id: Callable[[], str]) -> int:
    """End the runs of a template, None for all of them, that wait and have sent nothing; give how many.

    Raises NotFound.
    """
    with database.write() as connection:
        every = select(table.c.id).where(table.c.status != TemplateStatus.DELETED.value)
        if name is None:
            found = [_read(connection, each) for each in connection.execute(every).scalars().all()]
        else:
            found = [templates.get(connection, name)]
        return sum(cancel_waiting(connection, each.template, now=now, new_id=new_id) for each in found if each)


def _read(connection: Connection, template_id: str) -> StoredTemplate | None:
    try:
        return templates.get(connection, template_id)
    except UNREADABLE:
        return None
