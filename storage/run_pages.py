"""Runs page by page, the newest due first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from domain.publication import Outcome
from domain.reasons import Reason
from domain.run import Run, RunStatus
from storage.runs.rows import run_of
from storage.tables import busy_index, constant, publications, runs

Place = tuple[datetime, str]  # when a run was due, and its id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs: of one template, account, status or reason, due from *since* and before *until*.

    UNKNOWN are also those that the daemon still asks about. *owner_id* None are everybody's.
    """

    owner_id: str | None
    template_id: str | None = None
    account: str | None = None
    status: RunStatus | None = None
    reason: Reason | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(c: Connection, wanted: Wanted, *, behind: Place | None = None, limit: int) -> list[Run]:
    """Give the first *limit* runs that are wanted *behind* a place."""
    query = select(runs).where(*_where(wanted)).order_by(runs.c.due_at.desc(), runs.c.id).limit(limit)
    if behind is not None:
        due_at, run_id = behind
        query = query.where(runs.c.due_at <= due_at, or_(runs.c.due_at < due_at, runs.c.id > run_id))
    return [run_of(row) for row in c.execute(query).mappings()]


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = []
    if wanted.owner_id is not None:
        given.append(runs.c.owner_id == wanted.owner_id)
    if wanted.template_id is not None:
        given.append(runs.c.template_id == wanted.template_id)
    if wanted.account is not None:
        given.append(func.lower(runs.c.account) == wanted.account.lower())
    if wanted.status is not None:
        given += _in_doubt() if wanted.status is RunStatus.UNKNOWN else [runs.c.status == constant(wanted.status)]
    if wanted.reason is not None:
        given.append(runs.c.reason == wanted.reason.value)
    if wanted.since is not None:
        given.append(runs.c.due_at >= wanted.since)
    if wanted.until is not None:
        given.append(runs.c.due_at < wanted.until)
    return given


def _in_doubt() -> list[ColumnElement[bool]]:
    """Give the conditions of what may have posted: it waits for a person, or for the daemon's next question."""
    unsettled = or_(publications.c.outcome.is_(None), publications.c.outcome == constant(Outcome.UNKNOWN))
    asked_about = exists().where(publications.c.run_id == runs.c.id, unsettled)
    waits = runs.c.status == constant(RunStatus.UNKNOWN)
    return [busy_index(), or_(waits, and_(runs.c.status == constant(RunStatus.QUEUED), asked_about))]
