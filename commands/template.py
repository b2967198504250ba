"""`ostinato template`: recurring posts."""

from __future__ import annotations

import asyncio
import json
from calendar import day_name
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

import click

from commands import views, wiring
from commands.output import clean, first_line, json_option, moment, say, show, table
from commands.samples import print_sample, sample_view
from domain.errors import NotFound
from domain.schedule import ALL_WEEKDAYS, ClockTimes, Grid, Slot, SlotNote
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document import to_document
from scheduler.operations import replacing, template_files, templates
from settings import Settings
from storage.cipher import FernetCipher
from storage.database import Database

NOTES = {
    SlotNote.GAP: "this clock time does not exist that day; moved forward (daylight saving)",
    SlotNote.FOLD: "this clock time comes twice that day; only the first is used (daylight saving)",
    SlotNote.MERGED: "two clock times meet here; they are one slot (daylight saving)",
}


class _Given(TypedDict):
    cipher: FernetCipher
    now: datetime
    new_id: Callable[[], str]


@click.group()
def command() -> None:
    """Recurring posts: what, as whom, when."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the template of that name, if there is one.")
@json_option
def add(file: Path, replace: bool, as_json: bool) -> None:
    """Add the template in FILE (.toml, .yaml, .yml or .json).

    Every wrong field is named at once, and then nothing is kept. docs/templates.md has the fields. With --replace the
    template keeps its runs, its posts and the feed entries that it has used.

    \b
    Example:
      ostinato template add examples/morning.toml
      ostinato template add examples/morning.toml --replace
    """
    document = template_files.read_file(file)
    settings = wiring.settings()
    secret, replaced = None, False
    with wiring.opened(settings) as database:
        given: _Given = {"cipher": wiring.cipher(settings), "now": wiring.now(), "new_id": wiring.new_id}
        if replace:
            with suppress(NotFound):
                stored = replacing.change(database, document, **given)
                replaced = True
        if not replaced:
            added = templates.add(database, document, **given)
            stored, secret = added.stored, added.callback_secret
        _warn_of_a_strange_account(settings, database, stored.template.account)

    def human() -> None:
        say(f"{'replaced' if replaced else 'added'} {stored.template.name} ({stored.template.id})")
        say(_when(stored))
        if secret:
            say(f"callbacks are signed with {secret}")

    show(views.template(stored) | {"callback_secret": secret}, human, as_json=as_json)


@command.command("list")
@click.option("--deleted", is_flag=True, help="Deleted templates too.")
@json_option
def list_(deleted: bool, as_json: bool) -> None:
    """List the templates with their next slots.

    \b
    Example:
      ostinato template list
    """
    with wiring.opened() as database:
        found = templates.list_all(database, include_deleted=deleted)
    rows = [_row(each) for each in found]
    columns = ("name", "account", "type", "status", "next slot", "last run")
    show(
        {"templates": [views.template(each) for each in found]},
        lambda: table(columns, rows, empty="no templates; add one with `ostinato template add FILE`"),
        as_json=as_json,
    )


@command.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """Show the template NAME (its name or id) with all its fields.

    \b
    Example:
      ostinato template show morning
    """
    with wiring.opened() as database:
        stored = templates.get(database, name)

    def human() -> None:
        rows = [(field, _plain(value)) for field, value in to_document(stored.template).items()]
        table(
            ("field", "value"), [("id", stored.template.id), *rows, ("schedule, in words", _cadence(stored))], empty=""
        )
        say()
        say(_when(stored))

    show(views.template(stored), human, as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--reason", metavar="TEXT", help="Why, for whoever looks later.")
@json_option
def pause(name: str, reason: str | None, as_json: bool) -> None:
    """Let no slot of template NAME run until it is resumed.

    Runs that wait, queued or held, are cancelled. A run in progress, or one that may be out already, goes on.

    \b
    Example:
      ostinato template pause morning --reason "the site is being moved"
    """
    with wiring.opened() as database:
        paused = templates.pause(database, name, note=reason, now=wiring.now(), new_id=wiring.new_id)

    def human() -> None:
        say(_when(paused.stored))
        if paused.cancelled:
            say(f"waiting runs cancelled: {paused.cancelled}")
        if paused.going_on:
            say(f"runs that go on, in progress or perhaps out already: {paused.going_on}; see `ostinato run list`")

    more = {"cancelled_runs": paused.cancelled, "runs_going_on": paused.going_on}
    show(views.template(paused.stored) | more, human, as_json=as_json)


@command.command()
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Let template NAME run again from its next slot. What passed meanwhile is not made up.

    \b
    Example:
      ostinato template resume morning
    """
    with wiring.opened() as database:
        stored = templates.resume(database, name, now=wiring.now(), new_id=wiring.new_id)
    show(views.template(stored), lambda: say(_when(stored)), as_json=as_json)


