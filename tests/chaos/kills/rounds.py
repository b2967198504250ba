"""Many kills: what is killed where, chosen by a seed, and done side by side."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import count
from math import inf
from pathlib import Path
from random import Random

from tests.chaos.kills.home import home
from tests.chaos.kills.killing import Kill, Passed, kill
from tests.chaos.kills.shapes import SHAPES

# What a daemon commits all the time, for no run in particular: one kill at each of them says as much as ten.
BESIDE = frozenset(
    {
        *("embedded._work", "crew.renew", "daemon._expire", "daemon._prune", "daemon._boot", "rate_windows.take"),
        *("feed_reading.refresh_due", "calendar_reading.refresh_due", "reconciling.reconcile_due"),
        *("desk.posted_texts", "wiring._serve", "callbacks.configure", "assembly._daemon"),
    }
)
WAITING = 2  # lots on PostgreSQL at once: a kill there takes seconds until a lease has lapsed, and no work
NESTED = 2  # of each lot: kills after which the one that recovers is killed too


@dataclass(frozen=True, slots=True)
class Lot:
    """Runs of one shape, on one kind of API and of database. *most* limits how many are killed; None: all points."""

    shape: str
    api: str
    server: str | None = None
    most: int | None = None
    nested: int = NESTED


def step(what: str) -> str:
    """Name what a point belongs to: of several that share a commit, those that are a step of the run."""
    names = [name for name in what.split(" + ") if name not in BESIDE]
    return " + ".join(names) or what.split(" + ")[0]


def chosen(passed: Sequence[Passed], chance: Random, *, every: bool) -> list[str]:
    """Give the points to be killed at: all, or each step of the run at each time it came and what is beside it once."""
    points = [each.name for each in passed]
    if every:
        return points
    wanted = [each.name for each in passed if step(each.what) not in BESIDE]
    beside: dict[tuple[str, str], list[str]] = {}
    for each in passed:
        if step(each.what) in BESIDE:
            beside.setdefault((each.when, step(each.what)), []).append(each.name)
    return sorted([*wanted, *(chance.choice(names) for names in beside.values())], key=points.index)


def kills(lot: Lot, folder: Path, seed: str, *, every: bool = False) -> Iterator[Kill]:
    """Count the points of a run of this lot, and have one run killed at each that is chosen."""
    chance = Random(f"{seed}:{lot.shape}:{lot.api}:{bool(lot.server)}")
    with home(folder, api=lot.api, server=lot.server) as here:
        shape = SHAPES[lot.shape]
        counted = kill(here, shape)
        yield counted
        points = chosen(counted.passed, chance, every=every)
        if lot.most is not None and len(points) > lot.most:
            points = sorted(chance.sample(points, lot.most), key=points.index)
        planned: list[tuple[str, ...]] = [(point,) for point in points]
        if not shape.command:
            planned += [(chance.choice(points), chance.choice(points)) for _ in range(lot.nested)]
        for each in planned:
            try:
                yield kill(here, shape, *each)
            except Exception:  # noqa: BLE001 - it is counted as what it is, and the others go on
                said = here.stage.processes[-1].printed[-2000:]
                database = "postgresql" if lot.server else "sqlite"
                yield Kill(lot.shape, lot.api, database, each, (), problems=(traceback.format_exc() + said,))


def side_by_side(
    lots: Iterable[Lot],
    folder: Path,
    seed: str,
    *,
    at_once: int,
    every: bool = False,
    until: float = inf,
    tell: Callable[[Kill], None] = lambda _: None,
) -> list[Kill]:
    """Do all lots and give every kill: *at_once* at a time, and beside them those on PostgreSQL.

    *tell* hears of each as it is done; none begins after *until*, of the monotonic clock.
    """
    numbers, one_at_a_time = count(), threading.Lock()

    def done(lot: Lot) -> list[Kill]:
        result: list[Kill] = []
        if time.monotonic() > until:
            return result
        with one_at_a_time:
            place = folder / f"{next(numbers)}-{lot.shape}-{lot.api}"
        for each in kills(lot, place, seed, every=every):
            result.append(each)
            with one_at_a_time:
                tell(each)
            if time.monotonic() > until:
                break
        return result

    with ThreadPoolExecutor(at_once) as pool, ThreadPoolExecutor(WAITING) as waiting:
        futures = [(waiting if lot.server else pool).submit(done, lot) for lot in lots]
        return [each for future in as_completed(futures) for each in future.result()]
