"""Runs of which it is not known whether a post went out, whoever is to find out: the daemon, or a person."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from domain.publication import Outcome, Publication
from domain.run import Run, RunStatus
from storage.tables import publications, runs

WAITING = (RunStatus.QUEUED, RunStatus.UNKNOWN)  # a run that is worked on is being sent, which is no doubt yet


def doubtful(connection: Connection, run_ids: Collection[str] | None = None, *, owner: str | None = None) -> set[str]:
    """Give the ids of the runs, all or those of *run_ids*, with a publication that may be out or not.

    Those of *owner*, or with None of everybody.
    """
    query = (
        select(runs.c.id)
        .join(publications, publications.c.run_id == runs.c.id)
        .where(
            runs.c.status.in_([each.value for each in WAITING]),
            or_(publications.c.outcome.is_(None), publications.c.outcome == Outcome.UNKNOWN.value),
        )
    )
    if owner is not None:
        query = query.where(runs.c.owner_id == owner)
    if run_ids is not None:
        query = query.where(runs.c.id.in_(list(run_ids)))
    return set(connection.execute(query).scalars())


def in_doubt(run: Run, publications: Collection[Publication]) -> bool:
    """Tell whether one of the run's *publications* may be out or not."""
    return run.status in WAITING and any(each.outcome in (None, Outcome.UNKNOWN) for each in publications)
