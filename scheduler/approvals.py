"""The deadline of an approval: a held run that nobody has decided about in time does what was said when it was held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from domain.reasons import SENTENCES, Reason
from domain.run import Run, RunStatus, Verdict
from domain.template import ApproveDefault, Template, TemplateStatus
from scheduler.events import Events
from storage import events, posts, runs, templates

log = structlog.get_logger(__name__)


def deadline(run: Run) -> datetime | None:
    """Give until when a held run waits for a person; None for ever, or when it is not held."""
    return run.decide_by if run.status is RunStatus.HELD else None


def as_told(c: Connection, run: Run, template: Template) -> Run:
    """Give *run* with until when it waits and what becomes of it then, as whoever is to decide about it was told.

    A program of before schema 0029 keeps neither with the run: then what its template said when it was held counts.
    """
    if run.status is not RunStatus.HELD or run.held_at is None or run.undecided is not None:
        return run
    then = templates.as_of(c, run.template_id, run.held_at) or template
    by = run.held_at + then.approve_within if then.approve_within else None
    return replace(run, decide_by=by, undecided=then.approve_default)


def expire(c: Connection, *, now: datetime, new_id: Callable[[], str]) -> datetime | None:
    """Decide about the held runs whose deadline has passed; give when the next one does.

    The runs of a paused template wait until it is resumed, whatever their deadline: nothing is posted behind the back
    of whoever paused it.
    """
    held = runs.held(c)
    stored = templates.get_many(c, {run.template_id for run in held})
    coming: list[datetime] = []
    for each in held:
        found = stored.get(each.template_id)
        if found is None:  # it cannot be read, and nothing is decided for it
            continue
        run = as_told(c, each, found.template)
        by = deadline(run)
        if by is None or found.state.status is TemplateStatus.PAUSED:
            continue
        if by > now:
            coming.append(by)
        else:
            _decide(c, run, found.template, now, new_id)
    return min(coming, default=None)


def _decide(c: Connection, run: Run, template: Template, now: datetime, new_id: Callable[[], str]) -> None:
    detail = SENTENCES[Reason.APPROVAL_EXPIRED]
    log.info("approval.expired", run=run.id, template=template.name, default=run.undecided)
    if run.undecided is ApproveDefault.POST:
        runs.decide(c, run.id, Verdict.APPROVED, now=now, note=detail)
        return
    if runs.end_unsent(c, run.id, reason=Reason.APPROVAL_EXPIRED, detail=detail, release=False, now=now):
        left = posts.list_posts(c, run_id=run.id, limit=None)
        told = Events(template, new_id)
        events.record(c, [told.finished(run, RunStatus.SKIPPED, Reason.APPROVAL_EXPIRED, detail, left, now)])
