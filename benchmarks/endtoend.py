"""Whole runs with real HTTP: a page read, drafts written and scored, published to the sandbox, a callback delivered.

python -m benchmarks.endtoend --json
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks import counting_server, parts, peer, report, results
from benchmarks.cells import Cell, in_turn
from benchmarks.processes import running
from domain.run import RunStatus
from domain.template import Sources
from storage.database import Database
from storage.tables import deliveries, runs

PAGE = Path(__file__).parents[1] / "tests" / "data" / "sources" / "pages" / "article.html"
KEY = "xq_" + "0123456789abcdef" * 4
IN_FLIGHT = 64
FIRST = 100_000  # the number of the first account, far from the sandbox's own
USER = (
    "INSERT INTO users (id, username, name, about, place, followers, following, verified, created_at)"
    " VALUES (?, ?, ?, '', '', 0, 0, 0, 0)"
)
PATIENCE, LOOK_EVERY = 120.0, 0.1
_PAUSE = threading.Event()  # never set


@dataclass(frozen=True, slots=True)
class Sizes:
    """*count* runs are done in a round; aiohttp does *requests*."""

    count: int = 400
    requests: int = 8_000
    repeats: int = 5


QUICK = Sizes(count=10, requests=200, repeats=1)


@dataclass(slots=True)
class Round:
    """One round: runs a second, and how many HTTP requests each run made."""

    rate: float
    requests: float


def one_round(count: int) -> Round:
    """Let *count* templates of as many accounts come due at once, each with a page of its own and a callback."""
    with (
        tempfile.TemporaryDirectory() as folder,
        counting_server.serving(PAGE.read_bytes()) as web,
        running("listening on", "sandbox", *_sandbox_words(Path(folder))) as sandbox,
    ):
        connect_accounts(Path(folder) / "sandbox.db", count)
        database = parts.fresh_database(Path(folder))
        now = parts.now()
        due = (_template(number, now, web.origin) for number in range(count))
        parts.add_templates(database, ((one, now) for one in due))
        try:
            with running(
                "daemon.ready", "cli", "daemon", environment=_settings(Path(folder), sandbox.origin, web.origin)
            ):
                _wait_until_all_is_told(database, count)
            return Round(count / _seconds(database), (web.asked.value + web.told.value + count) / count)
        finally:
            database.close()


def connect_accounts(sandbox: Path, count: int) -> None:
    """Give the sandbox as many more connected accounts: its own few would post one after the other."""
    with closing(sqlite3.connect(sandbox, timeout=10)) as connection, connection:
        for number in range(count):
            name, place = f"account_{number}", FIRST + number
            connection.execute(USER, (place, name, name))
            connection.execute(
                "INSERT INTO accounts (id, user_id, created_at, updated_at) VALUES (?1, ?1, 0, 0)", (place,)
            )


def _template(number: int, now: datetime, origin: str) -> Any:
    sources = Sources(urls=(f"{origin}/{number}",))
    return replace(
        parts.template(number, now), account=f"account_{number}", sources=sources, minimum_score=0, repeat_after=0
    )


def _sandbox_words(folder: Path) -> tuple[str, ...]:
    return ("--port", "0", "--api-key", KEY, "--database", str(folder / "sandbox.db"), "--no-limits", "--repeats")


def _settings(home: Path, sandbox: str, web: str) -> dict[str, str]:
    return {
        "OSTINATO_HOME": str(home),
        "OSTINATO_XQUIK_URL": sandbox,
        "OSTINATO_XQUIK_KEY": KEY,
        "OSTINATO_RATE_LIMITS": "off",
        "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
        "OSTINATO_CALLBACK_URL": f"{web}/callback",
        "OSTINATO_WORKERS": str(IN_FLIGHT),
    }


def _wait_until_all_is_told(database: Database, count: int) -> None:
    """Wait until every run has ended and every callback is delivered. Raises SystemExit when a run was not posted."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with database.read() as connection:
            by_status: dict[str, int] = dict(
                connection.execute(select(runs.c.status, func.count()).group_by(runs.c.status)).tuples().all()
            )
            waiting = select(func.count()).select_from(deliveries).where(deliveries.c.delivered_at.is_(None))
            untold = connection.execute(waiting).scalar_one()
        if by_status == {RunStatus.POSTED.value: count} and not untold:
            return
        if time.monotonic() > deadline or set(by_status) & {"failed", "skipped", "partial"}:
            with database.read() as connection:
                why = set(connection.execute(select(runs.c.reason, runs.c.detail)).all())
            raise SystemExit(f"not all was posted and told: {by_status}, {untold} callbacks wait; {why}")
        _PAUSE.wait(LOOK_EVERY)


def _seconds(database: Database) -> float:
    """Give the seconds from the first run's start to the last callback's delivery."""
    with database.read() as connection:
        first, last = connection.execute(select(func.min(runs.c.started_at), func.max(runs.c.finished_at))).one()
        told = connection.execute(select(func.max(deliveries.c.delivered_at))).scalar_one()
    return float((max(last, told) - first).total_seconds())


def limit(requests: int) -> float:
    """Give the requests a second of aiohttp against the same server."""
    with counting_server.serving(PAGE.read_bytes()) as web:
        return float(peer.AIOHTTP.run(url=f"{web.origin}/", requests=requests, in_flight=IN_FLIGHT)["per_second"])


def measure() -> dict[str, Any]:
    """Give the medians of runs a second, and of the runs a second whose requests aiohttp alone could make."""
    sizes = QUICK if report.quick() else Sizes()
    there = peer.present([peer.AIOHTTP])
    rounds: list[Round] = []

    def ours() -> float:
        rounds.append(one_round(sizes.count))
        return rounds[-1].rate

    rates, most = in_turn(sizes.repeats, ours, (lambda: limit(sizes.requests)) if there else None)
    each = rounds[0].requests
    allowed = [requests / each for requests in most]
    cell = Cell(
        "runs from a page to a callback", "/s", rates, f"{peer.AIOHTTP.title}, its requests alone", allowed, allowed
    )
    return {
        "of_aiohttp_percent": None if cell.of_limit is None else round(100 * cell.of_limit, 1),
        "requests_per_run": round(each, 1),
        "in_flight": IN_FLIGHT,
        "cells": results.texts([cell]),
    }


if __name__ == "__main__":
    report.main(measure)
