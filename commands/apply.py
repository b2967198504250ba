"""`ostinato template apply` and `template export`: templates as files in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from commands import wiring
from commands.calendar_fetching import fetched
from commands.output import clean, dry_run_option, first_line, json_option, say, show
from scheduler.operations import applying, exporting
from scheduler.operations.applying import Action, Change, FieldChange
from scheduler.operations.told import NO_SECRETS
from scheduler.shown import change_views, views

VALUE = 60  # characters of a value that a person is shown


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--prune",
    type=click.Choice([each.value for each in applying.Prune]),
    default=applying.Prune.PAUSE.value,
    show_default=True,
    help="What becomes of a template of this folder that no file names any more.",
)
@click.option("--as", "mark", metavar="NAME", help="Know the folder by this name, wherever it lies; else by its path.")
@dry_run_option
@json_option
def apply(folder: Path, prune: str, mark: str | None, dry_run: bool, as_json: bool) -> None:
    """Make the template files in DIR (.toml, .yaml, .yml, .json) true: all of them, or none when one is wrong.

    A new one is added, one that differs is changed and keeps its runs and posts, and one that no file names any more is
    paused. Only templates that an earlier apply of this folder has made or taken over are paused.

    \b
    Example:
      ostinato template apply templates/ --dry-run
      ostinato template apply templates/ --prune delete
    """
    settings = wiring.settings()
    written = applying.read_files(folder)
    applying.refuse_unheard(written, hears=settings.hears)
    with wiring.opened(settings, dry_run=dry_run) as database:
        changes = applying.apply(
            database,
            written,
            mark=mark or str(folder.resolve()),
            prune=applying.Prune(prune),
            calendars=fetched(settings, database, [each.document for each in written]),
            cipher=wiring.cipher(settings),
            now=wiring.now(),
            new_id=wiring.new_id,
        )
    if dry_run:  # the secret of a webhook that is not kept would be mistaken for the real one
        changes = [replace(each, secrets=NO_SECRETS) for each in changes]
    for each in changes:
        warn_of_backlogs(each.stored.template.name, each.fields)
    show(change_views.changes(changes), lambda: _print(changes), as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--replace", "overwrite", is_flag=True, help="Put them in the place of files that hold something else.")
@dry_run_option
@json_option
def export(folder: Path, overwrite: bool, dry_run: bool, as_json: bool) -> None:
    """Write every active and paused template to DIR, one TOML file for each, as `template apply` reads them.

    \b
    Example:
      ostinato template export templates/
    """
    with wiring.opened() as database:
        found = exporting.export(database, folder, replace=overwrite, dry_run=dry_run)

    def human() -> None:
        for each in found:
            say(f"{each.written.value:10} {each.file}")
        if not found:
            say("no templates; add one with `ostinato template add FILE`")

    files = [{"name": each.name, "file": str(each.file), "action": each.written.value} for each in found]
    show({"files": files}, human, as_json=as_json, dry_run=dry_run)


def _print(changes: list[Change]) -> None:
    for each in changes:
        if each.action is Action.UNCHANGED:
            continue
        gone = "" if each.file else "  (no file names it any more)"
        say(f"{each.action.value:9} {each.stored.template.name}{gone}")
        print_fields(each.fields)
        for line in views.secret_lines(each.secrets):
            say(f"    {line}")
    say(", ".join(f"{count} {name}" for name, count in change_views.totals(changes).items() if count))


def print_fields(fields: Iterable[FieldChange]) -> None:
    """Print each field before and after."""
    for each in fields:
        say(f"    {each.field}: {_plain(each.old)} → {_plain(each.new)}")


def warn_of_backlogs(name: str, fields: Iterable[FieldChange]) -> None:
    """Warn where the backlog of a feed was changed: it counts when a template joins the feed, and once only."""
    for each in fields:
        if each.field == "feeds" and isinstance(each.old, list) and isinstance(each.new, list):
            before = {feed["url"]: feed["backlog"] for feed in each.old}
            for feed in each.new:
                if before.get(feed["url"], feed["backlog"]) != feed["backlog"]:
                    told = f"{name}: the backlog of {feed['url']} counts only until the template has joined the feed"
                    click.echo(clean(f"Warning: {told}; what it has seen stays seen"), err=True)


def _plain(value: object) -> str:
    return "not set" if value is None else first_line(json.dumps(value, ensure_ascii=False), VALUE)
