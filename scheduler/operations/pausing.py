"""The kill switch: every template at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, exists, select

from domain.errors import Conflict, NotFound
from domain.reasons import Reason
from domain.run import FINAL
from domain.template import StoredTemplate, TemplateStatus
from scheduler.operations import mending
from scheduler.operations import templates as operations
from scheduler.operations.cancelling import cancel_waiting, going_on
from scheduler.operations.templates import Stopped
from scheduler.planner import UNREADABLE
from storage import templates
from storage.database import Database
from storage.tables import runs
from storage.tables import templates as table


@dataclass(frozen=True, slots=True)
class Resumed:
    """The templates that go on, and those that cannot, each with the reason."""

    stored: tuple[StoredTemplate, ...]
    refused: tuple[tuple[str, str], ...]


def pause_all(
    database: Database,
    *,
    note: str | None,
    now: datetime,
    new_id: Callable[[], str],
    owner: str | None = None,
) -> list[Stopped]:
    """Pause every active template of *owner*, or of everybody, each as `templates.pause` does; give them by name.

    Runs of which nothing is out end, also those of templates that have ended or are paused already; such a template is
    given too when it had any. One that cannot even be read is paused too, and left out of the answer.
    """
    with database.read() as connection:
        active = _of(owner).where(table.c.status == TemplateStatus.ACTIVE.value)
        ids = list(connection.execute(active).scalars())
    paused = []
    for each in ids:
        try:
            paused.append(operations.pause(database, each, note=note, now=now, new_id=new_id))
        except UNREADABLE:
            with database.write() as connection:
                why = Reason.BY_OWNER
                templates.set_status(connection, each, TemplateStatus.PAUSED, now=now, reason=why, note=note)
        except (Conflict, NotFound):  # it ended or was deleted meanwhile
            continue
    with database.write() as connection:
        return paused + _left(connection, owner, now, new_id)


def _of(owner: str | None) -> Select[str]:
    """Select the ids of the templates of *owner*, or with None of everybody, by name."""
    query = select(table.c.id).order_by(table.c.name)
    return query if owner is None else query.where(table.c.owner_id == owner)


def _left(connection: Connection, owner: str | None, now: datetime, new_id: Callable[[], str]) -> list[Stopped]:
    """End the runs that templates which are not active have left; give those that had any, by name."""
    unfinished = exists().where(runs.c.template_id == table.c.id, runs.c.status.not_in([each.value for each in FINAL]))
    query = _of(owner).where(table.c.status != TemplateStatus.ACTIVE.value, unfinished)
    found = []
    for each in connection.execute(query).scalars().all():
        try:
            stored = templates.get(connection, each)
        except UNREADABLE:
            known = mending.stand_in(templates.get_unreadable(connection, each), now)
            cancel_waiting(connection, known, now=now, new_id=new_id, reason=Reason.PAUSED)
            continue
        cancelled = cancel_waiting(connection, stored.template, now=now, new_id=new_id, reason=Reason.PAUSED)
        if cancelled:
            found.append(Stopped(stored, cancelled, going_on(connection, stored.template)))
    return found


def resume_all(database: Database, *, now: datetime, new_id: Callable[[], str], owner: str | None = None) -> Resumed:
    """Resume every template of *owner*, or with None of everybody, that a person paused.

    What Ostinato paused itself needs a person to look at it first.
    """
    stored, refused = [], []
    for each in operations.list_all(database, owner=owner):
        if each.state.status is not TemplateStatus.PAUSED or each.state.pause_reason is not Reason.BY_OWNER:
            continue
        try:
            stored.append(operations.resume(database, each.template.id, now=now, new_id=new_id))
        except Conflict as error:
            refused.append((each.template.name, str(error)))
    return Resumed(tuple(stored), tuple(refused))
