"""Jobs of Procrastinate: which runs and which accounts somebody is to look after. PostgreSQL only.

A job is a delivery and no more: it may come twice, late or never without harm. Whose a run is stands in the run's row,
under its lease; what no job covers is found by looking (`cover`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, select, text

from storage.schema import HEAD
from storage.tables import runs

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job

SHARDS, ACCOUNTS = "ostinato_shards", "ostinato_accounts"  # the queues
DRAIN_SHARD, DRAIN_ACCOUNT = "ostinato.drain_shard", "ostinato.drain_account"  # the tasks
BATCH = 64  # runs in one job
LOST = 10_000  # what one look finds; the next comes right after
BEHIND = timedelta(seconds=1)  # before an account is drained again that waits by a clock which is behind
MOST_URGENT, PRIORITIES_END = 2**31 - 1, datetime(2088, 1, 1, tzinfo=UTC)

# ruff: noqa: S608 - the texts are put together from this file's own
# Open runs that are due and that nobody works on, as `runs.claim` has it. One that waits for its account is its
# account's; those of templates that a newer program wrote are left to it.
_DUE = """
    SELECT runs.id, runs.account, runs.ready_at, runs.due_at, runs.status, runs.template_id FROM runs
    WHERE (runs.status = 'queued' AND runs.due_at <= :now AND (runs.not_before IS NULL OR runs.not_before <= :now)
            OR runs.status = 'working' AND runs.leased_until <= clock_timestamp())
        AND EXISTS (
            SELECT FROM templates WHERE templates.id = runs.template_id AND coalesce(templates.schema <= :head, true)
        )
"""
_ALONE = text(f"""
    WITH covered AS MATERIALIZED (
        SELECT jsonb_array_elements_text(args -> 'run_ids') AS id FROM procrastinate_jobs
        WHERE queue_name = '{SHARDS}'
            AND (status = 'doing' OR status = 'todo' AND coalesce(scheduled_at, now()) <= now())
    )
    SELECT due.id FROM ({_DUE}) AS due
    WHERE due.ready_at IS NULL AND NOT EXISTS (SELECT FROM covered WHERE covered.id = due.id)
        AND NOT EXISTS (
            SELECT FROM runs AS earlier
            WHERE due.status = 'queued' AND earlier.template_id = due.template_id
                AND earlier.status IN ('queued', 'working', 'unknown')
                AND (earlier.due_at, earlier.id) < (due.due_at, due.id)
        )
    ORDER BY due.due_at, due.id LIMIT {LOST}
""").bindparams(bindparam("now", type_=runs.c.due_at.type))
_FIRST_DUE = text(f"""
    SELECT (place - 1) / {BATCH} AS number, min(runs.due_at) AS at
    FROM unnest(CAST(:ids AS text[])) WITH ORDINALITY AS batched (id, place) JOIN runs USING (id) GROUP BY 1
""")
_WAITING = text("""
    SELECT id, queueing_lock, coalesce(scheduled_at > now(), false) AS late FROM procrastinate_jobs
    WHERE status = 'todo' AND queueing_lock = ANY(:locks)
""")
_UNDRAINED = text(f"""
    SELECT DISTINCT lower(due.account) FROM ({_DUE}) AS due
    WHERE due.ready_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.lock = 'account:' || lower(due.account)
            AND (job.status = 'doing' OR job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now())
    ) AND lower(due.account) NOT IN (
        SELECT lower(account) FROM runs
        WHERE ready_at IS NOT NULL AND status = 'working' AND leased_until > clock_timestamp()
    )
""").bindparams(bindparam("now", type_=runs.c.due_at.type))


_COUNT = text(f"""
    SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing'),
        count(*) FILTER (WHERE status = 'failed')
    FROM procrastinate_jobs WHERE queue_name IN ('{SHARDS}', '{ACCOUNTS}')
""")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many jobs there are; those that succeeded are removed."""

    waiting: int
    at_work: int
    failed: int


@dataclass(frozen=True, slots=True)
class Lost:
    """What is ready and what no job covers."""

    run_ids: Sequence[str] = ()
    accounts: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.run_ids or self.accounts)


def defer_shards(c: Connection, run_ids: Sequence[str]) -> None:
    """Have workers look after *run_ids*, in batches, once this transaction is committed.

    Batches are taken by when their first run was due: what is left of one goes before those that came due later.
    """
    if not run_ids:
        return
    first_due = {row.number: row.at for row in c.execute(_FIRST_DUE, {"ids": list(run_ids)})}
    new = [
        _shard(run_ids[start : start + BATCH], first_due.get(number))
        for number, start in enumerate(range(0, len(run_ids), BATCH))
    ]
    with _as_the_driver_raises():
        _app().job_manager.batch_defer_jobs(new, connection=c.connection.driver_connection)


