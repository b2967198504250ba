"""How long it takes to say why, with a million slots of history: of a run, of a past slot, of a slot to come.

python -m benchmarks.why --json
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import parts, report
from benchmarks.history import RUNS, History, fill, run_id
from benchmarks.processes import ROOT
from domain.schedule import ClockTimes, Closures, Grid, Jitter, Schedule
from domain.template import Template
from scheduler import due
from scheduler.operations import why
from storage.database import Database

ROUNDS = 25
CAREFUL = "careful"
ASKED_AFTER = timedelta(days=300)  # how far ahead a slot is asked about
SPACING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sizes:
    """*runs* of each of *templates*, which post as a tenth as many accounts; commands are run *repeats* times."""

    templates: int = 100
    runs: int = 10_000
    repeats: int = 7


QUICK = Sizes(templates=5, runs=200, repeats=1)


def of_history(sizes: Sizes) -> History:
    """Give hourly templates whose history ends now."""
    start = parts.now().replace(minute=0, second=0, microsecond=0)
    whole = History((), start, sizes.runs)
    start -= whole.end - whole.start
    hourly = Schedule(Grid(24, start))
    made = (parts.template(number, start) for number in range(sizes.templates))
    few = max(1, sizes.templates // 10)
    templates = (replace(one, account=f"account_{n % few}", schedule=hourly) for n, one in enumerate(made))
    return History(tuple(templates), start, sizes.runs)


def careful(like: Template) -> Template:
    """Give a template whose slots pass through everything: clock times, jitter, quiet hours, dates, a limit."""
    closures = Closures("Europe/Berlin", ((clock(23), clock(6)),), frozenset({date(2030, 12, 25)}))
    cadence = ClockTimes(tuple(clock(hour, 30) for hour in range(0, 24, 4)), "Europe/Berlin")
    schedule = Schedule(cadence, jitter=Jitter(timedelta(minutes=10), "seed"), closures=closures, max_runs=1_000_000)
    return replace(like, id=CAREFUL, name=CAREFUL, schedule=schedule)


def milliseconds(asked: Iterable[Callable[[], object]]) -> float:
    """Give the median of what each of *asked* takes."""
    took = []
    for ask in asked:
        started = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(took), 2)


def operations(database: Database, history: History) -> dict[str, float]:
    """Give the milliseconds of each kind of question, asked about slots all over the history."""
    now, chance = parts.now(), Random(1)
    places = [(chance.randrange(len(history.templates)), chance.randrange(history.runs)) for _ in range(ROUNDS)]
    ahead = due.preview(careful(history.templates[0]).schedule, now + ASKED_AFTER, ROUNDS)

    def ask(template: int, at: datetime) -> Callable[[], object]:
        return partial(why.of_slots, database, history.templates[template].name, at, now=now, spacing=SPACING)

    ask(0, now)()  # the first question compiles its statements
    hour, minutes = timedelta(hours=1), timedelta(minutes=7)
    ids = [run_id(template, number) for template, number in places]
    return {
        "run_ms": milliseconds(partial(why.of_run, database, each, spacing=SPACING) for each in ids),
        "past_ms": milliseconds(ask(template, history.slot(number)) for template, number in places),
        "gap_ms": milliseconds(ask(template, history.gap(number // RUNS)[0]) for template, number in places),
        "future_ms": milliseconds(
            partial(why.of_slots, database, CAREFUL, slot.at, now=now, spacing=SPACING) for slot in ahead
        ),
        "future_grid_ms": milliseconds(ask(template, history.end + hour * number) for template, number in places),
        "no_slot_ms": milliseconds(ask(template, history.slot(number) + minutes) for template, number in places),
    }


def commands(home: Path, history: History, repeats: int) -> dict[str, float]:
    """Give the milliseconds of whole commands, and of one that only opens the same database."""
    name, past = history.templates[0].name, history.slot(history.runs // 2)
    to_come = history.end + ASKED_AFTER
    asked = {
        "run_command_ms": ("run", "why", run_id(0, history.runs // 2)),
        "past_command_ms": ("template", "why", name, "--at", f"{past:%Y-%m-%dT%H:%M:%SZ}"),
        "future_command_ms": ("template", "why", name, "--at", f"{to_come:%Y-%m-%dT%H:%M:%SZ}"),
        "start_command_ms": ("template", "show", name),
    }
    return {key: milliseconds([partial(_ostinato, home, *words)] * repeats) for key, words in asked.items()}


def _ostinato(home: Path, *words: str) -> None:
    environ = {**os.environ, "OSTINATO_HOME": str(home)}
    subprocess.run([sys.executable, "cli.py", *words], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)


def measure() -> dict[str, Any]:
    """Give the figures, each a median."""
    sizes = QUICK if report.quick() else Sizes()
    with tempfile.TemporaryDirectory() as folder:
        home, history = Path(folder), of_history(sizes)
        database = parts.fresh_database(home)
        coming = [(one, history.end) for one in history.templates]
        parts.add_templates(database, [*coming, (careful(history.templates[0]), history.end)])
        started = time.perf_counter()
        fill(home / "ostinato.db", history)
        filled = time.perf_counter() - started
        figures = operations(database, history)
        database.close()
        figures |= commands(home, history, sizes.repeats)
        megabytes = (home / "ostinato.db").stat().st_size // 2**20
    slots = sizes.templates * sizes.runs
    return {**figures, "slots": slots, "database_megabytes": megabytes, "filling_seconds": round(filled, 1)}


if __name__ == "__main__":
    report.main(measure)
