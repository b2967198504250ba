"""What a run is to the peers that keep no steps: six, each recorded with a commit of its own in PostgreSQL."""

from __future__ import annotations

import time

import psycopg
from psycopg_pool import ConnectionPool

STEPS = ("gathered", "drafted", "chosen", "intended", "settled", "finished")
CREATE = "CREATE TABLE steps (run bigint, step text, said text, at timestamptz DEFAULT now(), PRIMARY KEY (run, step))"
RECORD = "INSERT INTO steps (run, step, said) VALUES (%s, %s, %s)"
SAID = "The harbour master counts the boats at dawn and again at dusk, every day, whatever the weather."
CONNECTIONS = 64  # at most; PostgreSQL on two cores does no more with more of them
PATIENCE = 600.0
FINISHED = "SELECT count(*) FROM steps WHERE step = 'finished'"


def create(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CREATE)


def record(pool: ConnectionPool, number: int) -> None:
    """Do the six steps of a run."""
    for name in STEPS:
        with pool.connection() as connection:
            connection.execute(RECORD, (number, name, SAID))


def new_pool(url: str, in_flight: int) -> ConnectionPool:
    size = min(in_flight, CONNECTIONS)
    return ConnectionPool(url, min_size=size, max_size=size, timeout=PATIENCE, open=True, kwargs={"autocommit": True})


def wait_for(url: str, runs: int) -> float:
    """Wait until *runs* have finished; give the runs a second between the first step of all and the last."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(FINISHED).fetchone() != (runs,):
            if time.monotonic() > deadline:
                raise SystemExit(f"{runs} runs have not finished")
            time.sleep(0.1)
        row = connection.execute("SELECT EXTRACT(epoch FROM max(at) - min(at)) FROM steps").fetchone()
        assert row is not None
        return runs / float(row[0])
