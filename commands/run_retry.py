"""`ostinato run retry`: once more, for a run that ended with nothing out."""

from __future__ import annotations

import click

from commands import wiring
from commands.output import dry_run_option, json_option, moment, say, show
from scheduler.operations import retrying, templates, why
from scheduler.shown import views


@click.command()
@click.argument("run_id", metavar="ID")
@dry_run_option
@json_option
def retry(run_id: str, dry_run: bool, as_json: bool) -> None:
    """Try the run ID once more, which ended skipped or failed; the daemon works on it.

    A run of its own gathers and writes anew; the feed entries that the old one had looked at are free for it. Refused
    when something of the old run is out or may be.

    \b
    Example:
      ostinato run retry 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
    """
    with wiring.opened(dry_run=dry_run) as database:
        run = retrying.retry(database, run_id, now=wiring.now(), new_id=wiring.new_id)
        name = templates.get(database, run.template_id).template.name
    said = f"{name}: queued run {run.id} at {moment(run.due_at)}; follow it with `ostinato run why {run.id}`"
    show(views.run(run, name, why.sentence(run)), lambda: say(said), as_json=as_json, dry_run=dry_run)
