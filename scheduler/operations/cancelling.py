"""Ending the runs of a deleted or paused template that have sent nothing yet. What was sent is never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from domain.publication import Outcome, PostStatus
from domain.reasons import SENTENCES, Reason
from domain.run import FINAL, RunStatus
from domain.template import Template
from scheduler.events import Events
from storage import events
from storage import runs as all_runs
from storage.tables import item_uses, posts, publications, runs


def cancel_waiting(
    connection: Connection,
    template: Template,
    *,
    now: datetime,
    new_id: Callable[[], str],
    reason: Reason = Reason.CANCELLED,
) -> int:
    """End the template's queued and held runs for *reason*; give how many.

    A run that is worked on, and one of which something was sent or may have been, goes on. What was only deferred was
    certainly not sent.
    """
    sent = exists().where(
        publications.c.run_id == runs.c.id,
        or_(publications.c.outcome.is_(None), publications.c.outcome != Outcome.DEFERRED.value),
    )
    waiting = (
        runs.c.template_id == template.id,
        runs.c.status.in_([RunStatus.QUEUED.value, RunStatus.HELD.value]),
        ~sent,
    )
    told = Events(template, new_id)
    cancelled = 0
    for run_id in connection.execute(select(runs.c.id).where(*waiting)).scalars().all():
        end = {"status": RunStatus.SKIPPED.value, "reason": reason.value, "finished_at": now}
        change = update(runs).where(runs.c.id == run_id, *waiting).values(**end, not_before=None)
        if connection.execute(change).rowcount != 1:
            continue  # a worker was quicker
        connection.execute(update(posts).where(posts.c.run_id == run_id).values(status=PostStatus.DISCARDED.value))
        connection.execute(delete(item_uses).where(item_uses.c.run_id == run_id, item_uses.c.status == "reserved"))
        run = all_runs.get(connection, run_id)
        detail = SENTENCES[reason]
        events.record(connection, [told.finished(run, RunStatus.SKIPPED, reason, detail, (), now)])
        cancelled += 1
    return cancelled


def going_on(connection: Connection, template: Template) -> int:
    """Give how many runs of the template are not at their end: worked on, asked about, or waiting for a person."""
    left = (runs.c.template_id == template.id, runs.c.status.not_in([each.value for each in FINAL]))
    return int(connection.execute(select(func.count()).where(*left)).scalar_one())
