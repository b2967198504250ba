"""`ostinato run why` and `ostinato template why`: what became or becomes of a slot, link by link."""

from __future__ import annotations

from collections.abc import Sequence

import click

from commands import links, why_text, wiring
from commands.moments import When, WhenType
from commands.output import json_option, say, show
from scheduler.operations import why
from scheduler.shown import why_views
from storage.database import Database

AT = "'2026-03-26 08:00 UTC', or a day; without an offset it is in UTC."


@click.command("why")
@click.argument("name", metavar="ID|TEMPLATE")
@click.option("--at", type=WhenType(), metavar="TIME", help=f"With a template: its slot, such as {AT}")
@json_option
def of_run(name: str, at: When | None, as_json: bool) -> None:
    """Explain what became of a run, or of a template's slot or newest run, with all the evidence.

    Every link of the chain says what it decided: from the nominal time on the wall to each attempt to publish and each
    callback. With --at it is `ostinato template why`.

    \b
    Example:
      ostinato run why 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
      ostinato run why morning
      ostinato run why morning --at "2026-03-26 08:00:00 UTC"
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        if at:
            _slots(database, name, at, as_json)
        else:
            _show(database, [why.of_run(database, name, spacing=settings.account_spacing)], as_json)


@click.command("why")
@click.argument("name")
@click.option(
    "--at", type=WhenType(), required=True, metavar="TIME", help=f"Any instant, past or to come, such as {AT}"
)
@json_option
def of_template(name: str, at: When, as_json: bool) -> None:
    """Explain what became, or will become, of template NAME at any instant: posted or not, past or to come.

    A slot is explained link by link: nominal time, daylight saving, excluded dates, quiet hours, jitter, what the
    planner decided, the account's gap, items, drafts, gates, publications, callbacks. Of an instant that is no slot it
    says so, and names the slots before and after. A day or a minute may hold several slots, which are listed.

    \b
    Example:
      ostinato template why morning --at "2026-03-26 08:00 UTC"
      ostinato template why morning --at 2027-03-28
    """
    with wiring.opened() as database:
        _slots(database, name, at, as_json)


def _slots(database: Database, name: str, at: When, as_json: bool) -> None:
    spacing = wiring.settings().account_spacing
    found = why.of_slots(database, name, at.at, at.within, now=wiring.now(), spacing=spacing)
    _show(database, found, as_json)


def _show(database: Database, found: Sequence[why.Answer], as_json: bool) -> None:
    site = links.site(database)
    if len(found) == 1:
        show(why_views.answer(found[0], site), lambda: why_text.print_answer(found[0]), as_json=as_json)
        return

    def human() -> None:
        for each in found:
            say(why_text.line(each))
        say("`ostinato run why ID`, or the same with the whole time of one slot, explains it")

    show({"slots": [why_views.answer(each, site) for each in found]}, human, as_json=as_json)
