"""A campaign: real processes, a seeded schedule of faults, calm, and the books compared.

python -m tests.chaos campaign [--publications N] [--accounts N] [--database KIND] [--api KIND] [--seed N]
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.chaos.acting import Acting
from tests.chaos.audit import Audit, Books, audit, table
from tests.chaos.calm import Calm
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Act, Form, form_of, schedule
from tests.chaos.scene import scene
from tests.postgresql_server import address, create_database, serving

PAUSE = threading.Event()  # never set: a moment for the processes between two looks
LOOK_EVERY = 0.05
DATABASES = ("sqlite", "postgresql")
APIS = ("durable", "seed")
Says = Callable[[str], None]


def run(form: Form, seed: int, folder: Path, says: Says = print) -> Audit:
    """Run one campaign with its books in an empty *folder*."""
    acts = schedule(seed, form)
    for act in acts:
        says(f"seed {seed}: {act}")
    with database_of(form, folder) as url, scene(folder, form, seed, url) as here:
        ledger = Ledger(url)
        here.stage.run("db", "upgrade")
        for number in range(form.daemons):
            here.start(number)
        for daemon in here.daemons.values():
            daemon.wait_for_line("daemon.ready")
        acting = Acting(here, ledger)
        began = time.monotonic()
        storm(acting, acts, began)
        says(f"{time.monotonic() - began:.0f} s of storm")
        Calm(here, acting, ledger).reach()
        says(f"{time.monotonic() - began:.0f} s until calm")
        found = audit(Books(url, folder / "sandbox.db", folder / "book.jsonl", folder / "orders.jsonl"))
    says(table(found))
    return found


def storm(acting: Acting, acts: list[Act], began: float) -> None:
    """Do everything at its time, or as soon after it as it can be done."""
    for act in acts:
        while (left := began + act.at - time.monotonic()) > 0:
            acting.settle()
            PAUSE.wait(min(left, LOOK_EVERY))
        acting.perform(act)


@contextmanager
def database_of(form: Form, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    if form.database == "sqlite":
        yield f"sqlite:///{folder}/home/ostinato.db"
        return
    with serving() as server:
        create_database(server, folder.name.lower().replace("-", "_"))
        yield address(server, folder.name.lower().replace("-", "_"))


@click.command()
@click.option("--publications", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--accounts", type=click.IntRange(1, 999), default=200, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="Both, one after the other, unless named.")
@click.option("--api", type=click.Choice(APIS), help="The generation of the API; both unless named.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same schedule.")
@click.option("--minutes", type=float, help="How long things go wrong; as long as the publications need.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Leave the books in this folder.")
def command(
    publications: int,
    accounts: int,
    database: str | None,
    api: str | None,
    seed: int,
    minutes: float | None,
    keep: Path | None,
) -> None:
    """Let everything go wrong while thousands of posts go out, and compare the books."""
    clean = True
    for kind in DATABASES if database is None else (database,):
        for generation in APIS if api is None else (api,):
            form = form_of(publications, accounts, kind, generation, minutes)
            folder = Path(tempfile.mkdtemp(prefix=f"chaos-{kind}-{generation}-", dir=keep))
            click.echo(f"campaign of {publications} on {kind}, --api {generation}, seed {seed}, in {folder}")
            clean = run(form, seed, folder, click.echo).clean and clean
    sys.exit(0 if clean else 1)
