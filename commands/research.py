"""`ostinato research`: topics that are looked up, and the reports that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands import wiring
from commands.groups import Commands
from commands.moments import When, WhenType
from commands.output import dry_run_option, json_option, moment, say, show, table
from domain.prices import dollars
from domain.research import OutputType, RecurringStatus
from scheduler.operations import research
from scheduler.operations.research import Asked, Change
from scheduler.shown import researches as views

if TYPE_CHECKING:
    from domain.research import Recurring, Research

NAMED = 60  # characters of a topic in a list
count_option = click.option(
    "--daily-count", type=click.IntRange(1, research.MOST_A_DAY), metavar="N", help="How many times a day, 1 to 24."
)


@click.group(cls=Commands)
def command() -> None:
    """Deep research: a topic is looked up, and what is found is kept as a report with numbered citations."""


@command.command()
@click.argument("topic")
@click.option("--feed", "feeds", multiple=True, metavar="URL|NUMBER", help="Look in this feed too. May be repeated.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Read this page too. May be repeated.")
@click.option(
    "--output",
    type=click.Choice([each.value for each in OutputType]),
    default=OutputType.TEXT.value,
    help="How the report is laid out; text unless said otherwise.",
)
@count_option
@click.option("--until", type=WhenType(), metavar="TIME", help="With --daily-count: not after this.")
@click.option("--callback-data", metavar="TEXT", help="Told back when it ends; up to 500 characters.")
@dry_run_option
@json_option
def start(
    topic: str,
    feeds: tuple[str, ...],
    urls: tuple[str, ...],
    output: str,
    daily_count: int | None,
    until: When | None,
    callback_data: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Have TOPIC looked up by the daemon; with --daily-count again and again.

    It searches X, the radar and the search of OSTINATO_SEARCH_URL, and reads what it finds within the bounds of the
    settings (docs/research.md). A template names the id as a source: research = ["…"].

    \b
    Example:
      ostinato research start "solid state batteries" --feed https://example.com/feed.xml
      ostinato research start "solid state batteries" --daily-count 2 --until 2030-12-31
    """
    if until is not None and daily_count is None:
        raise click.UsageError("--until is for a research that recurs; give --daily-count too")
    asked = Asked(topic, feeds, urls, OutputType(output), callback_data)
    with wiring.opened(dry_run=dry_run) as database:
        if daily_count is None:
            made = research.start(database, asked, now=wiring.now(), new_id=wiring.new_id)
            view, said = views.research(made), f"research {made.id} is queued"
        else:
            again = research.repeat(
                database,
                asked,
                daily_count=daily_count,
                until=until.at if until else None,
                now=wiring.now(),
                new_id=wiring.new_id,
            )
            view, said = views.recurring(again), f"recurring research {again.id}: {daily_count} a day, the first now"
    show(view, lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command("list")
@click.option("--recurring", metavar="ID", help="Only what came of this recurring research.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
def list_(recurring: str | None, limit: int, as_json: bool) -> None:
    """List researches, the newest first.

    \b
    Example:
      ostinato research list
    """
    with wiring.opened() as database:
        found = research.list_all(database, limit=limit, recurring=recurring)
    rows = [
        (each.id, _short(each.topic), each.status.value, each.created_at, each.pages, dollars(each.cost_micros),
         each.failure)
        for each in found
    ]  # fmt: skip
    columns = ("id", "topic", "status", "asked", "pages", "cost", "why there is no report")
    empty = "no research; start one with `ostinato research start TOPIC`"
    view = {"research": [views.research(each) for each in found]}
    show(view, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command("show")
@click.argument("research_id", metavar="ID")
@json_option
def show_(research_id: str, as_json: bool) -> None:
    """Show the report of research ID with its citations, and what was considered and gave nothing.

    \b
    Example:
      ostinato research show 01987a
    """
    with wiring.opened() as database:
        found = research.get(database, research_id)
    show(views.whole_research(found), lambda: _tell(found), as_json=as_json)


@click.group(cls=Commands)
def recurring() -> None:
    """Research that is done again and again; a template that names it takes its newest finished report."""


command.add_command(recurring)


@recurring.command("list")
@json_option
def list_recurring(as_json: bool) -> None:
    """List the researches that recur, the newest first.

    \b
    Example:
      ostinato research recurring list
    """
    with wiring.opened() as database:
        found = research.list_recurring(database)
    rows = [
        (each.id, _short(each.topic), each.status.value, each.daily_count, each.next_at, each.end) for each in found
    ]
    columns = ("id", "topic", "status", "a day", "next", "until")
    empty = "none recurs; start one with `ostinato research start TOPIC --daily-count N`"
    view = {"recurring": [views.recurring(each) for each in found]}
    show(view, lambda: table(columns, rows, empty=empty), as_json=as_json)


@recurring.command("show")
@click.argument("recurring_id", metavar="ID")
@json_option
def show_recurring(recurring_id: str, as_json: bool) -> None:
    """Show the recurring research ID and the newest of what came of it.

    \b
    Example:
      ostinato research recurring show 01987a
    """
    with wiring.opened() as database:
        found = research.get_recurring(database, recurring_id)
        came = research.list_all(database, limit=10, recurring=found.id)

    def tell() -> None:
        say(_line(found))
        for each in came:
            say(f"  {each.id}  {each.status.value}  {moment(each.created_at)}")

    view = views.recurring(found) | {"research": [views.research(each) for each in came]}
    show(view, tell, as_json=as_json)


@recurring.command()
@click.argument("recurring_id", metavar="ID")
@click.option("--topic", help="What to look up from now on.")
@count_option
@click.option("--until", type=WhenType(), metavar="TIME", help="Not after this.")
@click.option("--no-end", is_flag=True, help="For ever.")
@dry_run_option
@json_option
def edit(
    recurring_id: str,
    topic: str | None,
    daily_count: int | None,
    until: When | None,
    no_end: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change the recurring research ID; what is not named stays. Another count is counted from now on.

    \b
    Example:
      ostinato research recurring edit 01987a --daily-count 1
    """
    if until is not None and no_end:
        raise click.UsageError("give --until or --no-end, not both")
    wanted = Change(topic, daily_count, until.at if until else "" if no_end else None)
    _change(recurring_id, wanted, dry_run, as_json)


@recurring.command()
@click.argument("recurring_id", metavar="ID")
@dry_run_option
@json_option
def pause(recurring_id: str, dry_run: bool, as_json: bool) -> None:
    """Do the recurring research ID no more until it is resumed. Its reports stay.

    \b
    Example:
      ostinato research recurring pause 01987a
    """
    _change(recurring_id, Change(active=False), dry_run, as_json)


@recurring.command()
@click.argument("recurring_id", metavar="ID")
@dry_run_option
@json_option
def resume(recurring_id: str, dry_run: bool, as_json: bool) -> None:
    """Do the recurring research ID again from its next time on. What passed meanwhile is not made up.

    \b
    Example:
      ostinato research recurring resume 01987a
    """
    _change(recurring_id, Change(active=True), dry_run, as_json)


def _change(recurring_id: str, wanted: Change, dry_run: bool, as_json: bool) -> None:
    with wiring.opened(dry_run=dry_run) as database:
        changed = research.change(database, recurring_id, wanted, now=wiring.now())
    show(views.recurring(changed), lambda: say(_line(changed)), as_json=as_json, dry_run=dry_run)


def _line(found: Recurring) -> str:
    when = f"next {moment(found.next_at)}" if found.next_at else found.status.value
    until = f", until {moment(found.end)}" if found.end and found.status is RecurringStatus.ACTIVE else ""
    return f"{found.id}: {_short(found.topic)}, {found.daily_count} a day, {when}{until}"


def _tell(found: Research) -> None:
    say(found.text or f"{found.topic}: {found.status.value}{f', {found.failure}' if found.failure else ''}")
    if found.report and found.report.model:
        say(f"\nwritten by {found.report.model}; {len(found.report.left_out)} of its sentences were left out")
    for each in found.rejected:
        say(f"not used: {each.reference}: {each.reason}")
    pages = f"{found.pages} {'page' if found.pages == 1 else 'pages'}"
    say(f"\n{pages}, {dollars(found.cost_micros)}, {found.worked.total_seconds():.0f} s")


def _short(topic: str) -> str:
    return topic if len(topic) <= NAMED else topic[: NAMED - 1] + "…"
