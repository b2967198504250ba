"""Commands about single slots: `ostinato template skip`, `template move` and `run backfill`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from commands import views, wiring
from commands.output import dry_run_option, json_option, moment, say, show
from scheduler.operations import slots, why

WHEN = click.DateTime(
    ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
)


@click.command()
@click.argument("name")
@click.option("--at", type=WHEN, metavar="SLOT", required=True, help="The slot in UTC, such as 2026-03-26T08:00:00Z.")
@dry_run_option
@json_option
def skip(name: str, at: datetime, dry_run: bool, as_json: bool) -> None:
    """Let one slot of template NAME post nothing; the others stay.

    \b
    Example:
      ostinato template skip morning --at 2026-03-26T08:00:00Z
    """
    with wiring.opened(dry_run=dry_run) as database:
        run = slots.skip(database, name, at.replace(tzinfo=UTC), now=wiring.now(), new_id=wiring.new_id)
    said = f"skips {moment(run.slot_at)}"
    show(views.run(run, name, why.sentence(run)), lambda: say(said), as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("name")
@click.option("--at", type=WHEN, metavar="SLOT", required=True, help="The slot in UTC, such as 2026-03-26T08:00:00Z.")
@click.option("--to", type=WHEN, metavar="TIME", required=True, help="When it is to run instead, in UTC.")
@dry_run_option
@json_option
def move(name: str, at: datetime, to: datetime, dry_run: bool, as_json: bool) -> None:
    """Let one slot of template NAME run at another time; the others stay.

    \b
    Example:
      ostinato template move morning --at 2026-03-26T08:00:00Z --to 2026-03-26T10:30:00Z
    """
    slot, moved = at.replace(tzinfo=UTC), to.replace(tzinfo=UTC)
    with wiring.opened(dry_run=dry_run) as database:
        run = slots.move(database, name, slot, moved, now=wiring.now(), new_id=wiring.new_id)
    said = f"the slot {moment(run.slot_at)} runs at {moment(run.due_at)}"
    show(views.run(run, name, why.sentence(run)), lambda: say(said), as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("name")
@click.option("--from", "start", type=WHEN, metavar="TIME", required=True, help="The first slot's time, in UTC.")
@click.option("--to", "end", type=WHEN, metavar="TIME", required=True, help="The last slot's time, in UTC.")
@dry_run_option
@json_option
def backfill(name: str, start: datetime, end: datetime, dry_run: bool, as_json: bool) -> None:
    """Queue runs for slots of template NAME that passed without one, at most 200, oldest first.

    A slot that has a run, whatever became of it, is left alone.

    \b
    Example:
      ostinato run backfill morning --from 2026-03-20T00:00:00Z --to 2026-03-26T00:00:00Z
    """
    first, last = start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
    with wiring.opened(dry_run=dry_run) as database:
        found = slots.backfill(database, name, first, last, now=wiring.now(), new_id=wiring.new_id)
    said = f"queued {len(found)} runs; follow them with `ostinato run list --template {name}`"

    def human() -> None:
        for each in found if dry_run else ():
            say(moment(each))
        say(said)

    show({"template": name, "slots": found}, human, as_json=as_json, dry_run=dry_run)
