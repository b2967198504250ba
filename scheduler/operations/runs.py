"""What a person can do with runs: look at them, and decide about one that waits for approval."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import Conflict
from domain.publication import Post
from domain.run import Facts, Run, RunStatus, Verdict
from domain.template import StoredTemplate
from scheduler.operations.doubt import doubtful
from scheduler.operations.prefixes import whole_id
from storage import posts, runs, templates
from storage.database import Database
from storage.tables import runs as runs_table

ALL = 1000  # more posts than a run can have


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run with its template's name."""

    run: Run
    template: str
    doubtful: bool = False  # whether a post of it is out is being asked about, or waits for a person


@dataclass(frozen=True, slots=True)
class RunDetails:
    """Everything recorded about one run."""

    stored: StoredTemplate
    facts: Facts
    posts: tuple[Post, ...]


def list_runs(
    database: Database,
    *,
    template: str | None = None,
    status: RunStatus | None = None,
    limit: int = 50,
    before: datetime | None = None,
) -> list[NamedRun]:
    """Give runs, newest slot first. Raises NotFound for an unknown template.

    With *status* UNKNOWN also those that the daemon still asks about.
    """
    with database.read() as connection:
        template_id = templates.get(connection, template).template.id if template else None
        found = runs.list_runs(connection, template_id=template_id, status=status, limit=limit, before=before)
        doubts = doubtful(connection)
        if status is RunStatus.UNKNOWN:
            found = _with_those_asked_about(connection, found, doubts, template_id, before)[:limit]
        names = templates.get_many(connection, {run.template_id for run in found})
        return [NamedRun(run, names[run.template_id].template.name, run.id in doubts) for run in found]


def details(database: Database, run_id: str) -> RunDetails:
    """Give what is recorded about a run. Raises NotFound."""
    with database.read() as connection:
        return read_details(connection, whole_id(connection, runs_table.c.id, run_id))


def read_details(connection: Connection, run_id: str) -> RunDetails:
    """Give what is recorded about a run, within the caller's transaction. Raises NotFound."""
    facts = runs.facts(connection, run_id)
    stored = templates.get(connection, facts.run.template_id)
    return RunDetails(stored, facts, tuple(posts.list_posts(connection, run_id=run_id, limit=ALL)))


def _with_those_asked_about(
    connection: Connection, found: list[Run], doubts: Set[str], template_id: str | None, before: datetime | None
) -> list[Run]:
    listed = {run.id for run in found}
    more = [runs.get(connection, run_id) for run_id in doubts - listed]
    fitting = [
        run
        for run in more
        if run.status is RunStatus.QUEUED
        and template_id in (None, run.template_id)
        and (before is None or run.due_at < before)
    ]
    return sorted([*found, *fitting], key=lambda run: run.due_at, reverse=True)


def decide(database: Database, run_id: str, verdict: Verdict, *, note: str | None, now: datetime) -> RunDetails:
    """Approve or reject a run that waits for a person; the daemon then publishes it, or ends it as rejected.

    Raises NotFound, and Conflict when the run does not wait for a person.
    """
    with database.write() as connection:
        run_id = whole_id(connection, runs_table.c.id, run_id)
        run = runs.get(connection, run_id)
        if run.status is not RunStatus.HELD:
            raise Conflict(f"run {run_id} is {run.status.value}; only a held run can be approved or rejected")
        runs.decide(connection, run_id, verdict, now=now, note=note)
        return read_details(connection, run_id)
