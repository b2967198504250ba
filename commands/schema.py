"""`ostinato schema`: what template files, events and --json look like, for editors and other programs."""

from __future__ import annotations

import click

from commands.output import json_option, show


@click.command()
@click.argument("kind", type=click.Choice(["template", "event", "output"]), default="template")
@json_option
def command(kind: str, as_json: bool) -> None:  # noqa: ARG001 - a schema is JSON in either case
    """Print the JSON Schema of template files, of events, or of what commands print with --json.

    \b
    Example:
      ostinato schema > template.schema.json
      ostinato schema event
    """
    from commands.schemas import SCHEMAS

    show(SCHEMAS[kind](), lambda: None, as_json=True)
