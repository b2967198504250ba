"""Taking a template that cannot be planned out of the way, with the reason: for it and for the slot it stood at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from domain.event import EventType, NewEvent
from domain.reasons import SENTENCES, Reason
from domain.run import RunStatus
from domain.template import TemplateStatus
from storage import events as outbox
from storage import templates as kept
from storage.runs.slots import PlannedRun, Slots, record_slots
from storage.tables import templates

REASON = Reason.INVALID_TEMPLATE


def pause_invalid(c: Connection, template_id: str, note: str, *, now: datetime, new_id: Callable[[], str]) -> None:
    """Pause a template that cannot be planned, whether or not it can be read; *note* says why.

    The slot it stood at becomes a skipped run with that reason; what comes due later is recorded when the pause ends.
    """
    known = (templates.c.owner_id, templates.c.name, templates.c.account)
    wanted = (*known, templates.c.next_slot_at, templates.c.definition)
    row = c.execute(select(*wanted).where(templates.c.id == template_id)).mappings().one()
    about = {"template": {"id": template_id, "name": row["name"]}, "callbackData": _callback_data(row)}
    goes_on = None
    if row["next_slot_at"] is not None and row["next_slot_at"] <= now:
        savepoint = c.begin_nested()
        try:
            record_slots(c, [_skipped(template_id, row, about, note, now, new_id)], now=now)
            savepoint.commit()
            goes_on = row["next_slot_at"] + timedelta(microseconds=1)
        except c.dialect.loaded_dbapi.OperationalError:  # nothing is wrong with the template
            raise
        except c.dialect.loaded_dbapi.Error:  # what refused the plan refuses this too: the end of the pause records it
            savepoint.rollback()
    kept.set_status(c, template_id, TemplateStatus.PAUSED, now=now, reason=REASON, note=note, next_slot_at=goes_on)
    data = {**about, "reason": REASON.value, "note": note}
    paused = NewEvent(new_id(), EventType.TEMPLATE_PAUSED, now, data, template_id, owner_id=row["owner_id"])
    outbox.record(c, [paused])


def _skipped(
    template_id: str, row: RowMapping, about: dict[str, Any], note: str, now: datetime, new_id: Callable[[], str]
) -> Slots:
    at = row["next_slot_at"]
    run = PlannedRun(new_id(), at, at, RunStatus.SKIPPED, REASON, note)
    told = {
        "id": run.id,
        "slotAt": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": run.status.value,
        "reason": REASON.value,
        "detail": SENTENCES[REASON],
    }
    data = {**about, "run": told, "posts": []}
    event = NewEvent(new_id(), EventType.RUN_SKIPPED, now, data, template_id, run.id, row["owner_id"])
    return Slots(template_id, row["account"], runs=(run,), events=(event,))


def _callback_data(row: RowMapping) -> str | None:
    """Give the template's callback data, as far as its definition can be read."""
    try:
        found = json.loads(row["definition"])["callback_data"]
    except (ValueError, TypeError, LookupError):
        return None
    return found if isinstance(found, str) else None
