"""Approving a held run in a person's own words: the edit is checked, scored and kept as a revision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.question import revision_of
from domain.run import Verdict
from scheduler.operations.prefixes import whole_id
from scheduler.operations.runs import RunDetails, read_details, refuse_verdict
from scheduler.revisions import PERSON, read_texts, revise
from storage import runs
from storage.database import Database
from storage.tables import runs as runs_table


def approve_edited(
    database: Database,
    run_id: str,
    edits: Mapping[str, str],
    *,
    note: str | None,
    now: datetime,
    revision: str | None = None,
    field: str = "edit",
) -> RunDetails:
    """Approve a held run with the texts of *edits* in place of what was written, in one transaction.

    The keys name posts: by id, or by place among the run's posts, from 1. Each draft that is changed is kept as it was;
    its revision is a draft of its own, which the posts then name: that is what was approved. *revision* is what the
    person has read. Raises NotFound, InvalidInput with all problems together, each under *field*, and Conflict when the
    run does not wait for a person, or when something else stands there by now.
    """
    with database.write() as connection:
        details = read_details(connection, whole_id(connection, runs_table.c.id, run_id))
        refuse_verdict(details, Verdict.APPROVED, revision, now)
        facts = details.facts
        revised = revise(facts, read_texts(edits, details.posts, field=field), engine=PERSON)
        if revised.new:
            runs.revise(connection, facts.run.id, revised.new, revised.chosen)
        approved = revision_of(revised.chosen)
        runs.decide(connection, facts.run.id, Verdict.APPROVED, now=now, note=note, revision=approved)
        return read_details(connection, facts.run.id)
