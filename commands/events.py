"""`ostinato events`: what happened, as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import click

from commands import links, wiring
from commands.output import iso, json_option, moment, say
from domain.event import Event, EventType
from scheduler.operations import event_log
from scheduler.operations.event_log import Chosen
from scheduler.shown import views
from storage.database import Database

LOOK_EVERY = 1.0  # seconds
AT_ONCE = 1000


@click.command()
@click.option("--follow", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option("--after", "event_id", metavar="ID", help="Everything after this event, instead of the newest.")
@click.option("--template", "name", metavar="NAME", help="Only those of this template.")
@click.option(
    "--type",
    "types",
    type=click.Choice([each.value for each in EventType]),
    multiple=True,
    help="Only such; repeatable.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, without --after.")
@json_option
def command(
    follow: bool, event_id: str | None, name: str | None, types: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Show what happened, the oldest first; docs/callbacks.md has the types and their data.

    With --json each event is a JSON object on a line of its own. A program that remembers the id of the last one gets
    all that followed with --after, as long as that event is kept (OSTINATO_KEEP).

    \b
    Example:
      ostinato events --follow --type run.failed --type post.unknown
      ostinato events --json --after 6f1c0c55-2f6e-4c0e-8e51-9d1f6a0e4f10
    """
    chosen = Chosen(name, frozenset(EventType(each) for each in types) or None)
    with wiring.opened() as database:
        last, place = event_id, links.site(database)
        for event in _begin(database, chosen, event_id, limit):
            last = _print(event, place, as_json)
        while follow:
            time.sleep(LOOK_EVERY)
            for event in _all_after(database, chosen, last):
                last = _print(event, place, as_json)


def _begin(database: Database, chosen: Chosen, event_id: str | None, limit: int) -> Iterator[Event]:
    if event_id is not None:
        yield from _all_after(database, chosen, event_id)
    else:
        yield from event_log.newest(database, chosen, limit)


def _all_after(database: Database, chosen: Chosen, event_id: str | None) -> Iterator[Event]:
    while found := event_log.after(database, chosen, event_id, AT_ONCE):
        yield from found
        event_id = found[-1].id


def _print(event: Event, place: str, as_json: bool) -> str:
    if as_json:
        click.echo(json.dumps(views.event(event), ensure_ascii=False, default=iso))
    else:
        say(f"{moment(event.created_at)}  {event.type.value:<16}  {_about(event, place)}  {event.id}")
    return event.id


def _about(event: Event, place: str) -> str:
    """Give what an event is about in a few words: its template, its run's answer, its posts."""
    data = event.data
    run, slots, feed = data.get("run") or {}, data.get("slots") or {}, data.get("feed") or data.get("calendar") or {}
    said = [
        (data.get("template") or {}).get("name"),
        run.get("detail") or run.get("status"),
        slots and f"{slots.get('count')} slots, {slots.get('reason')}",
        feed.get("url"),
        feed.get("error"),
        data.get("reason"),
        data.get("note") or data.get("detail") or data.get("message"),
        *(links.link(place, post.get("tweetId")) for post in data.get("posts") or ()),
    ]
    return ", ".join(str(each) for each in said if each)
