"""Runs and gaps as they are shown, and what a person decides about a run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from domain.errors import Conflict, NotFound
from domain.publication import Outcome, PostStatus
from domain.reasons import Reason
from domain.run import Facts, Gap, Run, RunStatus, Trigger, Verdict
from storage.runs.rows import facts_of, run_of
from storage.tables import busy_index, constant, posts, publications, runs, slot_gaps, templates
from storage.templates import understood


def facts(c: Connection, run_id: str) -> Facts:
    """Give everything recorded about a run. Raises NotFound."""
    return facts_of(c, [_row(c, run_id)])[0]


def get(c: Connection, run_id: str) -> Run:
    """Give a run's own row. Raises NotFound."""
    return run_of(_row(c, run_id))


def find(c: Connection, template_id: str, at: datetime) -> Run | Gap | None:
    """Give what became of the slot *at*: its run, or else the gap it lies in."""
    for trigger in (Trigger.SCHEDULE, Trigger.REQUEST):  # each has an index of its own, which its name leads to
        query = select(runs).where(runs.c.template_id == template_id, runs.c.slot_at == at)
        row = c.execute(query.where(runs.c.trigger == constant(trigger))).mappings().first()
        if row is not None:
            return run_of(row)
    around = [gap for gap in gaps(c, template_id) if gap.start <= at <= gap.end]
    return around[0] if around else None


def gaps(c: Connection, template_id: str) -> list[Gap]:
    """Give the stretches of slots that posted nothing for one reason each, oldest first."""
    query = select(slot_gaps).where(slot_gaps.c.template_id == template_id).order_by(slot_gaps.c.start_at)
    return [Gap(row.template_id, row.start_at, row.end_at, row.slots, Reason(row.reason)) for row in c.execute(query)]


def started_threads(c: Connection, run_ids: Collection[str] | None = None) -> list[tuple[str, str, datetime]]:
    """Give (account, run id, when its first part was intended) of open runs with a thread that is out in part.

    Of *run_ids*, or of all. A thread with an unknown part is not among them: it stops itself, not its
    account.
    """
    open_and_chosen = select(runs.c.id).where(
        busy_index(), runs.c.status != RunStatus.UNKNOWN.value, runs.c.chosen_at.is_not(None)
    )
    if run_ids is not None:
        open_and_chosen = open_and_chosen.where(runs.c.id.in_(run_ids))
    later = posts.alias()
    doubtful = publications.alias()
    begun = (
        select(
            publications.c.account,
            publications.c.run_id,
            func.min(publications.c.intended_at, type_=publications.c.intended_at.type),
        )
        .where(
            publications.c.run_id.in_(open_and_chosen),
            # As a parameter: the index of confirmed publications holds all there ever were.
            publications.c.outcome == Outcome.CONFIRMED.value,
            ~exists().where(
                and_(doubtful.c.run_id == publications.c.run_id, doubtful.c.outcome == constant(Outcome.UNKNOWN))
            ),
            exists().where(
                and_(
                    later.c.run_id == publications.c.run_id,
                    later.c.grp == publications.c.grp,
                    later.c.part > publications.c.part,
                    later.c.status.in_([PostStatus.GENERATED.value, PostStatus.PUBLISHING.value]),
                )
            ),
        )
        .group_by(publications.c.account, publications.c.run_id)
    )
    return [(account, run_id, intended_at) for account, run_id, intended_at in c.execute(begun)]


def decide(
    c: Connection,
    run_id: str,
    verdict: Verdict,
    *,
    now: datetime,
    note: str | None = None,
    revision: str | None = None,
) -> None:
    """Record what a person decided about a held run's *revision* and queue it again.

    Raises NotFound, or Conflict when not held.
    """
    decided = {"verdict": verdict.value, "detail": note, "approved_revision": revision}
    _requeue(c, run_id, {RunStatus.HELD}, not_before=now, **decided)
    if verdict is Verdict.APPROVED:
        waiting = (posts.c.run_id == run_id, posts.c.status == PostStatus.AWAITING_APPROVAL.value)
        c.execute(update(posts).where(*waiting).values(status=PostStatus.GENERATED.value))


def held(c: Connection) -> list[Run]:
    """Give the runs that wait for a person, the longest first, but those of templates that a newer program wrote."""
    waiting = select(runs).where(runs.c.status == constant(RunStatus.HELD), _known())
    return [run_of(row) for row in c.execute(waiting.order_by(runs.c.held_at, runs.c.id)).mappings()]


def _known() -> ColumnElement[bool]:
    return exists().where(templates.c.id == runs.c.template_id, understood())


def reopen(c: Connection, run_id: str, *, now: datetime) -> None:
    """Queue a held or unknown run again. Raises NotFound, or Conflict when it is neither."""
    _requeue(c, run_id, {RunStatus.HELD, RunStatus.UNKNOWN}, not_before=now)


def _requeue(c: Connection, run_id: str, statuses: Collection[RunStatus], **values: Any) -> None:
    allowed = sorted(status.value for status in statuses)
    change = update(runs).where(runs.c.id == run_id, runs.c.status.in_(allowed))
    if c.execute(change.values(status=RunStatus.QUEUED.value, **values)).rowcount != 1:
        run = get(c, run_id)
        raise Conflict(f"run {run_id} is {run.status.value}; only a run that is {' or '.join(allowed)} can be taken up")


def _row(c: Connection, run_id: str) -> Any:
    row = c.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
    if row is None:
        raise NotFound("run", run_id, "`ostinato run list` shows those there are")
    return row
