"""Slots that are due and that what a person asks for keeps from running: each gets its one record, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from domain.reasons import Reason
from domain.run import Gap
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.planner import MICROSECOND, apart, skipped
from storage import runs, templates


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
    if since is not None:
        gaps = unrecorded(connection, stored.template, since, until, reason)
        runs.record_slots(connection, [skipped(stored.template, gaps, now, new_id)], now=now)
    return until + MICROSECOND


def unrecorded(
    connection: Connection, template: Template, since: datetime, until: datetime, reason: Reason
) -> list[Gap]:
    """Give the slots in [*since*, *until*], open and closed, that have no run of their own."""
    gap = passed(template, since, until, reason)
    return apart(template, gap, runs.taken(connection, template.id, since, until)) if gap else []


def taken_back(
    connection: Connection, stored: StoredTemplate, since: datetime | None, *, now: datetime
) -> datetime | None:
    """Take back what was recorded of slots after *now*: a closed stretch is one record when it begins.

    For a schedule that is about to change, which may have other slots there. *since* is from where on slots have no
    record; gives from where on they have none now.
    """
    template = stored.template
    ahead = runs.gaps_beyond(connection, template.id, now)
    for gap in ahead:
        past = passed(template, gap.start, now, gap.reason) if gap.start <= now else None
        runs.replace_gap(connection, gap, [past] if past else [])
    if since is None or not ahead:
        return since
    return min(since, due.first_slot(template.schedule, now + MICROSECOND) or since)


def passed(template: Template, since: datetime, until: datetime, reason: Reason) -> Gap | None:
    """Give the slots in [*since*, *until*] as one gap, None when there are none. Its cost does not grow with them."""
    found = due.passed(template.schedule, since, until, reason)
    return Gap(template.id, found[0].start, found[0].end, found[0].count, reason) if found else None
