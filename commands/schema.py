"""`ostinato schema`: what template files, events and --json look like, for editors and other programs."""

from __future__ import annotations

import click

from commands.output import json_option, show


@click.command()
@click.argument("kind", type=click.Choice(["template", "event", "output", "question", "answer"]), default="template")
@json_option
def command(kind: str, as_json: bool) -> None:  # noqa: ARG001 - a schema is JSON in either case
    """Print the JSON Schema of template files, of events, or of what commands print with --json.

    Or of what a pre_publish callback is asked (question) and may answer (answer).

    \b
    Example:
      ostinato schema > template.schema.json
      ostinato schema event
    """
    from scheduler.shown.question_schemas import ALL

    show(ALL[kind](), lambda: None, as_json=True)
