"""Runs of six durable steps beside the peers', in turn, on SQLite and PostgreSQL, with the same number in flight."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import disk, peer, servers
from benchmarks.cells import Cell, in_turn
from benchmarks.peer import CELERY, DBOS, DRAMATIQ, PROCRASTINATE, Peer
from benchmarks.servers import PostgreSQL, sqlalchemy_address

STEPS = 6
BESIDE = (
    ("sqlite", DBOS),
    ("postgresql", DBOS),
    ("postgresql", PROCRASTINATE),
    ("postgresql", CELERY),
    ("postgresql", DRAMATIQ),
)
ON_REDIS = (CELERY, DRAMATIQ)
Round = Callable[[str, int, int], float]  # at an address, so many runs, so many in flight


@dataclass(frozen=True, slots=True)
class Sizes:
    """By the number in flight: how many runs we do, how many the quicker peers, and how many DBOS."""

    runs: dict[int, tuple[int, int, int]] = field(
        default_factory=lambda: {
            1: (400, 200, 60),
            32: (3_000, 800, 160),
            128: (4_000, 800, 256),
            256: (6_000, 800, 256),
        }
    )
    repeats: int = 5
    disk_seconds: float = 1.0


QUICK = Sizes(runs={1: (10, 5, 4), 8: (50, 20, 8)}, repeats=1, disk_seconds=0.05)


def cells(sizes: Sizes, one_round: Round) -> Iterator[Cell]:
    """Give the cells of every number in flight. *one_round* does our runs."""
    there = peer.present([DBOS, PROCRASTINATE, CELERY, DRAMATIQ])
    with servers.postgresql() as server:
        for in_flight, counts in sizes.runs.items():
            yield from _at(in_flight, counts, sizes, server, there, one_round)


def ratio(measured: list[Cell], of: Peer, in_flight: int) -> float | None:
    """Give the ratio to a peer with *in_flight* runs; the smaller one where it was measured on both stores."""
    of_it = [cell.ratio for cell in measured if cell.peer == of.title and f" {in_flight} in flight" in cell.cell]
    smallest = min((each for each in of_it if each), default=None)
    return None if smallest is None else round(smallest, 2)


def _at(
    in_flight: int,
    counts: tuple[int, int, int],
    sizes: Sizes,
    server: PostgreSQL,
    there: list[Peer],
    one_round: Round,
) -> Iterator[Cell]:
    def ours(store: str) -> float:
        with servers.database(store, server) as url:
            return one_round(url, counts[0], in_flight)

    def its(store: str, other: Peer) -> float:
        return peer_round(other, store, server, counts[2] if other is DBOS else counts[1], in_flight)

    limits = [partial(commits, store, server, sizes.disk_seconds) for store in ("sqlite", "postgresql")]
    theirs = [partial(its, store, other) if other in there else None for store, other in BESIDE]
    figures = in_turn(sizes.repeats, *limits, partial(ours, "sqlite"), partial(ours, "postgresql"), *theirs)
    most = dict(zip(("sqlite", "postgresql"), figures[:2], strict=True))
    mine = dict(zip(("sqlite", "postgresql"), figures[2:4], strict=True))
    for (store, other), peers in zip(BESIDE, figures[4:], strict=True):
        limit = [each / STEPS for each in most[store]] if in_flight == 1 else ()
        yield Cell(f"runs, {in_flight} in flight, {store}", "/s", mine[store], other.title, peers, limit)


def peer_round(other: Peer, store: str, server: PostgreSQL, runs: int, in_flight: int) -> float:
    """Let a peer do *runs* runs on a new database, and a new Redis where it needs one; give its runs a second."""
    with servers.database(store, server) as url:
        if other in ON_REDIS:
            with servers.redis() as redis:
                return float(other.run(url=url, runs=runs, in_flight=in_flight, redis=redis)["per_second"])
        address = sqlalchemy_address(url) if other is DBOS else url
        return float(other.run(url=address, runs=runs, in_flight=in_flight)["per_second"])


def commits(store: str, server: PostgreSQL, seconds: float) -> float:
    """How many single commits the store takes from one connection in a second, with nothing of ours in between."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            return disk.commits_per_second(Path(folder), seconds)
    with servers.database(store, server) as url:
        return disk.postgresql_commits_per_second(url, seconds)


def of_limit(measured: list[Cell]) -> float:
    """Give the percentage of the disk's commits that we reach with one run in flight, the smaller of both stores."""
    return round(100 * min(cell.of_limit for cell in measured if cell.of_limit), 1)


def rate(measured: list[Cell], store: str, in_flight: int) -> float:
    name = f"runs, {in_flight} in flight, {store}"
    return round(statistics.median(next(cell.ours for cell in measured if cell.cell == name)))
