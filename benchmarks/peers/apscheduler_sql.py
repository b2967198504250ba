"""APScheduler with its SQLAlchemyJobStore: many jobs kept, some of them due at one instant, until all of those ran.

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
from sqlalchemy import Engine, create_engine, event

FAR = timedelta(days=300)
PERIOD = timedelta(days=1)
FILL = 10_000  # rows in a statement

_fired = 0
_all_fired = asyncio.Event()
_wanted = 0


async def fire() -> None:
    """Be the work of a job: nothing."""
    global _fired
    _fired += 1
    if _fired == _wanted:
        _all_fired.set()


def engine(url: str) -> Engine:
    opened = create_engine(url)
    if opened.dialect.name == "sqlite":

        @event.listens_for(opened, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    return opened


def fill(store: SQLAlchemyJobStore, jobs: int, due: int, now: datetime) -> None:
    """Write *jobs* daily jobs, of which the first *due* are due now."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    job = scheduler.add_job(
        fire,
        "interval",
        seconds=PERIOD.total_seconds(),
        start_date=now,
        executor="default",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    rows = []
    for number in range(jobs):
        at = now if number < due else now + FAR
        job.id, job.next_run_time = f"job-{number}", at
        state = pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)
        rows.append({"id": job.id, "next_run_time": at.timestamp(), "job_state": state})
    store.jobs_t.create(store.engine, True)
    with store.engine.begin() as connection:
        for start in range(0, jobs, FILL):
            connection.execute(store.jobs_t.insert(), rows[start : start + FILL])


async def fire_all(url: str, jobs: int, due: int) -> dict[str, Any]:
    global _wanted
    _wanted = due
    store = SQLAlchemyJobStore(engine=engine(url))
    fill(store, jobs, due, datetime.now(UTC))
    scheduler = AsyncIOScheduler(timezone=UTC, jobstores={"default": store})
    started = time.perf_counter()
    scheduler.start()
    await _all_fired.wait()
    took = time.perf_counter() - started
    scheduler.shutdown(wait=False)
    return {"per_second": due / took}


if __name__ == "__main__":
    # Jobs name their function by its module, which is not the one that runs.
    from benchmarks.peers import apscheduler_sql

    print(json.dumps(asyncio.run(apscheduler_sql.fire_all(**json.loads(sys.argv[1])))))
