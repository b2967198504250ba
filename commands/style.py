"""`ostinato style`: how authors write."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from commands import wiring
from commands.groups import Commands
from commands.output import dry_run_option, first_line, json_option, say, show, table
from domain.errors import FieldError, InvalidInput, NotFound
from domain.material import StyleProfile
from scheduler.operations import styles
from scheduler.shown import style_views
from settings import Settings
from storage.database import Database

FILE_LIMIT = 1024 * 1024  # bytes


@click.group(cls=Commands)
def command() -> None:
    """How authors write: styles that templates can follow."""


@command.command()
@click.argument("username")
@dry_run_option
@json_option
def fetch(username: str, dry_run: bool, as_json: bool) -> None:
    """Read how USERNAME writes, through the API, and keep it. May cost credits.

    With --dry-run the API is not asked: it only looks whether it could be.

    \b
    Example:
      ostinato style fetch acme
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        profile = asyncio.run(_fetch(settings, database, username, dry_run))
    name = username.removeprefix("@")
    said = f"would read how @{name} writes" if dry_run else f"{name}: {len(profile.samples)} samples"
    show(style_views.style(name, profile), lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dry_run_option
@json_option
def save(name: str, file: Path, dry_run: bool, as_json: bool) -> None:
    """Keep the posts in FILE as the style NAME: up to 100, with a line of --- between them.

    With an API key they are kept at the API too, so that its advice follows them.

    \b
    Example:
      ostinato style save our-voice samples.txt
    """
    samples = _samples(file)
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        profile = asyncio.run(_save(settings, database, name, samples, dry_run))
    said = f"{name}: {len(profile.samples)} samples"
    show(style_views.style(name, profile), lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the styles that are kept.

    \b
    Example:
      ostinato style list
    """
    with wiring.opened() as database:
        found = styles.list_all(database)
    rows = [(name, len(profile.samples), profile.fetched_at) for name, profile in found]
    shown = [style_views.listed(*each) for each in found]
    empty = "no styles; `ostinato style fetch USERNAME` keeps one"
    show({"styles": shown}, lambda: table(("name", "samples", "fetched"), rows, empty=empty), as_json=as_json)


@command.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """Show the samples of the style NAME.

    \b
    Example:
      ostinato style show acme
    """
    with wiring.opened() as database:
        profile = styles.get(database, name)

    def human() -> None:
        for sample in profile.samples:
            say(f"- {first_line(sample, 300)}")

    show(style_views.style(name, profile), human, as_json=as_json)


def _samples(file: Path) -> list[str]:
    if file.stat().st_size > FILE_LIMIT:
        raise InvalidInput([FieldError(str(file), f"is larger than {FILE_LIMIT // 1024} KiB")])
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput([FieldError(str(file), f"is not UTF-8 text (byte {error.start})")]) from error
    pieces = [""]
    for line in text.splitlines():
        if line.strip() == "---":
            pieces.append("")
        else:
            pieces[-1] += line + "\n"
    return [piece.strip() for piece in pieces if piece.strip()]


@command.command()
@click.argument("first", metavar="STYLE")
@click.argument("second", metavar="OTHER")
@json_option
def compare(first: str, second: str, as_json: bool) -> None:
    """Show two styles side by side: how long, how often with links, tags, questions, and what they say most.

    They are those kept here; one that is not is read from those that the API keeps (free). Nothing is kept or changed.

    \b
    Example:
      ostinato style compare acme our-voice
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        found = asyncio.run(_compare(settings, database, first, second))
    measured = [style_views.measured(profile) for profile in found]
    names = (first.removeprefix("@"), second.removeprefix("@"))
    view = style_views.compared(names, found)
    show(view, lambda: table(("", *names), style_views.rows(*measured), empty=""), as_json=as_json)


async def _compare(settings: Settings, database: Database, first: str, second: str) -> tuple[StyleProfile, ...]:
    from commands.outside import api, with_key

    kept = [styles.kept(database, name) for name in (first, second)]
    keyed = with_key(settings, database)
    if None in kept and keyed is None:
        missing = first if kept[0] is None else second
        raise NotFound("style", missing, f"`ostinato style fetch {missing}` keeps it; without a key no other is found")
    if None not in kept or keyed is None:
        return tuple(each for each in kept if each is not None)
    async with api(keyed, database) as (transport, _):
        return await styles.compare(transport, first, second, kept=kept)


async def _fetch(settings: Settings, database: Database, username: str, dry_run: bool) -> StyleProfile:
    from commands.outside import api, needs_key

    keyed = needs_key(settings, database)
    if dry_run:
        return StyleProfile(styles.name_of(username), ())
    async with api(keyed, database) as (transport, _):
        return await styles.fetch(database, transport, username, now=wiring.now())


async def _save(settings: Settings, database: Database, name: str, samples: list[str], dry_run: bool) -> StyleProfile:
    from commands.outside import api, with_key

    keyed = None if dry_run else with_key(settings, database)
    if keyed is None:
        return await styles.save(database, None, name, samples, now=wiring.now())
    async with api(keyed, database) as (transport, _):
        return await styles.save(database, transport, name, samples, now=wiring.now())
