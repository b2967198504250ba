"""Slots that are due and that what a person asks for keeps from running: each gets its one record, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.reasons import Reason
from domain.run import Gap
from domain.schedule import Missed
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.planner import skipped
from storage import runs, templates

MICROSECOND = timedelta(microseconds=1)


def stands_at(connection: Connection, stored: StoredTemplate) -> datetime | None:
    """Give from where on the template's slots have no record yet; None when it has ended or is deleted."""
    if stored.state.status is TemplateStatus.PAUSED:
        return templates.paused_from(connection, stored.template.id)
    return stored.state.next_slot_at


def skip_due(
    connection: Connection,
    stored: StoredTemplate,
    reason: Reason,
    *,
    until: datetime,
    now: datetime,
    new_id: Callable[[], str],
) -> datetime:
    """Record that the slots up to *until* which have no record yet will not run, with the event that tells it.

    While the template is paused the pause is the reason, and else *reason*. Gives from where on slots have no record.
    """
    since = stands_at(connection, stored)
    if since is not None and since > until:
        return since
    if stored.state.status is TemplateStatus.PAUSED:
        reason = Reason.PAUSED
    gap = passed(stored.template, since, until, reason) if since is not None else None
    if gap is not None:
        runs.record_slots(connection, [skipped(stored.template, [gap], now, new_id)], now=now)
    return until + MICROSECOND


def passed(template: Template, since: datetime, until: datetime, reason: Reason) -> Gap | None:
    """Give the slots in [*since*, *until*] as one gap, None when there are none. Its cost does not grow with them."""
    schedule = replace(template.schedule, missed=Missed.SKIP)
    first = due.first_slot(schedule, since)
    if first is None or first > until:
        return None
    decision = due.decide(schedule, first, until)
    count = sum(dropped.count for dropped in decision.dropped) + (decision.run is not None)
    last = decision.run.at if decision.run else decision.dropped[-1].end
    return Gap(template.id, first, last, count, reason)
