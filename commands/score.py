"""`ostinato score`: the checks of the API for a text of one's own."""

from __future__ import annotations

import asyncio

import click

from commands import wiring
from commands.output import json_option, say, show, table
from domain.draft import Score
from scheduler.operations import scoring
from scheduler.shown import views
from settings import Settings
from storage.database import Database


@click.command()
@click.argument("text")
@click.option("--media", is_flag=True, help="The post will carry a picture or video.")
@click.option("--local", is_flag=True, help="Use the built-in copy of the checks; no API is asked.")
@json_option
def command(text: str, media: bool, local: bool, as_json: bool) -> None:
    """Score TEXT with the checks of the Xquik API.

    The score is 100 times the checks passed, divided by the checks made.

    \b
    Example:
      ostinato score "We measured 412 cold starts. Half take under 80 ms. What do yours take?"
    """
    if local:
        found = asyncio.run(scoring.score(None, text, has_media=media))
    else:
        settings = wiring.settings()
        with wiring.opened(settings) as database:
            found = asyncio.run(_ask(settings, database, text, media))

    def human() -> None:
        say(f"{found.value} of 100 ({found.scored_by})")
        rows = [("passed" if check.passed else "failed", check.factor, check.suggestion) for check in found.checks]
        table(("", "check", "suggestion"), rows, empty="no checks")

    show(views.score(found), human, as_json=as_json)


async def _ask(settings: Settings, database: Database, text: str, media: bool) -> Score:
    from commands.outside import api, needs_key

    async with api(needs_key(settings, database), database) as (transport, _):
        return await scoring.score(transport, text, has_media=media)
