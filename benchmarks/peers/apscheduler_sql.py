"""APScheduler with its SQLAlchemyJobStore: many jobs kept, some of them due, until all of those ran.

They are due at one instant, or with *per_second* one after the other; then it tells how late each ran, and for how long
the event loop was blocked. With *kept* each writes a row about its firing, in a transaction of its own.

SQLite has the same durability as ours (WAL, `synchronous=FULL`); PostgreSQL is as the server is. The jobs are written
into the store's table at once: `add_job` commits each, which would take minutes before the clock runs.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Column, Engine, Float, Integer, MetaData, Table, create_engine, event

from benchmarks.ticking import ticking

FAR = timedelta(days=300)
PERIOD = timedelta(days=1)
FILL = 10_000  # rows in a statement
WARM = 20  # jobs run first: what is done once, such as compiling statements, belongs to a process's start

_late_ms: list[float] = []
_all_fired = asyncio.Event()
_wanted = 0
_loop: asyncio.AbstractEventLoop | None = None
_keeping: Engine | None = None
_firings = Table("firings", MetaData(), Column("id", Integer, primary_key=True), Column("slot", Float))


async def fire(slot: float) -> None:
    """Be the work of a job: nothing but to note how late it is."""
    _note(slot)


def fire_and_keep(slot: float) -> None:
    """Be the work of a job that leaves a row; APScheduler runs it in a thread, so that the event loop does not wait."""
    assert _keeping is not None
    with _keeping.begin() as connection:
        connection.execute(_firings.insert(), {"slot": slot})
    assert _loop is not None
    _loop.call_soon_threadsafe(_note, slot)


def _note(slot: float) -> None:
    _late_ms.append(1000 * (time.time() - slot))
    if len(_late_ms) == _wanted:
        _all_fired.set()


def engine(url: str) -> Engine:
    opened = create_engine(url)
    if opened.dialect.name == "sqlite":

        @event.listens_for(opened, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    return opened


def fill(store: SQLAlchemyJobStore, name: str, slots: list[datetime], *, kept: bool) -> None:
    """Write daily jobs that are due at *slots*; *name* begins their ids."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    job = scheduler.add_job(
        fire_and_keep if kept else fire,
        "interval",
        args=[0.0],
        seconds=PERIOD.total_seconds(),
        start_date=slots[0],
        executor="default",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    rows = []
    for number, at in enumerate(slots):
        job.id, job.next_run_time, job.args = f"{name}-{number}", at, (at.timestamp(),)
        state = pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)
        rows.append({"id": job.id, "next_run_time": at.timestamp(), "job_state": state})
    store.jobs_t.create(store.engine, True)
    with store.engine.begin() as connection:
        for start in range(0, len(rows), FILL):
            connection.execute(store.jobs_t.insert(), rows[start : start + FILL])
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:  # as autovacuum does within a minute of a change as large
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


async def run_all(store: SQLAlchemyJobStore, due: int) -> dict[str, Any]:
    """Run a scheduler until *due* jobs have run."""
    global _wanted
    _wanted = due
    _late_ms.clear()
    _all_fired.clear()
    scheduler = AsyncIOScheduler(timezone=UTC, jobstores={"default": store})
    started = time.perf_counter()
    async with ticking() as blocked:
        scheduler.start()
        await _all_fired.wait()
    took = time.perf_counter() - started
    scheduler.shutdown(wait=False)
    return {"per_second": due / took, "late_ms": list(_late_ms), "blocked_ms": blocked.longest_ms}


async def fire_all(
    url: str, jobs: int, due: int, per_second: int | None = None, head_start: float = 0.0, *, kept: bool = False
) -> dict[str, Any]:
    """Run *due* of *jobs*, all at once or *per_second*; the first `WARM` that ever run are not counted."""
    global _keeping, _loop
    _loop, _keeping = asyncio.get_running_loop(), engine(url)
    _firings.create(_keeping)
    store = SQLAlchemyJobStore(engine=engine(url))
    fill(store, "far", [datetime.now(UTC) + FAR] * (jobs - due), kept=kept)
    fill(store, "warm", [datetime.now(UTC)] * WARM, kept=kept)
    await run_all(store, WARM)
    start = datetime.now(UTC) + timedelta(seconds=head_start)
    apart = timedelta(seconds=1 / per_second if per_second else 0)
    fill(store, "due", [start + number * apart for number in range(due)], kept=kept)
    return await run_all(store, due)


if __name__ == "__main__":
    # Jobs name their function by its module, which is not the one that runs.
    from benchmarks.peers import apscheduler_sql

    print(json.dumps(asyncio.run(apscheduler_sql.fire_all(**json.loads(sys.argv[1])))))
