"""Letting a changed template go on from where its slots have no record, also where only what it leaves out changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.operations.skipping import stands_at, taken_back
from storage import templates


def reclose(connection: Connection, before: StoredTemplate, template: Template, *, now: datetime) -> None:
    """Keep *template*, which differs from the one *before* only in what its schedule leaves out, and let it go on.

    Slots that were not planned yet follow; nothing is refused, not even a schedule that never comes due any more.
    """
    stands = stands_at(connection, before)
    since = taken_back(connection, before, stands, now=now)
    templates.replace(connection, template, now=now)
    if since is not None:
        goes_on = due.same_slot(before.template.schedule, template.schedule, since) or since
        if goes_on != stands:
            stand(connection, before, goes_on, now)


def stand(connection: Connection, before: StoredTemplate, goes_on: datetime, now: datetime) -> None:
    """Let the template go on from there: a paused one stays paused, an ended one is active again."""
    state, template_id = before.state, before.template.id
    if state.status is TemplateStatus.PAUSED:
        reason, note = state.pause_reason, state.pause_note
        templates.set_status(
            connection, template_id, state.status, now=now, reason=reason, note=note, next_slot_at=goes_on
        )
    elif goes_on != state.next_slot_at:
        templates.set_status(connection, template_id, TemplateStatus.ACTIVE, now=now, next_slot_at=goes_on)
