"""Runs of which something recorded cannot be read: they end with that as their reason, and others go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from domain.event import NewEvent
from domain.publication import Outcome, PostStatus, Publication, Settlement
from domain.reasons import Reason
from domain.run import Hold, Run, RunStatus
from domain.template import Template
from scheduler.events import Events
from storage import events, posts, publications, runs, spending
from storage.statements import Write

REASON = Reason.INTERNAL_ERROR


def set_aside(
    connection: Connection,
    hold: Hold,
    run: Run,
    why: str,
    template: Template,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """End a run that was claimed in this transaction, and tell it; *why* says what cannot be read.

    Nothing more of it is sent. It failed when nothing of it is out, and is partial when something is. Where a post may
    be out, a person is asked what became of it, and the run ends after the answer.
    """
    detail = f"what is recorded about the run cannot be read: {why}"
    told = Events(template, new_id)
    out = publications.of_run(connection, run.id)
    doubtful = next((each for each in out if each.outcome in {None, Outcome.UNKNOWN}), None)
    if doubtful is not None:
        _ask(connection, hold, run, doubtful, detail, told, now)
    elif any(each.outcome is Outcome.CONFIRMED for each in out):
        _end_in_part(connection, hold, run, detail, told, now)
    elif runs.end_unsent(
        connection, run.id, status=RunStatus.FAILED, reason=REASON, detail=detail, release=True, now=now
    ):
        events.record(connection, [_ended(connection, run, RunStatus.FAILED, detail, told, now)])


def _ask(
    connection: Connection,
    hold: Hold,
    run: Run,
    doubtful: Publication,
    detail: str,
    told: Events,
    now: datetime,
) -> None:
    (post,) = (
        each
        for each in posts.list_posts(connection, run_id=run.id, limit=None)
        if (each.group, each.part) == (doubtful.group, doubtful.part)
    )
    _perform(
        connection,
        publications.settle(
            hold,
            doubtful.id,
            Settlement(Outcome.UNKNOWN, "nobody", status_url=doubtful.status_url, detail=detail),
            group=doubtful.group,
            part=doubtful.part,
            now=now,
            post_status=PostStatus.UNKNOWN,
            events=[told.unknown(run, post, doubtful, detail, now)],
        ),
    )
    _perform(connection, runs.release(hold, not_before=None, now=now, status=RunStatus.UNKNOWN))


def _end_in_part(connection: Connection, hold: Hold, run: Run, detail: str, told: Events, now: datetime) -> None:
    status = RunStatus.PARTIAL
    event = _ended(connection, run, status, detail, told, now)
    end = runs.finish(hold, status=status, reason=REASON, detail=detail, events=[event], items="spent", now=now)
    _perform(connection, end)
    spending.close_runs(connection, [run.id], now=now)


def _ended(connection: Connection, run: Run, status: RunStatus, detail: str, told: Events, now: datetime) -> NewEvent:
    left = posts.list_posts(connection, run_id=run.id, limit=None)
    return told.finished(run, status, REASON, detail, left, now)


def _perform(connection: Connection, write: Write) -> None:
    spending.perform(connection, write.statements)
