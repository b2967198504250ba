"""Dramatiq with Redis: one message for each run, whose actor records its six steps in PostgreSQL.

One process for one run in flight, else two, as many threads in all as runs are in flight.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from psycopg_pool import ConnectionPool

from benchmarks.peers import steps

PROCESSES = 2
broker = RedisBroker(url=os.environ.get("BENCH_REDIS", "redis://127.0.0.1:1"))
dramatiq.set_broker(broker)


@cache
def pool() -> ConnectionPool:
    return steps.new_pool(os.environ["BENCH_DATABASE"], int(os.environ["BENCH_THREADS"]))


@dramatiq.actor(actor_name="run")
def run(number: int) -> None:
    steps.record(pool(), number)


def main(url: str, runs: int, in_flight: int, redis: str) -> dict[str, Any]:
    steps.create(url)
    sending = RedisBroker(url=redis)
    sending.declare_queue("default")
    for number in range(runs):
        sending.enqueue(run.message(number))
    processes = min(PROCESSES, in_flight)
    threads = in_flight // processes
    given = {"BENCH_REDIS": redis, "BENCH_DATABASE": url, "BENCH_THREADS": str(min(threads, 32))}
    words = ["--processes", str(processes), "--threads", str(threads)]
    worker = subprocess.Popen(
        [sys.executable, "-m", "dramatiq", "benchmarks.peers.dramatiq_runs", *words],
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return {"per_second": steps.wait_for(url, runs)}
    finally:
        worker.terminate()
        worker.wait(30)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
