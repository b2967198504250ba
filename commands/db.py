"""`ostinato db`: the database and its schema."""

from __future__ import annotations

import click

from commands import wiring
from commands.output import json_option, say, show


@click.group()
def command() -> None:
    """The database and its schema."""


@command.command()
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the schema to the version that this program needs.

    Stop the daemon first. Does nothing when the schema is current.

    \b
    Example:
      ostinato db upgrade
    """
    version = wiring.upgrade(wiring.settings())
    show({"schema": version}, lambda: say(f"the schema is {version}"), as_json=as_json)
