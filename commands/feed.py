"""`ostinato feed`: feeds that templates read."""

from __future__ import annotations

import asyncio

import click

from commands import wiring
from commands.groups import Commands
from commands.output import dry_run_option, json_option, say, show, table
from scheduler.operations import feeds
from scheduler.shown import feed_views
from settings import Settings
from storage.database import Database
from storage.feeds import Feed


@click.group(cls=Commands)
def command() -> None:
    """Feeds that templates take their material from."""


@command.command()
@click.argument("url")
@click.option("--unread", is_flag=True, help="Do not read it now; the daemon will, once a template uses it.")
@dry_run_option
@json_option
def add(url: str, unread: bool, dry_run: bool, as_json: bool) -> None:
    """Add the feed at URL after reading it once. Templates may also name feeds by URL themselves.

    \b
    Example:
      ostinato feed add https://example.com/feed.xml
    """
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        if unread:
            feed, entries = asyncio.run(feeds.add(database, url, read_feed=None, now=wiring.now()))
        else:
            feed, entries = asyncio.run(_read_and_add(settings, database, url))
    if entries == 0:
        click.echo("Warning: the feed has no entries; look whether this is the right URL", err=True)
    read = f" ({entries} {'entry' if entries == 1 else 'entries'} read)" if entries else ""
    show(
        feed_views.feed(feed) | {"entries": entries},
        lambda: say(f"feed {feed.id}: {feed.title or feed.url}{read}"),
        as_json=as_json,
        dry_run=dry_run,
    )


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the feeds with their numbers, how reading them goes, and who uses them; an unused one is not read.

    \b
    Example:
      ostinato feed list
    """
    with wiring.opened() as database:
        found = feeds.list_all(database)
    rows = [
        (each.id, each.title, each.url, each.fetched_at, ", ".join(names) or "unused", each.failures, each.last_error)
        for each, names in ((one.feed, one.templates) for one in found)
    ]
    columns = ("number", "title", "url", "read", "used by", "failures", "last error")
    empty = "no feeds; a template names them by URL, or add one with `ostinato feed add URL`"
    shown = [feed_views.feed(each.feed) | {"templates": list(each.templates)} for each in found]
    show({"feeds": shown}, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command()
@click.argument("name", metavar="NUMBER|URL")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
def entries(name: str, limit: int, as_json: bool) -> None:
    """List the newest entries of a feed, and what each template did with them.

    An entry is `seen` (it was there before the template joined the feed), `reserved` by a run, `used`, `spent` (no post
    came of it) or `expired` (older than the template's freshness); else it is still to come.

    \b
    Example:
      ostinato feed entries 3
    """
    with wiring.opened() as database:
        feed, found = feeds.entries(database, name, limit=limit)
    rows = [
        (each.dated, each.entry.title, each.entry.url, ", ".join(f"{use.template}: {use.status}" for use in each.uses))
        for each in found
    ]
    shown = [feed_views.entry(each) for each in found]
    columns = ("dated", "title", "url", "templates")
    empty = "no entries yet; `ostinato feed list` shows how reading the feed goes"
    show(feed_views.feed(feed) | {"entries": shown}, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command()
@click.argument("name", metavar="NUMBER|URL")
@dry_run_option
@json_option
def remove(name: str, dry_run: bool, as_json: bool) -> None:
    """Remove a feed that no template reads.

    \b
    Example:
      ostinato feed remove 3
    """
    with wiring.opened(dry_run=dry_run) as database:
        feed = feeds.remove(database, name)
    show(feed_views.feed(feed), lambda: say(f"removed feed {feed.id}: {feed.url}"), as_json=as_json, dry_run=dry_run)


async def _read_and_add(settings: Settings, database: Database, url: str) -> tuple[Feed, int | None]:
    from commands.outside import feed_reader

    async with feed_reader(settings) as read_feed:
        return await feeds.add(database, url, read_feed=read_feed, now=wiring.now())
