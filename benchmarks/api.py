"""The HTTP API: listing posts, creating them and listing templates, beside the bare framework and one statement.

python -m benchmarks.api --json
"""

from __future__ import annotations

import socket
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import asking, disk, parts, processes, report, results
from benchmarks.asking import Asked
from benchmarks.cells import Cell, in_turn
from benchmarks.history import History, fill
from benchmarks.peers.starlette_api import PAGE, TEMPLATES
from benchmarks.processes import Running
from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens

IN_FLIGHT = 8
TEXT = "The tram opens on Tuesday."
WORDS = b'{"type":"tweet","text":"The harbour master weighed the fog and found it light.","account":"account_1"}'
DRAFT = Draft(
    "d0",
    (Part(TEXT, (Segment(SegmentKind.EXTRACT, TEXT, "m0", "text", ((0, len(TEXT)),)),)),),
    material_ids=("m0",),
    score=Score(83, (Check("No hashtags", True),), "local"),
)
LIST, RECURRING = "GET /x/posts?page=1", "GET /x/recurring"
PEER = "Starlette and one query"
MAKING_PEER = "Starlette and one insert"


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* with *runs* each, four in five of which posted; so many requests in each of *repeats* rounds."""

    templates: int = 10_000
    runs: int = 13
    lists: int = 600
    creates: int = 2_000
    repeats: int = 5
    seconds: float = 1.0


QUICK = Sizes(templates=20, runs=10, lists=16, creates=16, repeats=1, seconds=0.02)


@dataclass(frozen=True, slots=True)
class Doors:
    """Both servers over one database, and the token that ours wants."""

    ours: Running
    origin: str
    bare: str
    token: str

    def rounds(self, request: Callable[[str], bytes], count: int, kept: list[Asked]) -> tuple[Callable[[], float], ...]:
        """Give the two acts that are done in turn; how each round of ours went is added to *kept*."""

        def ours() -> float:
            kept.append(asking.ask_all(self.origin, [request(self.token)] * count, IN_FLIGHT))
            return kept[-1].per_second

        return ours, lambda: asking.ask_all(self.bare, [request("")] * count, IN_FLIGHT).per_second


def stocked(folder: Path, sizes: Sizes) -> str:
    """Make a database with its history and a token in *folder*; give the token."""
    start = parts.now().replace(minute=0, second=0, microsecond=0)
    start -= timedelta(hours=sizes.runs)
    templates = tuple(parts.template(number, start) for number in range(sizes.templates))
    database = parts.fresh_database(folder)
    parts.add_templates(database, [(one, start + parts.FAR) for one in templates])
    made = tokens.create(
        database, "bench", [Scope.READ, Scope.PUBLISH], now=parts.now(), new_id=new_id, owner=LOCAL_OWNER
    )
    database.close()
    fill(folder / "ostinato.db", History(templates, start, sizes.runs, DRAFT))
    return made.secret


@contextmanager
def doors(folder: Path, token: str) -> Iterator[Doors]:
    """Serve the database in *folder* as `ostinato serve` does, and beside it by the bare framework."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {"OSTINATO_HOME": str(folder), "OSTINATO_POSTS_APART": "0s"}
    path = str(folder / "ostinato.db")
    with (
        processes.running("http.listening", "cli", "serve", "--port", port, environment=settings) as ours,
        processes.running("listening on", "benchmarks.peers.starlette_api", path) as bare,
    ):
        yield Doors(ours, f"http://127.0.0.1:{port}", bare.origin, token)


def listing(both: Doors, folder: Path, sizes: Sizes) -> tuple[Cell, Cell, Asked]:
    """Give `GET /x/posts?page=1` in a second, asked again and asked after commits, and how the latter went.

    The limit is the query alone.
    """
    request = partial(asking.get, "/x/posts?page=1")
    mine, its = both.rounds(request, sizes.lists, [])
    query = partial(_queries_per_second, folder, PAGE, sizes.seconds)
    again = Cell(f"{LIST}, {IN_FLIGHT} in flight", "/s", *_beside(PEER, in_turn(sizes.repeats, mine, its, query)))
    kept: list[Asked] = []
    with committing(folder) as commit:

        def after(origin: str, token: str) -> float:
            kept.append(asking.ask_each(origin, [request(token)] * sizes.lists, commit))
            return kept[-1].per_second

        figures = in_turn(sizes.repeats, partial(after, both.origin, both.token), partial(after, both.bare, ""), query)
    behind = Cell(f"{LIST}, a commit before each", "/s", *_beside(PEER, figures))
    return again, behind, _all(kept[::2])


def creating(both: Doors, folder: Path, sizes: Sizes) -> tuple[Cell, Asked]:
    """Give `POST /x/post` in a second, and how ours went; the limit is SQLite's commits, one after the other."""
    kept: list[Asked] = []
    mine, its = both.rounds(partial(asking.post, "/x/post", WORDS), sizes.creates, kept)

    def commits() -> float:
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            return disk.commits_per_second(Path(beside), sizes.seconds)

    name = f"POST /x/post, {IN_FLIGHT} in flight"
    return Cell(name, "/s", *_beside(MAKING_PEER, in_turn(sizes.repeats, mine, its, commits))), _all(kept)


