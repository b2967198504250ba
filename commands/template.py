"""`ostinato template`: recurring posts."""

from __future__ import annotations

import asyncio
import json
from calendar import day_name
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import click

from commands import wiring
from commands.apply import apply, export, warn_of_backlogs
from commands.calendar_fetching import fetched
from commands.groups import Commands
from commands.output import clean, dry_run_option, first_line, json_option, moment, say, show, table
from commands.plan import plan
from commands.samples import print_sample
from commands.schedule_words import SLOT_NOTES, in_words
from commands.slots import move, skip
from commands.template_edit import edit
from commands.why import of_template as why_of_template
from domain.calendar import CalendarRead
from domain.errors import NotFound, Unreadable
from domain.reasons import SENTENCES
from domain.schedule import Grid, Slot
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document import refuse_unheard, to_document
from scheduler.operations import applying, pausing, replacing, template_files, templates
from scheduler.operations import slots as ahead_of
from scheduler.operations.templates import Stopped
from scheduler.operations.told import NO_SECRETS
from scheduler.shown import views
from settings import Settings
from storage.cipher import FernetCipher
from storage.database import Database
from storage.templates import UnreadableTemplate


class _Given(TypedDict):
    calendars: list[CalendarRead]
    cipher: FernetCipher
    now: datetime
    new_id: Callable[[], str]


@click.group(cls=Commands)
def command() -> None:
    """Recurring posts: what, as whom, when."""


for _each in (apply, edit, export, plan, why_of_template):
    command.add_command(_each)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the template of that name, if there is one.")
