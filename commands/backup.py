"""`ostinato backup`: a copy of the database, made while the daemon runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click
from sqlalchemy import URL, make_url

from commands import wiring
from commands.errors import DatabaseUnusable
from commands.output import dry_run_option, json_option, say, show
from domain.errors import Conflict
from storage import backup, schema
from storage.database import Database


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of FILE, if there is one.")
@click.pass_context
@dry_run_option
@json_option
def command(ctx: click.Context, file: Path, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Copy the database to FILE, also while the daemon runs.

    The copy is checked before it gets its name, and only you can read it. With PostgreSQL `pg_dump` makes it: its
    command is shown, and its exit code is the command's own. Keep secret.key and settings.env elsewhere: the copy's
    secrets cannot be read without the key. docs/operating.md has what a restore means.

    \b
    Example:
      ostinato backup /backups/ostinato-$(date +%F).db
    """
    if file.exists() and not replace:
        raise Conflict(f"{file} exists already; name another, or give --replace")
    with wiring.connected(wiring.settings()) as database:
        version = schema.current_version(database)  # also an older one: before `ostinato db upgrade` is a good moment
        if version is None:
            raise DatabaseUnusable("there is nothing to back up: the database has no tables yet")
        code, said = (_sqlite if database.dialect == "sqlite" else _postgresql)(database, file, dry_run)
    size = file.stat().st_size if file.exists() and not dry_run else None
    shown = {"file": str(file), "bytes": size, "schema": version, "command": said}

    def human() -> None:
        if said:
            say(said)
        if code == 0:
            say(f"{file} can be written" if dry_run else f"backed up to {file} ({size} bytes)")

    show(shown, human, as_json=as_json, dry_run=dry_run)
    ctx.exit(code)


def _sqlite(database: Database, file: Path, dry_run: bool) -> tuple[int, None]:
    source = make_url(database.url).database
    assert source is not None
    try:
        with backup.new_copy(Path(source), file) as copy:
            if not dry_run:
                backup.put(copy, file)
    except OSError as error:
        raise DatabaseUnusable(f"{file} cannot be written: {error.strerror}; name a file that you may write") from error
    return 0, None


def _postgresql(database: Database, file: Path, dry_run: bool) -> tuple[int, str]:
    url = make_url(database.url)
    # The password goes by the environment: a command line can be read by every user of the machine.
    environ = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    words = ["pg_dump", "--format=custom", f"--file={part}", f"--dbname={plain.render_as_string()}"]
    line = " ".join(words).replace(str(part), str(file))
    if shutil.which("pg_dump") is None:
        raise DatabaseUnusable(f"pg_dump is not installed; install PostgreSQL's client programs, or run {line}")
    try:
        # Made before, so that nobody else can read it from the first moment.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if dry_run:
            return 0, line
        code = subprocess.run(words, env=environ, check=False).returncode  # noqa: S603 - our own words
        if code == 0:
            part.replace(file)
        return code, line
    except OSError as error:
        raise DatabaseUnusable(f"{file} cannot be written: {error.strerror}; name a file that you may write") from error
    finally:
        part.unlink(missing_ok=True)