@command.command()
@click.argument("name")
@json_option
def delete(name: str, as_json: bool) -> None:
    """Delete template NAME. Its runs and posts are kept, and its name is free again.

    Runs that wait, queued or held, are cancelled.

    \b
    Example:
      ostinato template delete morning
    """
    with wiring.opened() as database:
        stored = templates.delete(database, name, now=wiring.now(), new_id=wiring.new_id)
    show(views.template(stored), lambda: say(f"deleted {stored.template.name}"), as_json=as_json)


@command.command()
@click.argument("name")
@json_option
def run(name: str, as_json: bool) -> None:
    """Queue a run of template NAME now, whatever its schedule says. The daemon works on it.

    \b
    Example:
      ostinato template run morning
    """
    with wiring.opened() as database:
        queued = templates.run_now(database, name, now=wiring.now(), new_id=wiring.new_id)
    say_queued = f"queued run {queued.id}; follow it with `ostinato run why {queued.id}`"
    show({"run_id": queued.id}, lambda: say(say_queued), as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 200), default=10, show_default=True, help="How many slots.")
@click.option("--sample", is_flag=True, help="Also compose what it would post now; nothing is stored or posted.")
@json_option
def preview(name: str, count: int, sample: bool, as_json: bool) -> None:
    """Show when template NAME runs next, and with --sample what it would post. Nothing is posted.

    \b
    Example:
      ostinato template preview morning --count 5 --sample
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        stored = templates.get(database, name)
        slots = templates.upcoming(stored, now=wiring.now(), count=count)
        taken = None
        if sample:
            from commands.outside import needs_key, take_sample

            taken = asyncio.run(take_sample(needs_key(settings, database), database, stored.template))

    def human() -> None:
        say(_cadence(stored))
        if stored.state.status is not TemplateStatus.ACTIVE:
            remedy = f"; `ostinato template resume {stored.template.name}`" * (
                stored.state.status is TemplateStatus.PAUSED
            )
            say(f"it is {stored.state.status.value}: none of these slots runs{remedy}")
        for slot in slots:
            say(_slot(slot, stored.template.schedule.cadence) + (f"  {NOTES[slot.note]}" if slot.note else ""))
        if not slots:
            say("the schedule has no further slots")
        if taken:
            say()
            print_sample(taken)

    shown = {"slots": [views.slot(slot) for slot in slots], "sample": sample_view(taken) if taken else None}
    show({"template": stored.template.name, **shown}, human, as_json=as_json)


def _warn_of_a_strange_account(settings: Settings, database: Database, account: str) -> None:
    if settings.xquik_key is None:
        return
    from commands.outside import has_account

    if asyncio.run(has_account(settings, database, account)) is False:
        told = f"Warning: the API key has no account {account}; `ostinato account list` shows those it has"
        click.echo(clean(told), err=True)


def _row(stored: StoredTemplate) -> tuple[object, ...]:
    template, state = stored.template, stored.state
    return (template.name, template.account, template.type, state.status, state.next_slot_at, state.last_run_at)


def _plain(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _when(stored: StoredTemplate) -> str:
    state = stored.state
    if state.next_slot_at is not None:
        return f"{stored.template.name} is {state.status.value}; its next slot is {moment(state.next_slot_at)}"
    why = [part for part in (state.pause_reason and state.pause_reason.value, state.pause_note) if part]
    return f"{stored.template.name} is {state.status.value}" + (f" ({first_line(': '.join(why))})" if why else "")


def _cadence(stored: StoredTemplate) -> str:
    schedule = stored.template.schedule
    until = f", until {moment(schedule.end)}" if schedule.end else ""
    if isinstance(schedule.cadence, Grid):
        return f"{schedule.cadence.daily_count} times a day at equal distance{until}"
    assert isinstance(schedule.cadence, ClockTimes)
    times = ", ".join(f"{each:%H:%M}" for each in schedule.cadence.times)
    days = "every day"
    if schedule.cadence.weekdays != ALL_WEEKDAYS:
        days = "on " + ", ".join(f"{day_name[each]}s" for each in sorted(schedule.cadence.weekdays))
    return f"{days} at {times} ({schedule.cadence.timezone}){until}"


def _slot(slot: Slot, cadence: Grid | ClockTimes) -> str:
    """Give a slot in UTC, and on the clock of the template's own zone where it has one."""
    utc = f"{slot.at:%a} {moment(slot.at)}"
    if isinstance(cadence, Grid) or cadence.timezone == "UTC":
        return utc
    local = slot.at.astimezone(ZoneInfo(cadence.timezone))
    return f"{utc} = {day_name[local.weekday()]} {local:%H:%M} {cadence.timezone}"
