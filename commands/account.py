"""`ostinato account`: the X accounts behind the API key."""

from __future__ import annotations

import asyncio

import click

from commands import wiring
from commands.output import json_option, show, table
from scheduler.operations import account
from settings import Settings
from storage.database import Database
from xquik.accounts import Account


@click.group()
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
    rows = [(each.username, each.display_name, each.health, each.id) for each in found]
    shown = [
        {
            "id": each.id,
            "username": each.username,
            "display_name": each.display_name,
            "healthy": each.healthy,
            "health": each.health,
        }
        for each in found
    ]
    columns = ("username", "name", "health", "id")
    empty = "no accounts are connected to this key; connect one in the Xquik dashboard"
    show({"accounts": shown}, lambda: table(columns, rows, empty=empty), as_json=as_json)


async def _list(settings: Settings, database: Database) -> list[Account]:
    from commands.outside import api, needs_key

    async with api(needs_key(settings, database), database) as (transport, _):
        return await account.list_all(transport)
