"""`ostinato calendar`: calendars whose dates templates exclude."""

from __future__ import annotations

import click

from commands import wiring
from commands.calendar_fetching import read
from commands.groups import Commands
from commands.output import dry_run_option, json_option, say, show, table
from scheduler.operations import calendar_copies
from scheduler.shown import calendar_views


@click.group(cls=Commands)
def command() -> None:
    """Calendars at URLs whose dates templates exclude."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the calendars with the templates that follow them, and how reading them goes.

    Slots and previews go by the last good copy. The daemon reads each calendar again every six hours.

    \b
    Example:
      ostinato calendar list
    """
    with wiring.opened() as database:
        found = calendar_copies.list_all(database)
    rows = [
        (each.kept.url, len(each.kept.spans), ", ".join(each.templates), each.kept.fetched_at, each.kept.last_error)
        for each in found
    ]
    columns = ("url", "events", "templates", "copy of", "last error")
    empty = "no calendars; a template names them by URL in schedule.exclude_dates"
    show(
        {"calendars": [calendar_views.calendar(each) for each in found]},
        lambda: table(columns, rows, empty=empty),
        as_json=as_json,
    )


@command.command()
@click.argument("url", required=False)
@dry_run_option
@json_option
def refresh(url: str | None, dry_run: bool, as_json: bool) -> None:
    """Read the calendar at URL again, or all of them, and let the templates follow.

    Slots that were not planned yet follow what has changed. One that cannot be read keeps its last good copy.

    \b
    Example:
      ostinato calendar refresh
    """
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        kept = calendar_copies.wanted(database, url)
        reads = read(settings, kept)
        with database.write() as connection:
            changed = sorted(set(calendar_copies.keep(connection, reads, now=wiring.now())))
    said = f"read {len(reads)} of {len(kept)}; other dates for: {', '.join(changed) or 'no template'}"
    view = calendar_views.refreshed([each.url for each in reads], kept, changed)
    show(view, lambda: say(said), as_json=as_json, dry_run=dry_run)
