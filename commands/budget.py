"""`ostinato budget`: what templates and accounts may spend, and what they have spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands import wiring
from commands.output import clean, dry_run_option, json_option, say, show, table
from domain.errors import FieldError, InvalidInput
from domain.prices import dollars, parse_dollars
from scheduler.operations import account, budgets
from scheduler.shown import budget_views

if TYPE_CHECKING:
    from domain.budget import AccountBudget
    from scheduler.operations.budgets import Line
    from storage.database import Database

AMOUNT = "in US dollars, such as 0.5"


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """Show what templates and accounts may spend, what they have, and what is left of the day and the month.

    NAME is a template or an account; without one, all that have a budget or spent something this month are shown
    (one-time posts only where they have a budget). What is reserved is counted already: it may be spent any moment. A
    template's budget is a field of its file; an account's is set with `ostinato account budget`.

    \b
    Example:
      ostinato budget
      ostinato budget morning acme
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        found = budgets.standing(database, names, timezone=settings.timezone.key, now=wiring.now())
    columns = ("for", "name", "period", "budget", "spent", "reserved", "left", "until")
    empty = "no budgets, and nothing was spent this month; docs/budgets.md says how to set one"
    show(
        {"budgets": [budget_views.line(each) for each in found]},
        lambda: table(columns, map(_row, found), empty=empty),
        as_json=as_json,
    )


@click.command("budget")
@click.argument("name")
@click.option("--day", metavar="AMOUNT", help=f"The most in a day, {AMOUNT}.")
@click.option("--month", metavar="AMOUNT", help=f"The most in a month, {AMOUNT}.")
@click.option("--timezone", metavar="ZONE", help="Whose days and months; at first OSTINATO_TIMEZONE.")
@click.option("--none", "lift", is_flag=True, help="Let the account spend any amount.")
@dry_run_option
@json_option
def of_account(
    name: str, day: str | None, month: str | None, timezone: str | None, lift: bool, dry_run: bool, as_json: bool
) -> None:
    """Limit what all templates of the X account NAME may spend together in a day and in a month.

    It counts from the next run on, with what was spent before in the same day and month. What is not named stays.

    \b
    Example:
      ostinato account budget acme --day 1 --month 20 --timezone Europe/Berlin
      ostinato account budget acme --none
    """
    if lift == bool(day or month or timezone):
        raise click.UsageError("give --day, --month or --timezone, or --none alone")
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        if lift:
            kept = budgets.lift_account(database, name, now=wiring.now())
        else:
            kept = budgets.set_account(
                database,
                name,
                day=_amount("day", day),
                month=_amount("month", month),
                timezone=timezone,
                otherwise=settings.timezone.key,
                now=wiring.now(),
            )
        users = templates_of(database, kept.account)
    view = budget_views.of_account(kept) | {"templates": users}
    show(view, lambda: say(_said(kept)), as_json=as_json, dry_run=dry_run)


def templates_of(database: Database, name: str) -> list[str]:
    """Give the names of the templates that post as the account *name*, and warn when there are none."""
    users = account.templates_of(database, name)
    if not users:
        click.echo(
            f"Warning: no template posts as {clean(name)}; `ostinato template list` shows the accounts", err=True
        )
    return users


def _amount(option: str, written: str | None) -> int | None:
    try:
        return None if written is None else parse_dollars(written)
    except ValueError as error:
        raise InvalidInput([FieldError(option, str(error))]) from error


def _said(kept: AccountBudget) -> str:
    limits = [
        f"{dollars(each)} a {name}" for name, each in (("day", kept.day), ("month", kept.month)) if each is not None
    ]
    if not limits:
        return f"{kept.account}: any amount"
    return f"{kept.account}: at most {' and '.join(limits)}, in {kept.timezone}"


def _row(line: Line) -> tuple[object, ...]:
    taken = line.taken
    return (
        line.scope,
        line.name,
        line.period,
        "any amount" if line.limit is None else dollars(line.limit),
        taken and dollars(taken.spent),
        taken and dollars(taken.reserved),
        None if line.left is None or taken is None else dollars(line.left),
        line.end,
    )
