"""`python -m tests.chaos kills`: hundreds of SIGKILLs, at every commit and every send of a run, and a table of them."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from math import inf
from pathlib import Path
from random import Random

import click

from tests.chaos.kills import table
from tests.chaos.kills.killing import Kill
from tests.chaos.kills.rounds import Lot, side_by_side
from tests.chaos.kills.shapes import SHAPES
from tests.postgresql_server import serving

IN_MEMORY = Path("/dev/shm")  # SIGKILL loses nothing that was written, so no disk need be waited for
ON_POSTGRESQL = ("tweet", "thread", "feed", "asked", "approval", "deferred", "partial", "delete")


def lots(server: str | None, apis: tuple[str, ...], shapes: tuple[str, ...], most: int | None) -> Iterator[Lot]:
    """Give every shape on each kind of API, and before them a share on PostgreSQL, where they wait for leases."""
    if server is not None:
        for number, shape in enumerate(each for each in ON_POSTGRESQL if each in shapes):
            yield Lot(shape, apis[number % len(apis)], server, most=min(most or 20, 20), nested=1)
    for shape in shapes:
        for api in apis:
            yield Lot(shape, api, most=most)


@click.command()
@click.option("--seed", default="1", show_default=True, help="Chooses the points, where not all are taken.")
@click.option("--every", is_flag=True, help="Kill at every number, also of what a daemon commits all the time.")
@click.option("--most", type=click.IntRange(1), help="At most so many kills of each shape on each kind of API.")
@click.option("--shape", "shapes", multiple=True, type=click.Choice(list(SHAPES)), help="Only these shapes.")
@click.option("--api", "apis", multiple=True, type=click.Choice(["durable", "seed"]), help="Only this kind of API.")
@click.option("--postgresql/--no-postgresql", default=True, show_default=True, help="A share of it on PostgreSQL.")
@click.option("--at-once", type=click.IntRange(1, 16), default=2, show_default=True, help="Homes side by side.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Begin no further kill after so long.")
@click.option("--json", "as_json", is_flag=True, help="Print every kill as JSON.")
@click.option("--write", is_flag=True, help="Write the table into docs/reliability.md.")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave databases and logs of what failed in this folder.")
def command(
    seed: str,
    every: bool,
    most: int | None,
    shapes: tuple[str, ...],
    apis: tuple[str, ...],
    postgresql: bool,
    at_once: int,
    minutes: float | None,
    as_json: bool,
    write: bool,
    keep: Path | None,
) -> None:
    """Kill daemons and commands with SIGKILL at every commit and every send of a run, and see what becomes of it.

    Exits with 1 when a post was doubled or lost, or anything else was not as it was promised, and with 2 when a run
    ended otherwise than one that nobody kills, with a reason and somebody told.
    """
    since = time.monotonic()
    done: list[Kill] = []

    def tell(each: Kill) -> None:
        done.append(each)
        if each.problems or each.otherwise or not len(done) % 25:
            what = f"{each.shape} on {each.api}, {each.database}, killed at {', then '.join(each.asked) or 'nowhere'}"
            click.echo(f"{len(done):5} {time.monotonic() - since:5.0f} s  {what}", err=True)
        for problem in (*each.problems, *each.otherwise):
            click.echo(f"      {problem}", err=True)

    with ExitStack() as stack:
        folder = keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.exists() else None))
        )
        server = stack.enter_context(serving()) if postgresql else None
        wanted = [*lots(server, apis or ("durable", "seed"), shapes or tuple(SHAPES), most)]
        Random(seed).shuffle(wanted)
        until = inf if minutes is None else since + minutes * 60
        kills = side_by_side(wanted, folder, seed, at_once=at_once, every=every, until=until, tell=tell)
    took = time.monotonic() - since
    given = {"most": most, "minutes": minutes, "every": every or None}
    options = [f"--{name} {value}" if value is not True else f"--{name}" for name, value in given.items() if value]
    text = table.markdown(kills, options=" ".join([f"--seed {seed}", *options]), seconds=took)
    if as_json:
        click.echo(json.dumps([_view(each) for each in kills], indent=1))
    else:
        click.echo(text)
    if write:
        table.write(text)
    if not any(each.asked for each in kills):
        sys.exit("not one kill was made: give it more --minutes")
    sys.exit(1 if any(each.problems for each in kills) else 2 if any(each.otherwise for each in kills) else 0)


def _view(each: Kill) -> dict[str, object]:
    view = asdict(each)
    passed = Counter(point["what"] for point in view.pop("passed") if point["when"] == "before")
    return {**view, "points": dict(passed)} if not each.asked else view
