"""`ostinato run approve | reject | cancel`: what a person decides about a run, and on trial what it would come to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

import click

from commands import links, run_details, wiring
from commands.daemon_lock import is_running
from commands.output import dry_run_option, json_option, moment, say, show
from domain.errors import FieldError, InvalidInput
from domain.run import Verdict
from scheduler.operations import cancelling, revising, runs
from scheduler.operations.runs import RunDetails
from scheduler.shown import details as shown
from storage.database import Database

TOO_LATE = 5  # as for anything whose state does not allow what was asked
NO_DAEMON = "no daemon runs; start `ostinato daemon`"

note_option = click.option("--note", metavar="TEXT", help="Why, for whoever looks later.")
revision_option = click.option(
    "--revision", metavar="REVISION", help="Only if the run stands at this revision, as `ostinato run show` names it."
)


@click.command()
@click.argument("run_id", metavar="ID")
@note_option
@click.option("--edit", "edits", nargs=2, multiple=True, metavar="POST TEXT", help="Publish TEXT as that post instead.")
@click.option(
    "--edit-file",
    "files",
    nargs=2,
    multiple=True,
    type=(str, click.File(encoding="utf-8")),
    metavar="POST FILE",
    help="The same with the text of a file; - is the standard input.",
)
@revision_option
@dry_run_option
@json_option
def approve(
    run_id: str,
    note: str | None,
    edits: tuple[tuple[str, str], ...],
    files: tuple[tuple[str, TextIO], ...],
    revision: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let the held run ID publish what it wrote, or what you make of it.

    POST is a post's id as `ostinato run show` gives it, or its place there, from 1. An edited text is checked for its
    length and scored; it is kept as a draft of its own, which the posts then name. With --revision nothing is approved
    that you have not read.

    \b
    Example:
      ostinato run approve 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --revision 1f0e5a7c93d2b846
      ostinato run approve 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --edit 1 "The tram opens on Tuesday."
    """
    texts = _texts([*edits, *((name, file.read()) for name, file in files)])
    with wiring.opened(dry_run=dry_run) as database:
        now = wiring.now()
        if texts:
            details = revising.approve_edited(database, run_id, texts, note=note, now=now, revision=revision)
        else:
            details = runs.decide(database, run_id, Verdict.APPROVED, note=note, now=now, revision=revision)
        count = len(details.posts)
        comes = f"{count} post{'s' * (count != 1)} to @{details.facts.run.account}, at revision {details.revision}"
        _show(database, details, f"the daemon publishes {comes}", dry_run=dry_run, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID")
@note_option
@revision_option
@dry_run_option
@json_option
def reject(run_id: str, note: str | None, revision: str | None, dry_run: bool, as_json: bool) -> None:
    """Let the held run ID post nothing.

    \b
    Example:
      ostinato run reject 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --note "too dry"
    """
    with wiring.opened(dry_run=dry_run) as database:
        details = runs.decide(database, run_id, Verdict.REJECTED, note=note, now=wiring.now(), revision=revision)
        _show(database, details, "the daemon ends it; nothing of it is posted", dry_run=dry_run, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID")
@note_option
@dry_run_option
@json_option
def cancel(run_id: str, note: str | None, dry_run: bool, as_json: bool) -> None:
    """Stop the run ID before it publishes, or say that it is too late.

    Too late means that something was sent or may have been: the publication is shown, the run goes on, and the exit
    code is 5. A cancelled run will publish nothing, even if it is being worked on.

    \b
    Example:
      ostinato run cancel 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --note "old news"
    """
    with wiring.opened(dry_run=dry_run) as database:
        found = cancelling.cancel(database, run_id, note=note, now=wiring.now(), new_id=wiring.new_id)
    said = f"{found.details.stored.template.name}, slot {moment(found.details.facts.run.slot_at)}: {found.sentence}"
    show(shown.cancelled(found), lambda: say(said), as_json=as_json, dry_run=dry_run)
    if found.too_late is not None:
        raise click.exceptions.Exit(TOO_LATE)


def _texts(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, text in given:
        if name in texts:
            raise InvalidInput([FieldError(f"edit {name}", "is edited twice; give one text")])
        texts[name] = text
    return texts


def _show(database: Database, details: RunDetails, comes: str, *, dry_run: bool, as_json: bool) -> None:
    """Show what was decided and what comes of it; what a rehearsal changed can be read only within it."""
    lines = [comes] if dry_run else []
    if not dry_run and is_running(database) is False:
        lines.append(NO_DAEMON)
    run_details.print_details(details, links.site(database), as_json, lines=lines, dry_run=dry_run)
