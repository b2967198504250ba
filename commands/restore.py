"""`ostinato restore`: a backup takes the place of the database, and nothing of before is posted again."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import make_url

from commands import wiring
from commands.daemon_lock import daemon_lock
from commands.errors import DatabaseUnusable
from commands.last_seen import LastSeen
from commands.output import dry_run_option, json_option, moment, say, show
from domain.duration import parse_duration
from domain.errors import Conflict, FieldError, InvalidInput
from scheduler.operations import restoring
from scheduler.operations.restoring import Restored
from scheduler.operations.why.words import number
from settings import Settings
from storage import backup, installation, schema
from storage.database import Database, Rehearsal, open_database


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--in-place", is_flag=True, help="The database was put back by other means; let it go on from now.")
@click.option(
    "--lag",
    default="5m",
    show_default=True,
    metavar="TIME",
    help="How late the accounts' timelines may show a post: they are read after that, and nothing goes out before.",
)
@dry_run_option
@json_option
def command(file: Path | None, in_place: bool, lag: str, dry_run: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database, and let every template go on from now.

    Stop the daemon first, also one on another machine. FILE is copied, checked, and brought up to date when it is of an
    older version; the database that was there is kept beside it. What happened since the backup is not in it: slots
    since then, runs that waited and feed entries of that time are over, with the reason `restored`. Nothing is posted
    a second time: the daemon first reads what each account has posted since in its own timeline.

    With PostgreSQL restore with `pg_restore` first, and then run this with --in-place.

    \b
    Example:
      ostinato restore /backups/ostinato-2026-03-01.db
      ostinato restore --in-place
    """
    if (file is None) is not in_place:
        raise click.UsageError("give either FILE or --in-place")
    settings, now, late = wiring.settings(), wiring.now(), _lag(lag)
    aside = None
    with wiring.connected(settings) as database, nullcontext() if dry_run else daemon_lock(database):
        if file is None:
            schema.check(database)
            marked = Rehearsal(database.url, database.engine) if dry_run else database
            found = restoring.mark(marked, now=now, new_id=wiring.new_id, lag=late)
            if not dry_run:
                LastSeen(settings, database).note(now)
        else:
            found, aside = _replace(settings, database, file, now, late, dry_run=dry_run)
    shown = {
        "file": file and str(file),
        "kept": aside and str(aside),
        "templates": found.templates,
        "slots": found.slots,
        "runs": found.runs,
        "asked": found.asked,
        "accounts": found.accounts,
        "since": found.since,
        "read_at": found.read_at,
    }
    show(shown, lambda: _print(found, aside), as_json=as_json, dry_run=dry_run)


def _replace(
    settings: Settings, database: Database, file: Path, now: datetime, late: timedelta, *, dry_run: bool
) -> tuple[Restored, Path | None]:
    """Prepare a copy of *file* in full, then rename it into the place of the database. The caller holds the lock.

    With *dry_run* the copy is thrown away instead.
    """
    if database.dialect != "sqlite":
        raise Conflict(
            "with PostgreSQL run `pg_restore --clean --if-exists --dbname=… FILE`, then `ostinato restore --in-place`"
        )
    target = Path(make_url(database.url).database or "")
    database.close()
    try:
        if not dry_run:
            backup.clear(target)
        with backup.new_copy(file, target) as copy:
            found = _prepare(settings, copy, file, now, late)
            if dry_run:
                return found, None
            aside = backup.exchange(copy, target, f"{target.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
            LastSeen(settings, database).note(now)  # or the next daemon would find that it has gone back
            return found, aside
    except OSError as error:
        raise DatabaseUnusable(f"{target} cannot be replaced: {error.strerror}; nothing was changed") from error


def _prepare(settings: Settings, copy: Path, file: Path, now: datetime, late: timedelta) -> Restored:
    """Bring the copy up to date and mark what is over. Raises Conflict when it is not ours, or too new."""
    made = open_database(f"sqlite:///{copy}")
    try:
        version = schema.current_version(made)
        if version is None:
            raise Conflict(f"{file} is not a backup of Ostinato's database")
        if version < schema.HEAD:
            schema.upgrade(made)
        schema.check(made)
        if settings.xquik_key is not None:
            with made.write() as connection:
                installation.bind(connection, settings.xquik_url)
        return restoring.mark(made, now=now, new_id=wiring.new_id, lag=late)
    finally:
        made.close()


def _lag(written: str) -> timedelta:
    try:
        return parse_duration(written)
    except ValueError as error:
        raise InvalidInput([FieldError("lag", str(error))]) from error


def _print(found: Restored, aside: Path | None) -> None:
    say(f"restored {number(found.templates, 'template')}; each goes on with its next slot")
    waited = number(found.runs, "run that waited", "runs that waited")
    say(f"over since the backup: {number(found.slots, 'slot')}, {waited}")
    if found.asked:
        begun = number(found.asked, "run")
        say(f"{begun} had begun to post: the daemon asks what became of each, and sends nothing more")
    if found.accounts and found.since and found.read_at:
        since, at = moment(found.since), moment(found.read_at)
        who = number(found.accounts, "account")
        say(f"the daemon reads what {who} posted since {since}; nothing goes out before {at}")
    if aside:
        say(f"the database that was there is {aside}")
    say("templates are as they were at the backup, also those paused or deleted since: see `ostinato template list`")
