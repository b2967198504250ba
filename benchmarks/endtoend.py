"""Whole runs with real HTTP: gathered, scored by the sandbox, published there, a callback delivered.

python -m benchmarks.endtoend --json
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks import counting_server, parts, peer, report, results, transports
from benchmarks.cells import Cell, in_turn
from benchmarks.counting_server import Counting
from benchmarks.processes import running
from domain.own_words import CsvTable
from domain.run import RunStatus
from domain.template import Sources, Template
from storage.database import Database
from storage.tables import deliveries, runs

PAGE = Path(__file__).parents[1] / "tests" / "data" / "sources" / "pages" / "article.html"
TABLE = b"week,boats counted,berths taken\n2026-W01,41,37\n2026-W02,44,39\n"
SENTENCE = "Week {week}: {boats counted} boats counted in the harbour, {berths taken} berths taken."
KEY = "xq_" + "0123456789abcdef" * 4
IN_FLIGHT = 64
FIRST_RUNS = 8  # by which the process pool has loaded what it needs, as aiohttp's process has before its clock starts
FIRST = 100_000  # the number of the first account, far from the sandbox's own
USER = (
    "INSERT INTO users (id, username, name, about, place, followers, following, verified, created_at)"
    " VALUES (?, ?, ?, '', '', 0, 0, 0, 0)"
)
PATIENCE, LOOK_EVERY = 300.0, 0.1
_PAUSE = threading.Event()  # never set


@dataclass(frozen=True, slots=True)
class Kind:
    """What the runs of a cell are about: what they read, from which sources, and how many of them there are."""

    cell: str
    read: bytes
    media_type: str
    sources: Callable[[str], Sources]
    count: int
    quick: int


ROAD = Kind(
    "runs of the owner's words about a table",
    TABLE,
    "text/csv",
    lambda url: Sources(csv=CsvTable(url, SENTENCE)),
    count=1_000,
    quick=10,
)
WHOLE = Kind(
    "runs from a page to a callback",
    PAGE.read_bytes(),
    "text/html",
    lambda url: Sources(urls=(url,)),
    count=400,
    quick=4,
)


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests of each kind a run makes, and the *words* that one of them posted."""

    words: str
    reads: float = 0
    scores: float = 0
    posts: float = 0
    callbacks: float = 0

    @property
    def all(self) -> float:
        return self.reads + self.scores + self.posts + self.callbacks

    def alone(self) -> dict[str, Any]:
        """What aiohttp is to do for each run."""
        numbers = {name: round(getattr(self, name)) for name in ("reads", "scores", "posts", "callbacks")}
        return {"words": self.words, **numbers}


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of one round: a web server and a sandbox, each in a process of its own, and a folder."""

    web: Counting
    sandbox: str
    folder: Path

    def requests(self, count: int) -> Requests:
        """Give how many requests each of *count* runs made."""
        with closing(sqlite3.connect(self.folder / "sandbox.db", timeout=10)) as connection:
            asked = dict(connection.execute("SELECT path, count(*) FROM requests GROUP BY path"))
            (words,) = connection.execute("SELECT text FROM tweets ORDER BY id DESC LIMIT 1").fetchone()
        return Requests(
            words,
            self.web.asked.value / count,
            asked.get("/compose", 0) / count,
            asked.get("/x/tweets", 0) / count,
            self.web.told.value / count,
        )


@contextmanager
def servers(kind: Kind, count: int) -> Iterator[Servers]:
    """Run the servers while the context lasts; the sandbox has *count* accounts of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        counting_server.serving(kind.read, kind.media_type) as web,
        running("listening on", "sandbox", *_sandbox_words(Path(folder))) as sandbox,
    ):
        connect_accounts(Path(folder) / "sandbox.db", count)
        yield Servers(web, sandbox.origin, Path(folder))


def one_round(kind: Kind, count: int, made: list[Requests]) -> float:
    """Let *count* templates of as many accounts come due at once; give the runs a second, and keep what they *made*.

    A few come due before them and do not count.
    """
    everything = FIRST_RUNS + count
    with servers(kind, everything) as there:
        database = parts.fresh_database(there.folder)
        try:
            with running("daemon.ready", "cli", "daemon", environment=_settings(there)):
                _come_due(database, kind, range(FIRST_RUNS), there.web.origin)
                _wait_until_all_is_told(database, FIRST_RUNS)
                since = parts.now()
                _come_due(database, kind, range(FIRST_RUNS, everything), there.web.origin)
                _wait_until_all_is_told(database, everything)
            made.append(there.requests(everything))
            return count / _seconds(database, since)
        finally:
            database.close()


def _come_due(database: Database, kind: Kind, numbers: range, origin: str) -> None:
    now = parts.now()
    parts.add_templates(database, ((_template(kind, number, now, origin), now) for number in numbers))


