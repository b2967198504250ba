"""Cancelling runs that sent nothing yet: one that a person names, or those of a deleted or paused template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from domain.errors import Conflict
from domain.publication import Publication
from domain.reasons import SENTENCES, Reason
from domain.run import FINAL, RunStatus
from domain.template import Template
from scheduler.events import Events
from scheduler.operations.prefixes import whole_id
from scheduler.operations.runs import RunDetails, read_details
from storage import events
from storage import runs as all_runs
from storage.database import Database
from storage.tables import runs


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of the wish to cancel a run. *too_late* is the publication that is out or may be: the run goes on."""

    details: RunDetails
    too_late: Publication | None = None

    @property
    def answer(self) -> str:
        return "too_late" if self.too_late else "cancelled"

    @property
    def sentence(self) -> str:
        """What became of the wish, in words."""
        out, count = self.too_late, len(self.details.posts)
        if out is None:
            return f"cancelled; {count or 'no'} post{'s' * (count != 1)} of it discarded"
        at = f"{out.intended_at.astimezone(UTC):%F %T} UTC"
        what = f"group {out.group + 1}, part {out.part + 1} was handed over at {at}"
        outcome = out.outcome.value if out.outcome else "not known yet"
        return f"too late; {what}, outcome {outcome} (publication {out.id})"


def cancel(database: Database, run_id: str, *, note: str | None, now: datetime, new_id: Callable[[], str]) -> Cancelled:
    """End a run before anything of it is sent, even while it is worked on.

    Either the run ends here and no intention to publish can be written for it any more, or one was written before:
    then the answer is `too_late`. A run that is cancelled already is answered as such. Raises NotFound, and Conflict
    when the run has ended for another reason without posting.
    """
    with database.write() as connection:
        before = read_details(connection, whole_id(connection, runs.c.id, run_id))
        run_id = before.facts.run.id
        detail = note or SENTENCES[Reason.CANCELLED]
        if all_runs.end_unsent(connection, run_id, reason=Reason.CANCELLED, detail=detail, release=True, now=now):
            details = read_details(connection, run_id)
            told = Events(before.stored.template, new_id)
            event = told.finished(details.facts.run, RunStatus.SKIPPED, Reason.CANCELLED, detail, details.posts, now)
            events.record(connection, [event])
            return Cancelled(details)
        details = read_details(connection, run_id)
        run, out = details.facts.run, all_runs.maybe_out(connection, run_id)
        if out is None and run.reason is not Reason.CANCELLED:
            raise Conflict(f"run {run_id} is {run.status.value} and posted nothing; there is nothing to cancel")
        return Cancelled(details, out)


def cancel_waiting(
    connection: Connection,
    template: Template,
    *,
    now: datetime,
    new_id: Callable[[], str],
    reason: Reason = Reason.CANCELLED,
) -> int:
    """End the template's runs of which nothing is out or may be, also those worked on, for *reason*; give how many.

    The others finish what they have begun and begin no other post. What was only deferred was certainly not sent.
    """
    told = Events(template, new_id)
    mine = runs.c.template_id == template.id
    unfinished = (mine, runs.c.status.not_in([each.value for each in FINAL]))
    detail = SENTENCES[reason]
    cancelled = 0
    for run_id in connection.execute(select(runs.c.id).where(*unfinished)).scalars().all():
        if all_runs.end_unsent(connection, run_id, reason=reason, detail=detail, release=True, now=now):
            run = all_runs.get(connection, run_id)
            events.record(connection, [told.finished(run, RunStatus.SKIPPED, reason, detail, (), now)])
            cancelled += 1
    # The intention to publish looks for this; after a restore nothing is sent as it is.
    connection.execute(update(runs).where(*unfinished, runs.c.reason.is_(None)).values(reason=reason.value))
    return cancelled


def going_on(connection: Connection, template: Template) -> int:
    """Give how many runs of the template are not at their end: worked on, asked about, or waiting for a person."""
    left = (runs.c.template_id == template.id, runs.c.status.not_in([each.value for each in FINAL]))
    return int(connection.execute(select(func.count()).where(*left)).scalar_one())
