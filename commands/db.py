"""`ostinato db`: the database and its schema."""

from __future__ import annotations

import click

from commands import wiring
from commands.output import dry_run_option, json_option, say, show
from storage import schema


@click.group()
def command() -> None:
    """The database and its schema."""


@command.command()
@dry_run_option
@json_option
def upgrade(dry_run: bool, as_json: bool) -> None:
    """Bring the schema to the version that this program needs.

    Only this does: the daemon and all other commands refuse an older schema and change nothing. Stop the daemon first,
    and make a backup. Does nothing when the schema is current.

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
