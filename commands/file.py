"""`ostinato file`: sounds and pictures that templates use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from commands import wiring
from commands.groups import Commands
from commands.output import dry_run_option, json_option, moment, say, show, table
from domain.media import megabytes
from scheduler.operations import files
from scheduler.process_pool import ProcessPool
from scheduler.shown import views


@click.group(cls=Commands)
def command() -> None:
    """Sounds and pictures that templates use."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dry_run_option
@json_option
def add(file: Path, dry_run: bool, as_json: bool) -> None:
    """Keep a copy of FILE, and print the id by which templates name it.

    What it is is told by its content. A picture has at most 10 MB and 40 million points, a sound at most 25 MB. The
    same content is kept once. A file that no template names within a day goes.

    \b
    Example:
      ostinato file add memo.m4a
    """
    content = files.read(file)
    asyncio.run(_check(content, str(file)))
    with wiring.opened(dry_run=dry_run) as database:
        kept = files.keep(database, content, name=file.name, now=wiring.now())

    def human() -> None:
        say(f"kept {kept.name}: {kept.media_type}, {megabytes(kept.size)}")
        if not dry_run:
            say(f'a template names it: {{ file = "{kept.id}" }}')

    show(views.file(kept, needed=False), human, as_json=as_json, dry_run=dry_run)


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List the files that are kept, the newest first, and whether something needs them.

    Charts and pictures that runs have read are among them.

    \b
    Example:
      ostinato file list
    """
    with wiring.opened() as database:
        found = files.list_all(database, limit=limit)
    rows = [
        (blob.id, blob.name, blob.media_type, megabytes(blob.size), blob.created_at, "yes" if needed else "no")
        for blob, needed in found
    ]
    shown = [views.file(blob, needed=needed) for blob, needed in found]
    columns = ("id", "name", "type", "size", "kept", "needed")
    empty = "no files; `ostinato file add FILE` keeps one"
    show({"files": shown}, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command("show")
@click.argument("file")
@json_option
def show_(file: str, as_json: bool) -> None:
    """Show what is known of a file, and whether something needs it.

    \b
    Example:
      ostinato file show 0b8f7a4e
    """
    with wiring.opened() as database:
        blob, needed = files.show(database, file)

    def human() -> None:
        say(f"{blob.name}: {blob.media_type}, {megabytes(blob.size)}")
        say(f"id: {blob.id}")
        say(f"SHA-256: {blob.digest}")
        say(f"brought: {moment(blob.created_at)}")
        say(
            "a template, a run or a post needs it" if needed else "nothing needs it: it goes a day after it was brought"
        )

    show(views.file(blob, needed=needed), human, as_json=as_json)


@command.command()
@click.argument("file")
@dry_run_option
@json_option
def remove(file: str, dry_run: bool, as_json: bool) -> None:
    """Remove a file that nothing needs.

    \b
    Example:
      ostinato file remove 0b8f7a4e
    """
    with wiring.opened(dry_run=dry_run) as database:
        gone = files.remove(database, file)
    said = f"{'would remove' if dry_run else 'removed'} {gone.name}"
    show(views.file(gone, needed=False), lambda: say(said), as_json=as_json, dry_run=dry_run)


async def _check(content: bytes, name: str) -> None:
    pool = ProcessPool()
    try:
        await files.checked(content, offload=pool, field=name)
    finally:
        pool.close()
