"""Trying a run again that ended with nothing out: as a run of its own, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from domain.errors import Conflict
from domain.reasons import Reason
from domain.run import FINAL, Run, RunStatus
from scheduler.operations import templates as operations
from scheduler.operations.prefixes import whole_id
from storage import runs, templates
from storage.database import Database
from storage.tables import item_uses
from storage.tables import runs as table

ENDED_WITHOUT = frozenset({RunStatus.SKIPPED, RunStatus.FAILED})


def retry(database: Database, run_id: str, *, now: datetime, new_id: Callable[[], str]) -> Run:
    """Queue a run in the place of one that ended skipped or failed; give the new one, whose `retry_of` is the old one.

    The feed entries that the old one had looked at are free for it. It gathers and writes anew. Raises NotFound, and
    Conflict when something of the old run is out or may be, when it goes on, when it was tried again already, and as
    `templates.run_now` does.
    """
    with database.write() as connection:
        run = runs.get(connection, whole_id(connection, table.c.id, run_id))
        _refuse(connection, run)
        new = operations.queue(
            connection, templates.get(connection, run.template_id), now=now, new_id=new_id, retry_of=run.id
        )
        looked_at = (item_uses.c.run_id == run.id, item_uses.c.status == "spent")
        connection.execute(delete(item_uses).where(*looked_at))
        return new


def _refuse(connection: Connection, run: Run) -> None:
    if run.status not in FINAL:
        raise Conflict(f"run {run.id} is {run.status.value} and goes on; there is nothing to try again yet")
    if run.status not in ENDED_WITHOUT or runs.maybe_out(connection, run.id) is not None:
        raise Conflict(f"run {run.id} is {run.status.value}: something of it is out or may be, and is not sent again")
    if run.reason is Reason.RESTORED:
        remedy = "look at the account, and use `ostinato template run`"
        raise Conflict(f"run {run.id} may have posted after the backup that was restored; {remedy}")
    later = connection.execute(select(table.c.id).where(table.c.retry_of == run.id)).scalar()
    if later is not None:
        raise Conflict(f"run {run.id} was tried again already, as run {later}; that one may be tried again")