@dry_run_option
@json_option
def add(file: Path, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Add the template in FILE (.toml, .yaml, .yml or .json).

    Every wrong field is named at once, and then nothing is kept. docs/templates.md has the fields. With --replace the
    template keeps its runs, its posts and the feed entries that it has used.

    \b
    Example:
      ostinato template add examples/tips.toml
      ostinato template add examples/tips.toml --replace
    """
    document = template_files.read_file(file)
    settings = wiring.settings()
    refuse_unheard(document, hears=settings.hears)
    secrets, replaced = NO_SECRETS, False
    with wiring.opened(settings, dry_run=dry_run) as database:
        given: _Given = {
            "calendars": fetched(settings, database, [document]),
            "cipher": wiring.cipher(settings),
            "now": wiring.now(),
            "new_id": wiring.new_id,
        }
        if replace:
            before = _document(database, document.get("name"))
            with suppress(NotFound):
                stored = replacing.change(database, document, **given)
                replaced = True
                warn_of_backlogs(stored.template.name, applying.compare(before, to_document(stored.template)))
        if not replaced:
            added = templates.add(database, document, **given)
            stored = added.stored
            secrets = (
                NO_SECRETS if dry_run else added.secrets
            )  # one that is not kept would be mistaken for the real one
        _warn_of_a_strange_account(settings, database, stored.template.account)

    def human() -> None:
        say(f"{'replaced' if replaced else 'added'} {stored.template.name} ({stored.template.id})")
        say(_when(stored))
        for line in views.secret_lines(secrets):
            say(line)

    show(views.template(stored) | views.secrets(secrets), human, as_json=as_json, dry_run=dry_run)


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
        broken = templates.list_unreadable(database)
    rows = [_row(each) for each in found] + [
        (each.name, each.account, "", f"{each.status.value}, cannot be read", each.next_slot_at, None)
        for each in broken
    ]
    columns = ("name", "account", "type", "status", "next slot", "last run")
    show(
        {
            "templates": [views.template(each) for each in found],
            **({"unreadable": [_unreadable(each) for each in broken]} if broken else {}),
        },
        lambda: table(columns, rows, empty="no templates; add one with `ostinato template add FILE`"),
        as_json=as_json,
    )


def _document(database: Database, name: object) -> dict[str, Any]:
    """Give the fields of the template of that name; none where there is no such template or it cannot be read."""
    with suppress(NotFound, Unreadable):
        return to_document(templates.get(database, str(name)).template)
    return {}


def _unreadable(shown: UnreadableTemplate) -> dict[str, Any]:
    return {"id": shown.id, "name": shown.name, "status": shown.status.value, "why": shown.why}


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
            ("field", "value"),
            [("id", stored.template.id), *rows, ("schedule, in words", in_words(stored.template.schedule))],
            empty="",
        )
        say()
        say(_when(stored))

    show(views.template(stored), human, as_json=as_json)


@command.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="All active templates: the kill switch.")
@click.option("--reason", metavar="TEXT", help="Why, for whoever looks later.")
@dry_run_option
@json_option
def pause(name: str | None, everything: bool, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Let no slot of template NAME, or with --all of any template, run until it is resumed.

    Runs of which nothing is out are cancelled, also those at work. A thread that has begun is finished.

    \b
    Example:
      ostinato template pause morning --reason "the site is being moved"
      ostinato template pause --all
    """
    given = _either(name, everything)
    with wiring.opened(dry_run=dry_run) as database:
        if given is None:
            found = pausing.pause_all(database, note=reason, now=wiring.now(), new_id=wiring.new_id)
        else:
            found = [templates.pause(database, given, note=reason, now=wiring.now(), new_id=wiring.new_id)]

    def human() -> None:
        _say_each([each.stored for each in found], "no template is active")
        _say_runs(found)

    shown = [views.stopped(each) for each in found]
    show({"templates": shown} if everything else shown[0], human, as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="All templates that a person paused.")
@dry_run_option
@json_option
def resume(name: str | None, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Let template NAME run again from its next slot. What passed meanwhile is not made up.

    With --all every template that a person paused, however that was; those that Ostinato paused itself stay paused.

    \b
    Example:
      ostinato template resume morning
      ostinato template resume --all
    """
    given = _either(name, everything)
    refused: tuple[tuple[str, str], ...] = ()
    with wiring.opened(dry_run=dry_run) as database:
        if given is None:
            resumed = pausing.resume_all(database, now=wiring.now(), new_id=wiring.new_id)
            found, refused = list(resumed.stored), resumed.refused
        else:
            found = [templates.resume(database, given, now=wiring.now(), new_id=wiring.new_id)]

    def human() -> None:
        _say_each(found, "no template was paused by a person")
        for refusal in refused:
            say(f"{refusal[0]} stays paused: {refusal[1]}")

    left = [{"template": each, "reason": why} for each, why in refused]
    view = _view(found, everything) | ({"refused": left} if everything else {})
    show(view, human, as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("name")
@dry_run_option
@json_option
def delete(name: str, dry_run: bool, as_json: bool) -> None:
    """Delete template NAME. Its runs and posts are kept, and its name is free again.

    Runs of which nothing is out are cancelled, also those at work. A thread that has begun is finished, and a request
    under way is settled, which may show its post: how many such runs there are is said.

    \b
    Example:
      ostinato template delete morning
    """
    with wiring.opened(dry_run=dry_run) as database:
        deleted = templates.delete(database, name, now=wiring.now(), new_id=wiring.new_id)

    def human() -> None:
        say(f"deleted {deleted.stored.template.name}")
        _say_runs([deleted])

    show(views.stopped(deleted), human, as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("name")
@dry_run_option
@json_option
def run(name: str, dry_run: bool, as_json: bool) -> None:
    """Queue a run of template NAME now, whatever its schedule says. The daemon works on it.

    \b
    Example:
      ostinato template run morning
    """
    with wiring.opened(dry_run=dry_run) as database:
        queued = templates.run_now(database, name, now=wiring.now(), new_id=wiring.new_id)
    say_queued = f"queued run {queued.id}; follow it with `ostinato run why {queued.id}`"
    show({"run_id": queued.id}, lambda: say(say_queued), as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 200), default=10, show_default=True, help="How many slots.")
@click.option("--sample", is_flag=True, help="Also compose a post now; nothing is stored or posted.")
@json_option
def preview(name: str, count: int, sample: bool, as_json: bool) -> None:
    """Show when template NAME runs next, and with --sample what it would post. Nothing is posted.

    A sample is written from what the sources hold now: of a feed from its newest entry, whether or not that was used.
    A language model costs something, so with one a budget that is reached refuses it.

    \b
    Example:
      ostinato template preview morning --count 5 --sample
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        stored = templates.get(database, name)
        slots = ahead_of.upcoming(database, stored, now=wiring.now(), count=count)
        taken, sampled = None, None
        if sample:
            from commands.outside import needs_key
            from commands.sampling import take_sample
            from scheduler.shown import details

            taken = asyncio.run(take_sample(needs_key(settings, database), database, stored.template))
            sampled = details.sample(taken)

    def human() -> None:
        say(in_words(stored.template.schedule))
        if stored.state.status is not TemplateStatus.ACTIVE:
            remedy = f"; `ostinato template resume {stored.template.name}`" * (
                stored.state.status is TemplateStatus.PAUSED
            )
            say(f"it is {stored.state.status.value}: none of these slots runs{remedy}")
        for each in slots:
            say(_slot(each.slot, stored) + _notes(each))
        if not slots:
            say("the schedule has no further slots")
        if taken:
            say()
            print_sample(taken)

    shown = {"slots": [views.slot(slot) for slot in slots], "sample": sampled}
    show({"template": stored.template.name, **shown}, human, as_json=as_json)


def _either(name: str | None, everything: bool) -> str | None:
    """Give the name, or None for all. Raises click.UsageError unless exactly one of them is given."""
    if (name is None) is not everything:
        raise click.UsageError("give either NAME or --all")
    return name


def _view(found: Sequence[StoredTemplate], everything: bool) -> dict[str, Any]:
    shown = [views.template(each) for each in found]
    return {"templates": shown} if everything else shown[0]


def _say_runs(found: Sequence[Stopped]) -> None:
    if cancelled := sum(each.cancelled for each in found):
        say(f"runs cancelled: {cancelled}")
    if going_on := sum(each.going_on for each in found):
        say(f"runs that finish what they have begun, perhaps out already: {going_on}; see `ostinato run list`")


def _say_each(found: Sequence[StoredTemplate], nothing: str) -> None:
    for each in found:
        say(_when(each))
    if not found:
        say(nothing)


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


def _slot(slot: Slot, stored: StoredTemplate) -> str:
    """Give a slot in UTC, and on the clock of the template's own zone where it has one."""
    utc = f"{slot.at:%a} {moment(slot.at)}"
    cadence = stored.template.schedule.cadence
    if isinstance(cadence, Grid) or cadence.timezone == "UTC":
        return utc
    local = slot.at.astimezone(ZoneInfo(cadence.timezone))
    return f"{utc} = {day_name[local.weekday()]} {local:%H:%M} {cadence.timezone}"


def _notes(ahead: ahead_of.Ahead) -> str:
    slot = ahead.slot
    notes = [f"not posted: {SENTENCES[slot.reason]}"] if slot.reason else []
    notes += [SLOT_NOTES[slot.note]] if slot.note else []
    notes += [f"jitter moved it from {moment(slot.nominal)}"] if slot.nominal else []
    notes += [f"a person moved it to {moment(ahead.due_at)}"] if ahead.due_at != slot.at else []
    return "".join(f"  {note}" for note in notes)


command.add_command(skip)
command.add_command(move)
