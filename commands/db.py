"""`ostinato db`: the database and its schema."""

from __future__ import annotations

from dataclasses import asdict

import click

from commands import wiring
from commands.groups import Commands
from commands.output import cell, dry_run_option, json_option, say, show
from scheduler.operations import pruning
from scheduler.operations.why.words import number
from storage import schema


@click.group(cls=Commands)
def command() -> None:
    """The database and its schema."""


@command.command()
@dry_run_option
@json_option
def upgrade(dry_run: bool, as_json: bool) -> None:
    """Bring the schema to the version that this program needs.

    Only this does: the daemon and all other commands refuse an older schema and change nothing. Make a backup first.
    In an empty database it makes the tables, as any other command does.
    Daemons of the release before may go on meanwhile (docs/upgrading.md). Does nothing when the schema is current.

    \b
    Example:
      ostinato db upgrade
    """
    settings = wiring.settings()
    was = wiring.schema_version(settings)
    version = schema.HEAD if dry_run else wiring.upgrade(settings)
    if was == version:
        said = f"the schema is {version} already"
    else:
        said = f"the schema {'would be' if dry_run else 'is'} {version}; it was {was or 'none'}"
    show({"schema": version, "was": was}, lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command()
@dry_run_option
@json_option
def prune(dry_run: bool, as_json: bool) -> None:
    """Remove at once what is older than OSTINATO_KEEP, as the daemon does by and by.

    Texts that finished runs gathered and wrote, and events that were told and read. Runs, posts, publications with
    their idempotency keys, payments and the memory of feed entries stay for ever. docs/storage.md has the whole table.

    \b
    Example:
      ostinato db prune --dry-run
      OSTINATO_KEEP_DRAFTS=30d ostinato db prune
    """
    settings = wiring.settings()
    keep = wiring.keep(settings)
    with wiring.opened(settings, dry_run=dry_run) as database:
        found = pruning.prune_all(database, keep=keep, now=wiring.now(), at_once=dry_run)

    def human() -> None:
        texts = f"{found.materials} materials, {found.drafts} drafts"
        say(f"older than {cell(keep.drafts)}: the texts of {number(found.runs, 'run')} ({texts})")
        say(f"older than {cell(keep.events)}: {number(found.events, 'event')} with deliveries")
        say(f"needed by nothing: {number(found.files, 'file')}")

    kept = {"drafts": cell(keep.drafts), "events": cell(keep.events)}
    show({"keep": kept, "removed": asdict(found)}, human, as_json=as_json, dry_run=dry_run)
