"""Firings a second, each with a durable row, beside APScheduler's SQL job store: some of many templates due at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import disk, parts, peer, servers
from benchmarks.cells import Cell, in_turn
from benchmarks.draining import planned_per_second
from benchmarks.servers import sqlalchemy_address

ROWS = 2  # that a firing writes: the run, and the template with its next slot
STORES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* are kept, of which *due* are due at one instant."""

    templates: tuple[int, ...] = (10_000, 100_000)
    due: int = 2_000
    repeats: int = 5
    disk_seconds: float = 1.0


QUICK = Sizes(templates=(200, 400), due=100, repeats=1, disk_seconds=0.05)


def cells(sizes: Sizes) -> Iterator[tuple[str, Cell]]:
    """Measure each store and number of templates; give each cell with its name among the figures."""
    there = peer.APSCHEDULER_SQL in peer.present([peer.APSCHEDULER_SQL])
    with servers.postgresql() as server:
        for store in STORES:
            for count in sizes.templates:
                ours = _on_new(store, server, partial(fired, count=count, due=sizes.due))
                theirs = _on_new(store, server, partial(peer_fired, count=count, due=sizes.due))
                acts = (ours, theirs if there else None, partial(limit, sizes.disk_seconds))
                mine, its, most = in_turn(sizes.repeats, *acts)
                name = f"firings, {count:,} templates, {store}"
                title = peer.APSCHEDULER_SQL.title
                yield f"firing_{store}_{count}", Cell(name, "/s", mine, title, its, most if store == "sqlite" else ())


def worst(measured: Iterable[Cell]) -> float | None:
    """Give the smallest ratio to the peer."""
    smallest = min((cell.ratio for cell in measured if cell.ratio), default=None)
    return None if smallest is None else round(smallest, 2)


def fired(url: str, *, count: int, due: int) -> float:
    """Plan *due* slots of *count* templates as the daemon does, each with its durable row; give slots a second."""
    database = parts.new_database(url)
    nine = parts.now()
    slots = (nine if number < due else nine + parts.FAR for number in range(count))
    parts.add_templates(database, ((parts.template(number, at), at) for number, at in enumerate(slots)))
    try:
        return planned_per_second(database, nine)
    finally:
        database.close()


def peer_fired(url: str, *, count: int, due: int) -> float:
    return float(peer.APSCHEDULER_SQL.run(url=sqlalchemy_address(url), jobs=count, due=due)["per_second"])


def limit(seconds: float) -> float:
    """Give the firings a second whose rows SQLite alone would take, in commits as large as the planner's."""
    with tempfile.TemporaryDirectory() as folder:
        return disk.rows_per_second(Path(folder), seconds) / ROWS


def _on_new(store: str, server: servers.PostgreSQL, act: Callable[[str], float]) -> Callable[[], float]:
    """Give *act* on a new database each time, which is removed after it."""

    def once() -> float:
        with servers.database(store, server) as url:
            return act(url)

    return once
