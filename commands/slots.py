"""Commands about single slots: `ostinato template skip`, `template move` and `run backfill`."""

from __future__ import annotations

from datetime import timedelta

import click

from commands import wiring
from commands.moments import When, WhenType
from commands.output import dry_run_option, json_option, moment, say, show
from scheduler.operations import slots, why
from scheduler.shown import views

SLOT = "The slot, in any form that `template preview` shows, such as 2026-03-26T08:00:00Z."
_NEXT = timedelta(microseconds=1)


@click.command()
@click.argument("name")
@click.option("--at", type=WhenType(), metavar="SLOT", required=True, help=SLOT)
@dry_run_option
@json_option
def skip(name: str, at: When, dry_run: bool, as_json: bool) -> None:
    """Let one slot of template NAME post nothing; the others stay.

    \b
    Example:
      ostinato template skip morning --at 2026-03-26T08:00:00Z
    """
    with wiring.opened(dry_run=dry_run) as database:
        run = slots.skip(database, name, at.at, now=wiring.now(), new_id=wiring.new_id)
    said = f"skips {moment(run.slot_at)}"
    show(views.run(run, name, why.sentence(run)), lambda: say(said), as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("name")
@click.option("--at", type=WhenType(), metavar="SLOT", required=True, help=SLOT)
@click.option("--to", type=WhenType(), metavar="TIME", required=True, help="When it is to run instead, in UTC.")
@dry_run_option
@json_option
def move(name: str, at: When, to: When, dry_run: bool, as_json: bool) -> None:
    """Let one slot of template NAME run at another time; the others stay.

    \b
    Example:
      ostinato template move morning --at 2026-03-26T08:00:00Z --to 2026-03-26T10:30:00Z
    """
    with wiring.opened(dry_run=dry_run) as database:
        run = slots.move(database, name, at.at, to.at, now=wiring.now(), new_id=wiring.new_id)
    said = f"the slot {moment(run.slot_at)} runs at {moment(run.due_at)}"
    show(views.run(run, name, why.sentence(run)), lambda: say(said), as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("name")
@click.option("--from", "start", type=WhenType(), metavar="TIME", required=True, help="The first slot's time, in UTC.")
@click.option(
    "--to",
    "end",
    type=WhenType(),
    metavar="TIME",
    required=True,
    help="The last slot's time, in UTC; of a day all of it.",
)
@dry_run_option
@json_option
def backfill(name: str, start: When, end: When, dry_run: bool, as_json: bool) -> None:
    """Queue runs for slots of template NAME that passed without one, at most 200, oldest first.

    A slot that has a run, whatever became of it, is left alone.

    \b
    Example:
      ostinato run backfill morning --from 2026-03-20T00:00:00Z --to 2026-03-26T00:00:00Z
    """
    last = end.at + end.within - _NEXT  # a day counts whole, a second with its fractions
    with wiring.opened(dry_run=dry_run) as database:
        found = slots.backfill(database, name, start.at, last, now=wiring.now(), new_id=wiring.new_id)
    said = f"queued {len(found)} runs; follow them with `ostinato run list --template {name}`"

    def human() -> None:
        for each in found if dry_run else ():
            say(moment(each))
        say(said)

    show({"template": name, "slots": found}, human, as_json=as_json, dry_run=dry_run)
