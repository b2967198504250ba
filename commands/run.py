"""`ostinato run`: executions of templates."""

from __future__ import annotations

import click

from commands import links, wiring
from commands.groups import Commands
from commands.output import json_option, moment, show, table
from commands.run_deciding import approve, cancel, reject
from commands.run_details import print_details
from commands.run_retry import retry
from commands.slots import backfill
from commands.why import of_run as why_of_run
from commands.why_text import state
from domain.run import RunStatus
from scheduler.operations import runs
from scheduler.operations.runs import NamedRun
from scheduler.shown.details import named_run
from storage.run_pages import Wanted


@click.group(cls=Commands)
def command() -> None:
    """Executions of templates, and why they posted or did not."""


@command.command("list")
@click.option("--template", "name", metavar="NAME", help="Only those of this template.")
@click.option("--status", type=click.Choice([each.value for each in RunStatus]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
@json_option
def list_(name: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List runs, the newest slot first.

    \b
    Example:
      ostinato run list --template morning --status skipped
    """
    chosen = RunStatus(status) if status else None
    with wiring.opened() as database:
        found = runs.list_runs(database, template=name, wanted=Wanted(status=chosen, owner_id=None), limit=limit)
    rows = [(each.run.id, each.template, each.run.slot_at, _state(each), each.run.reason) for each in found]
    columns = ("id", "template", "slot", "status", "reason")
    view = {"runs": [named_run(each) for each in found]}
    show(view, lambda: table(columns, rows, empty="no runs"), as_json=as_json)


@command.command("show")
@click.argument("run_id", metavar="ID")
@json_option
def show_(run_id: str, as_json: bool) -> None:
    """Show the run ID: its state and its posts.

    \b
    Example:
      ostinato run show 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
    """
    with wiring.opened() as database:
        details = runs.details(database, run_id)
        site = links.site(database)
    print_details(details, site, as_json)


def _state(shown: NamedRun) -> str:
    """Give where a run stands; of one that waits for a person, until when."""
    standing = state(shown.run, shown.doubtful)
    return f"{standing} until {moment(shown.decide_by)}" if shown.decide_by else standing


for _each in (approve, reject, cancel):
    command.add_command(_each)
command.add_command(backfill)
command.add_command(why_of_run)
command.add_command(retry)