def limit(kind: Kind, count: int, made: list[Requests]) -> float:
    """Give the runs a second of aiohttp, which makes the same requests of the same servers and does nothing else."""
    with servers(kind, count) as there:
        asked = made[-1].alone()
        return float(
            peer.AIOHTTP.run(
                web=there.web.origin, sandbox=there.sandbox, key=KEY, runs=count, in_flight=IN_FLIGHT, **asked
            )["per_second"]
        )


def connect_accounts(sandbox: Path, count: int) -> None:
    """Give the sandbox as many more connected accounts: its own few would post one after the other."""
    with closing(sqlite3.connect(sandbox, timeout=10)) as connection, connection:
        for number in range(count):
            name, place = f"account_{number}", FIRST + number
            connection.execute(USER, (place, name, name))
            connection.execute(
                "INSERT INTO accounts (id, user_id, created_at, updated_at) VALUES (?1, ?1, 0, 0)", (place,)
            )


def _template(kind: Kind, number: int, now: datetime, origin: str) -> Template:
    return replace(
        parts.template(number, now),
        account=f"account_{number}",
        sources=kind.sources(f"{origin}/{number}"),
        minimum_score=0,
        repeat_after=0,
    )


def _sandbox_words(folder: Path) -> tuple[str, ...]:
    return ("--port", "0", "--api-key", KEY, "--database", str(folder / "sandbox.db"), "--no-limits", "--repeats")


def _settings(there: Servers) -> dict[str, str]:
    return {
        "OSTINATO_HOME": str(there.folder),
        "OSTINATO_XQUIK_URL": there.sandbox,
        "OSTINATO_XQUIK_KEY": KEY,
        "OSTINATO_RATE_LIMITS": "off",
        "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
        "OSTINATO_CALLBACK_URL": f"{there.web.origin}/callback",
        "OSTINATO_WORKERS": str(IN_FLIGHT),
    }


def _wait_until_all_is_told(database: Database, count: int) -> None:
    """Wait until every run has ended and every callback is delivered. Raises SystemExit when a run was not posted."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with database.read() as connection:
            by_status = {
                str(status): int(found)
                for status, found in connection.execute(select(runs.c.status, func.count()).group_by(runs.c.status))
            }
            waiting = select(func.count()).select_from(deliveries).where(deliveries.c.delivered_at.is_(None))
            untold = connection.execute(waiting).scalar_one()
        if by_status == {RunStatus.POSTED.value: count} and not untold:
            return
        if time.monotonic() > deadline or set(by_status) & {"failed", "skipped", "partial"}:
            with database.read() as connection:
                why = set(connection.execute(select(runs.c.reason, runs.c.detail)).all())
            raise SystemExit(f"not all was posted and told: {by_status}, {untold} callbacks wait; {why}")
        _PAUSE.wait(LOOK_EVERY)


def _seconds(database: Database, since: datetime) -> float:
    """Give the seconds from the first run's start after *since* to the last callback's delivery."""
    with database.read() as connection:
        counted = select(func.min(runs.c.started_at), func.max(runs.c.finished_at)).where(runs.c.started_at >= since)
        first, last = connection.execute(counted).one()
        told = connection.execute(select(func.max(deliveries.c.delivered_at))).scalar_one()
    return float((max(last, told) - first).total_seconds())


def measured(kind: Kind, repeats: int) -> tuple[Cell, Requests]:
    """Give the medians of runs a second, beside those of aiohttp alone, and what a run asked for."""
    count = kind.quick if report.quick() else kind.count
    there = peer.present([peer.AIOHTTP])
    made: list[Requests] = []
    rates, most = in_turn(
        repeats,
        partial(one_round, kind, count, made),
        partial(limit, kind, count, made) if there else None,
    )
    title = f"{peer.AIOHTTP.title}, the same requests alone"
    return Cell(kind.cell, "/s", rates, title, most, most), made[-1]


def measure() -> dict[str, Any]:
    """Give the cells of both kinds of run, each to be held against half of what aiohttp makes, and of a request."""
    repeats = 1 if report.quick() else 5
    road, asked = measured(ROAD, repeats)
    whole, asked_of_pages = measured(WHOLE, repeats)
    return {
        "of_aiohttp_percent": _percent(road),
        "of_aiohttp_percent_from_a_page": _percent(whole),
        "requests_per_run": round(asked.all, 2),
        "requests_per_run_from_a_page": round(asked_of_pages.all, 2),
        "in_flight": IN_FLIGHT,
        "cells": results.texts([road, whole, transports.cell(100 if report.quick() else 2_000, IN_FLIGHT, repeats)]),
    }


def _percent(cell: Cell) -> float | None:
    return None if cell.of_limit is None else round(100 * cell.of_limit, 1)


if __name__ == "__main__":
    report.main(measure)
