"""Ending a run from outside its worker, while nothing of it was sent. The worker's hold is void from then on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select, update

from domain.publication import Outcome, PostStatus, Publication
from domain.reasons import Reason
from domain.run import RunStatus
from storage import publications as ledger
from storage.runs.account_waits import ask_anew
from storage.spending import close_runs
from storage.tables import item_uses, posts, publications, runs

_STOPPABLE = [status.value for status in (RunStatus.QUEUED, RunStatus.WORKING, RunStatus.HELD)]
# Certainly not out: a refusal is final, and a deferral is tried again only by a run that goes on.
_NOT_OUT = [Outcome.DEFERRED.value, Outcome.REFUSED.value]


def end_unsent(
    c: Connection,
    run_id: str,
    *,
    reason: Reason,
    detail: str | None,
    release: bool,
    now: datetime,
    status: RunStatus = RunStatus.SKIPPED,
) -> bool:
    """End a run, as skipped unless told otherwise, if nothing of it is out or may be; tell whether that was so.

    The raised epoch voids its worker's hold, so that an intention to publish is either on disk before this looks, and
    then nothing is changed here, or is refused. Posts that were never sent are discarded; *release* gives the feed
    items back for the next run, else they are spent. What it has reserved of a budget is settled. Where its account
    waits because this run was told so, the others find out anew: it may have been about this run's post.
    """
    # A statement of PostgreSQL sees what was committed before it began, and waits for the row only afterwards: without
    # the lock it could look for publications too early.
    before = c.execute(
        select(runs.c.account, runs.c.status, runs.c.not_before, runs.c.detail)
        .where(runs.c.id == run_id)
        .with_for_update()
    ).one_or_none()
    maybe_out = exists().where(
        publications.c.run_id == run_id,
        or_(publications.c.outcome.is_(None), publications.c.outcome.not_in(_NOT_OUT)),
    )
    end = {"status": status.value, "reason": reason.value, "detail": detail, "finished_at": now}
    free = {"lease_owner": None, "leased_until": None, "not_before": None, "epoch": runs.c.epoch + 1}
    change = update(runs).where(runs.c.id == run_id, runs.c.status.in_(_STOPPABLE), ~maybe_out).values(**end, **free)
    if c.execute(change).rowcount != 1:
        return False
    unsent = [PostStatus.GENERATED.value, PostStatus.AWAITING_APPROVAL.value]
    mine = (posts.c.run_id == run_id, posts.c.status.in_(unsent))
    c.execute(update(posts).where(*mine).values(status=PostStatus.DISCARDED.value))
    reserved = (item_uses.c.run_id == run_id, item_uses.c.status == "reserved")
    if release:
        c.execute(delete(item_uses).where(*reserved))
    else:
        c.execute(update(item_uses).where(*reserved).values(status="spent", at=now))
    close_runs(c, [run_id], now=now)
    if before is not None and before.status == RunStatus.QUEUED and before.not_before and before.detail:
        ask_anew(c, before.account, now=now, at=None, told=(before.not_before, before.detail))
    return True


def maybe_out(c: Connection, run_id: str) -> Publication | None:
    """Give the first publication of a run that is out or may be; None when there is none."""
    found = (each for each in ledger.of_run(c, run_id) if each.outcome not in {Outcome.DEFERRED, Outcome.REFUSED})
    return next(found, None)