def defer_accounts(c: Connection, accounts: Iterable[str], *, at: Mapping[str, datetime] | None = None) -> None:
    """Have each of *accounts* drained, at once or not before *at*, once this transaction is committed.

    A moment *at* that has passed by PostgreSQL's clock is a second from now: who names it has a clock that is behind,
    and would find that nothing may go yet, and ask again, as fast as jobs can be taken.
    An account for which such a job waits keeps that one, unless it would come later than now is asked for. They are
    deferred together in a savepoint; when another transaction does the same just now, each in one of its own. And they
    are deferred in the order of their names, or two transactions could wait for each other for ever.
    """
    from procrastinate.exceptions import AlreadyEnqueued

    wanted = sorted({each.lower() for each in accounts})
    if not wanted:
        return
    waiting = {row.queueing_lock: row for row in c.execute(_WAITING, {"locks": [_lock(each) for each in wanted]})}
    times = _to_come(c, at or {})
    new = []
    for account in wanted:
        when, there = times.get(account), waiting.get(_lock(account))
        if there is not None and (when is not None or not there.late):
            continue
        if there is not None:
            with _as_the_driver_raises():
                driver = c.connection.driver_connection
                _app().job_manager.cancel_job_by_id(there.id, delete_job=True, connection=driver)
        new.append(_drain(account, when))
    try:
        _defer(c, new)
    except AlreadyEnqueued:
        for job in new:
            with suppress(AlreadyEnqueued):
                _defer(c, [job])


def lost(c: Connection, now: datetime) -> Lost:
    """Find runs and accounts that somebody should look after and that no job covers.

    So come runs that are tried again, those whose time has come, those that a person asked for, and those whose worker
    died. A run that waits for an earlier one of its template is found when that is done.
    """
    asked = {"now": now, "head": HEAD}
    return Lost(c.execute(_ALONE, asked).scalars().all(), c.execute(_UNDRAINED, asked).scalars().all())


def count(c: Connection) -> Counted:
    """Count the jobs there are."""
    return Counted(*c.execute(_COUNT).one())


def cover(c: Connection, now: datetime) -> Lost:
    """Defer jobs for what no job covers, and give what that was."""
    found = lost(c, now)
    defer_shards(c, found.run_ids)
    defer_accounts(c, found.accounts)
    return found


def _to_come(c: Connection, at: Mapping[str, datetime]) -> dict[str, datetime]:
    if not at:
        return {}
    now: datetime = c.execute(select(func.clock_timestamp())).scalar_one()
    return {account: moment if moment > now else now + BEHIND for account, moment in at.items()}


def _shard(run_ids: Sequence[str], first_due: datetime | None) -> Job:
    """Give the job of one batch. Its priority is how many seconds before a far moment its first run was due."""
    from procrastinate.jobs import Job

    urgency = 0 if first_due is None else int((PRIORITIES_END - first_due).total_seconds())
    return Job(
        id=None,
        queue=SHARDS,
        task_name=DRAIN_SHARD,
        lock=None,
        queueing_lock=None,
        task_kwargs={"run_ids": list(run_ids)},
        priority=max(0, min(urgency, MOST_URGENT)),
    )


def _drain(account: str, at: datetime | None) -> Job:
    """Give the job that empties *account*."""
    from procrastinate.jobs import Job

    return Job(
        id=None,
        queue=ACCOUNTS,
        task_name=DRAIN_ACCOUNT,
        lock=_lock(account),
        queueing_lock=_lock(account),
        task_kwargs={"account": account},
        scheduled_at=at,
    )


def _defer(c: Connection, new: list[Job]) -> None:
    """Defer *new* in a savepoint. Raises AlreadyEnqueued when one of them waits already; then none is deferred."""
    if new:
        with c.begin_nested(), _as_the_driver_raises():
            _app().job_manager.batch_defer_jobs(new, connection=c.connection.driver_connection)


@contextmanager
def _as_the_driver_raises() -> Iterator[None]:
    """Raise what the library makes of the driver's errors as they were: the database's trouble is no bug of a run."""
    from procrastinate.exceptions import ConnectorException

    try:
        yield
    except ConnectorException as error:
        if error.__cause__ is None:
            raise
        raise error.__cause__ from None


def _lock(account: str) -> str:
    return f"account:{account}"


@cache
def _app() -> App:
    """Give what defers on a connection of the caller's. It is never opened: it needs no connection of its own."""
    from procrastinate import App, SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())
