"""Firings a second, each with a durable row, beside APScheduler's SQL job store: some of many templates due at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import disk, parts, peer, servers
from benchmarks.cells import Cell, in_turn
from benchmarks.draining import planned_per_second
from benchmarks.servers import STORES, sqlalchemy_address

KEPT, ALONE = "kept", "firing"  # how the names of cells begin: the peer keeps a row for each firing, or none
ROWS = 2  # that a firing writes: the run, and the template with its next slot


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
                kept, alone = (
                    _on_new(store, server, partial(peer_fired, count=count, due=sizes.due, kept=kept))
                    if there
                    else None
                    for kept in (True, False)
                )
                most = _on_new(store, server, partial(limit, seconds=sizes.disk_seconds))
                mine, its_kept, its, limits = in_turn(sizes.repeats, ours, kept, alone, most)
                name, title = f"firings, {count:,} templates, {store}", peer.APSCHEDULER_SQL.title
                yield f"{KEPT}_{store}_{count}", Cell(name, "/s", mine, f"{title}, a row each", its_kept, limits)
                yield f"{ALONE}_{store}_{count}", Cell(f"{name}, peer without rows", "/s", mine, title, its, limits)


def worst(measured: Mapping[str, Cell], named: str) -> float | None:
    """Give the smallest ratio to the peer of the cells whose name begins with *named*."""
    ratios = (cell.ratio for name, cell in measured.items() if name.startswith(named) and cell.ratio)
    smallest = min(ratios, default=None)
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


def peer_fired(url: str, *, count: int, due: int, kept: bool) -> float:
    """Give the firings a second of APScheduler; with *kept* each of them leaves a durable row, as ours do."""
    figures = peer.APSCHEDULER_SQL.run(url=sqlalchemy_address(url), jobs=count, due=due, kept=kept)
    return float(figures["per_second"])


def limit(url: str, *, seconds: float) -> float:
    """Give the firings a second whose rows the store alone would take, in commits as large as the planner's."""
    if url.startswith("sqlite"):
        return disk.rows_per_second(Path(url.removeprefix("sqlite:///")).parent, seconds) / ROWS
    return disk.postgresql_rows_per_second(url, seconds) / ROWS


def _on_new(store: str, server: servers.PostgreSQL, act: Callable[[str], float]) -> Callable[[], float]:
    """Give *act* on a new database each time, which is removed after it."""

    def once() -> float:
        with servers.database(store, server) as url:
            return act(url)

    return once
