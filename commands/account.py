"""`ostinato account`: the X accounts behind the API key."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from commands import wiring
from commands.budget import of_account, templates_of
from commands.groups import Commands
from commands.output import dry_run_option, json_option, moment, say, show, table
from domain.duration import format_duration, parse_duration
from domain.errors import FieldError, InvalidInput
from scheduler.operations import account, restoring
from scheduler.shown import account_views
from settings import Settings
from storage.database import Database
from xquik.accounts import Account


@click.group(cls=Commands)
def command() -> None:
    """X accounts that the API key may post from."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the accounts connected to the API key; templates can post as the healthy ones.

    \b
    Example:
      ostinato account list
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        found = asyncio.run(_list(settings, database))
        gaps = account.gaps(database, otherwise=settings.account_spacing)
    rows = [
        (each.username, each.display_name, each.health, format_duration(gaps.of(each.username)), each.id)
        for each in found
    ]
    shown = [account_views.connected(each, gaps) for each in found]
    columns = ("username", "name", "health", "gap", "id")
    empty = "no accounts are connected to this key; connect one in the Xquik dashboard"
    show({"accounts": shown}, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command("set")
@click.argument("name")
@click.option("--gap", required=True, metavar="TIME", help="Such as 30m, 0s for none, or `default`.")
@click.option("--for-all", is_flag=True, help="Take away the gaps that other owners have set for it.")
@dry_run_option
@json_option
def set_(name: str, gap: str, for_all: bool, dry_run: bool, as_json: bool) -> None:
    """Let at least the time GAP pass between two posts of the X account NAME, whichever templates they come from.

    It counts from the account's last post, also after a restart. A run that is ready earlier waits. `default` is
    OSTINATO_ACCOUNT_SPACING. The parts of a thread are one post. Of several owners' gaps the longest holds.

    \b
    Example:
      ostinato account set acme --gap 30m
      ostinato account set acme --gap default
      ostinato account set acme --gap default --for-all
    """
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        own = _gap(gap)
        spaced = account.set_gap(database, name, own, now=wiring.now(), for_all=for_all)
        username = spaced.account
        users = templates_of(database, username)
    length = settings.account_spacing if spaced.gap is None else spaced.gap
    said = f"{username}: at least {format_duration(length)} between two posts"
    if spaced.gap != own:
        said += "; another owner has set that, and --for-all takes it away"
    view = {"account": username, "gap": format_duration(length), "own": own is not None, "templates": users}
    show(view, lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command("resume")
@click.argument("name")
@dry_run_option
@json_option
def resume(name: str, dry_run: bool, as_json: bool) -> None:
    """Let the X account NAME post again after a restore although its timeline could not be read.

    After `ostinato restore` the daemon reads each account's timeline before anything of it goes out. Where that fails
    for good, look at the account yourself, and at what the templates would post next; then go on with this.

    \b
    Example:
      ostinato account resume acme
    """
    with wiring.opened(dry_run=dry_run) as database:
        found = restoring.go_on(database, name, now=wiring.now(), new_id=wiring.new_id)
    said = f"{found.account} posts again; what it posted since {moment(found.since)} is not known"
    show(account_views.resumed(found), lambda: say(said), as_json=as_json, dry_run=dry_run)


command.add_command(of_account)


def _gap(written: str) -> timedelta | None:
    try:
        return None if written == "default" else parse_duration(written)
    except ValueError as error:
        raise InvalidInput([FieldError("gap", str(error))]) from error


async def _list(settings: Settings, database: Database) -> list[Account]:
    from commands.outside import api, needs_key

    async with api(needs_key(settings, database), database) as (transport, _):
        return await account.list_all(transport)
