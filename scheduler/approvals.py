"""The deadline of an approval: a held run that nobody has decided about in time does what its template says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from domain.reasons import SENTENCES, Reason
from domain.run import Run, RunStatus, Verdict
from domain.template import ApproveDefault, Template, TemplateStatus
from scheduler.events import Events
from storage import events, posts, runs, templates

log = structlog.get_logger(__name__)


def deadline(run: Run, template: Template) -> datetime | None:
    """Give until when a held run waits for a person, by its template as it stands; None for ever, or when not held."""
    if run.status is not RunStatus.HELD or run.held_at is None or template.approve_within is None:
        return None
    return run.held_at + template.approve_within


def expire(c: Connection, *, now: datetime, new_id: Callable[[], str]) -> datetime | None:
    """Decide about the held runs whose deadline has passed; give when the next one does.

    The runs of a paused template wait until it is resumed, whatever their deadline: nothing is posted behind the back
    of whoever paused it.
    """
    held = runs.held(c)
    stored = templates.get_many(c, {run.template_id for run in held})
    coming: list[datetime] = []
    for run in held:
        found = stored.get(run.template_id)
        if found is None:  # it cannot be read, and nothing is decided for it
            continue
        by = deadline(run, found.template)
        if by is None or found.state.status is TemplateStatus.PAUSED:
            continue
        if by > now:
            coming.append(by)
        else:
            _decide(c, run, found.template, now, new_id)
    return min(coming, default=None)


def _decide(c: Connection, run: Run, template: Template, now: datetime, new_id: Callable[[], str]) -> None:
    detail = SENTENCES[Reason.APPROVAL_EXPIRED]
    log.info("approval.expired", run=run.id, template=template.name, default=template.approve_default.value)
    if template.approve_default is ApproveDefault.POST:
        runs.decide(c, run.id, Verdict.APPROVED, now=now, note=detail)
        return
    if runs.end_unsent(c, run.id, reason=Reason.APPROVAL_EXPIRED, detail=detail, release=False, now=now):
        left = posts.list_posts(c, run_id=run.id, limit=None)
        told = Events(template, new_id)
        events.record(c, [told.finished(run, RunStatus.SKIPPED, Reason.APPROVAL_EXPIRED, detail, left, now)])