def recurring(both: Doors, folder: Path, sizes: Sizes) -> tuple[Cell, Cell, float]:
    """Give the seconds of a whole `GET /x/recurring`, asked again and after a commit, and the megabytes it takes.

    The first one is asked alone; the memory is what it took at most beside what was there.
    """
    before = both.ours.megabytes
    both.ours.forget_peak()
    mine, its = asking.get(RECURRING.split()[1], both.token), asking.get(RECURRING.split()[1])
    first = asking.answer_of(both.origin, mine)
    assert first.count(b'"dailyCount"') == sizes.templates
    taken = both.ours.peak_megabytes - before
    acts = (
        partial(_seconds, both.origin, mine),
        partial(_seconds, both.bare, its),
        lambda: 1 / _queries_per_second(folder, TEMPLATES, sizes.seconds),
    )
    name = f"{RECURRING}, {sizes.templates:,} templates"
    again = Cell(name, "s", *_beside(PEER, in_turn(sizes.repeats, *acts)), less_is_better=True)
    with committing(folder) as commit:
        figures = in_turn(sizes.repeats, *(partial(_after, commit, act) for act in acts))
    return again, Cell(f"{name}, after a commit", "s", *_beside(PEER, figures), less_is_better=True), taken


@contextmanager
def committing(folder: Path) -> Iterator[Callable[[], None]]:
    """Give what commits something of no meaning to the database, as a daemon beside the server would."""
    with closing(sqlite3.connect(folder / "ostinato.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS committed (at REAL NOT NULL)")

        def commit() -> None:
            connection.execute("INSERT INTO committed VALUES (?)", (time.time(),))

        yield commit


def _after(commit: Callable[[], None], act: Callable[[], float]) -> float:
    commit()
    return act()


def _beside(peer: str, figures: list[list[float]]) -> tuple[list[float], str, list[float], list[float]]:
    """Give ours, the peer's name, its figures and the limit's, as a cell has them."""
    ours, its, limit = figures
    return ours, _title(peer), its, limit


def _seconds(origin: str, request: bytes) -> float:
    started = time.perf_counter()
    asking.answer_of(origin, request)
    return time.perf_counter() - started


def _queries_per_second(folder: Path, query: str, seconds: float) -> float:
    """Ask SQLite alone, each row taken."""
    with closing(sqlite3.connect(folder / "ostinato.db")) as connection:
        started = time.perf_counter()
        done = 0
        while done == 0 or time.perf_counter() - started < seconds:
            connection.execute(query).fetchall()
            done += 1
        return done / (time.perf_counter() - started)


def _all(rounds: list[Asked]) -> Asked:
    return Asked(
        statistics.median(each.per_second for each in rounds),
        tuple(took for each in rounds for took in each.milliseconds),
    )


def _title(peer: str) -> str:
    return peer.replace("Starlette", f"Starlette {version('starlette')}, uvicorn {version('uvicorn')}", 1)


def _warm(both: Doors) -> None:
    """Let both servers have compiled their statements and opened their connections."""
    for request in (asking.get("/x/posts?page=1", both.token), asking.post("/x/post", WORDS, both.token)):
        for origin in (both.origin, both.bare):
            asking.ask_all(origin, [request] * 4 * IN_FLIGHT, IN_FLIGHT)


def measure() -> dict[str, Any]:
    """Give the figures of the three operations; creating comes last, since it makes templates."""
    sizes = QUICK if report.quick() else Sizes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = stocked(folder, sizes)
        with doors(folder, token) as both:
            _warm(both)
            templates, templates_behind, megabytes = recurring(both, folder, sizes)
            posts, posts_behind, listed = listing(both, folder, sizes)
            made, created = creating(both, folder, sizes)
    return {
        "list_p99_ms": round(listed.percentile(99), 2),
        "create_per_second": round(created.per_second),
        "create_p99_ms": round(created.percentile(99), 2),
        "recurring_seconds": round(statistics.median(templates_behind.ours), 3),
        "recurring_megabytes": round(megabytes, 1),
        "list_of_bare_percent": _percent(posts),
        "create_of_bare_percent": _percent(made),
        "recurring_of_bare_percent": _percent(templates),
        "list_after_a_commit_of_bare_percent": _percent(posts_behind),
        "recurring_after_a_commit_of_bare_percent": _percent(templates_behind),
        "list_p50_ms": round(listed.percentile(50), 2),
        "create_p50_ms": round(created.percentile(50), 2),
        "posts": sizes.templates * sum(number % 5 > 0 for number in range(sizes.runs)),
        "templates": sizes.templates,
        "cells": results.texts([posts, posts_behind, made, templates, templates_behind]),
    }


def _percent(cell: Cell) -> float:
    return round(100 * (cell.ratio or 0), 1)


if __name__ == "__main__":
    report.main(measure)
