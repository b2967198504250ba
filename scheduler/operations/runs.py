"""What a person can do with runs: look at them, and decide about one that waits for approval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from domain.budget import Entry
from domain.errors import Conflict
from domain.publication import Post
from domain.question import revision_of
from domain.run import Facts, Run, RunStatus, Verdict
from domain.template import ApproveDefault, StoredTemplate, TemplateStatus
from scheduler.approvals import as_told, deadline
from scheduler.operations.doubt import doubtful
from scheduler.operations.prefixes import whole_id
from storage import budgets, posts, run_pages, runs, templates
from storage.database import Database
from storage.run_pages import Place, Wanted
from storage.tables import runs as runs_table

ALL = 1000  # more posts than a run can have
ANY = Wanted(owner_id=None)


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run with its template's name."""

    run: Run
    template: str
    doubtful: bool = False  # whether a post of it is out is being asked about, or waits for a person
    decide_by: datetime | None = None  # until when a held run waits for a person


@dataclass(frozen=True, slots=True)
class RunDetails:
    """Everything recorded about one run."""

    stored: StoredTemplate
    facts: Facts
    posts: tuple[Post, ...]
    payments: tuple[Entry, ...] = ()

    @property
    def decide_by(self) -> datetime | None:
        """Until when the run waits for a person; None when it does not, or for ever."""
        return deadline(self.facts.run)

    @property
    def revision(self) -> str | None:
        """What names the texts that are to be posted, as they stand; None before there are any."""
        return revision_of(self.facts.chosen) if self.facts.chosen else None


def list_runs(
    database: Database,
    *,
    template: str | None = None,
    wanted: Wanted = ANY,
    behind: Place | None = None,
    limit: int = 50,
) -> list[NamedRun]:
    """Give the runs that are *wanted*, of *template* alone where it is named; the newest due first, *behind* a place.

    Raises NotFound for an unknown template.
    """
    with database.read() as connection:
        if template is not None:
            known = templates.get(connection, template, owner=wanted.owner_id).template
            wanted = replace(wanted, template_id=known.id)
        found = run_pages.page(connection, wanted, behind=behind, limit=limit)
        doubts = doubtful(connection, [run.id for run in found])
        ids = {run.template_id for run in found}
        names, readable = templates.names(connection, ids), templates.get_many(connection, ids)
        told = [
            as_told(connection, run, stored.template) if (stored := readable.get(run.template_id)) else run
            for run in found
        ]
        return [NamedRun(run, names[run.template_id], run.id in doubts, deadline(run)) for run in told]


def details(database: Database, run_id: str) -> RunDetails:
    """Give what is recorded about a run. Raises NotFound."""
    with database.read() as connection:
        return read_details(connection, whole_id(connection, runs_table.c.id, run_id))


def read_details(connection: Connection, run_id: str) -> RunDetails:
    """Give what is recorded about a run, within the caller's transaction. Raises NotFound."""
    found = runs.facts(connection, run_id)
    stored = templates.get(connection, found.run.template_id)
    facts = replace(found, run=as_told(connection, found.run, stored.template))
    paid = tuple(budgets.of_run(connection, run_id))
    return RunDetails(stored, facts, tuple(posts.list_posts(connection, run_id=run_id, limit=ALL)), paid)


def decide(
    database: Database,
    run_id: str,
    verdict: Verdict,
    *,
    note: str | None,
    now: datetime,
    revision: str | None = None,
) -> RunDetails:
    """Approve or reject a run that waits for a person; the daemon then publishes it, or ends it as rejected.

    *revision* is what the person has read. The verdict is kept with the revision it is about, and counts for no other.
    Raises NotFound, and Conflict when the run does not wait for a person, or when something else stands there by now.
    """
    with database.write() as connection:
        details = read_details(connection, whole_id(connection, runs_table.c.id, run_id))
        refuse_verdict(details, verdict, revision, now)
        run_id = details.facts.run.id
        runs.decide(connection, run_id, verdict, now=now, note=note, revision=details.revision)
        return read_details(connection, run_id)


def refuse_verdict(details: RunDetails, verdict: Verdict, revision: str | None, now: datetime) -> None:
    """Raise Conflict unless a person may give *verdict* about *revision* at *now*.

    Where the deadline drops a run, an approval after it comes too late, also when the daemon has not looked yet.
    """
    run = details.facts.run
    if run.status is not RunStatus.HELD:
        decided = f" and was {run.verdict.value}" if run.verdict else ""
        reason = f"run {run.id} is {run.status.value}{decided}; only a held run can be approved or rejected"
        raise Conflict(reason)
    if revision is not None and revision != details.revision:
        reason = f"run {run.id} stands at revision {details.revision}, not {revision}"
        raise Conflict(f"{reason}; read it with `ostinato run show {run.id}`, then decide about that one")
    by = details.decide_by
    waits = details.stored.state.status is TemplateStatus.PAUSED or run.undecided is ApproveDefault.POST
    if verdict is Verdict.APPROVED and by is not None and by <= now and not waits:
        reason = f"the deadline of run {run.id} passed at {by:%Y-%m-%d %H:%M:%S} UTC, and it is dropped then"
        raise Conflict(f"{reason}; `ostinato template run {details.stored.template.name}` writes anew")
