"""Celery with Redis: one task for each run, which records its six steps in PostgreSQL.

Its settings are those for work that must not be lost: acknowledged late, one fetched ahead, Redis with its log on.
Threads, because a task waits for the database; a process for each of 256 tasks in flight would not fit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from celery import Celery
from psycopg_pool import ConnectionPool

from benchmarks.peers import steps

app = Celery("bench", broker=os.environ.get("BENCH_REDIS"))
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, task_ignore_result=True)


@cache
def pool() -> ConnectionPool:
    return steps.new_pool(os.environ["BENCH_DATABASE"], int(os.environ["BENCH_IN_FLIGHT"]))


@app.task(name="run")
def run(number: int) -> None:
    steps.record(pool(), number)


def main(url: str, runs: int, in_flight: int, redis: str) -> dict[str, Any]:
    steps.create(url)
    app.conf.broker_url = redis
    for number in range(runs):
        run.delay(number)
    words = ["--pool", "threads", "--concurrency", str(in_flight), "--loglevel", "ERROR", "--without-gossip"]
    given = {"BENCH_REDIS": redis, "BENCH_DATABASE": url, "BENCH_IN_FLIGHT": str(in_flight)}
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "benchmarks.peers.celery_runs:app",
            "worker",
            *words,
            "--without-mingle",
        ],
        env={**os.environ, **given, "C_FORCE_ROOT": "1"},
        stdout=sys.stderr,
    )
    try:
        return {"per_second": steps.wait_for(url, runs)}
    finally:
        worker.terminate()
        worker.wait(30)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
