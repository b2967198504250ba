"""`ostinato template plan`: the coming days, as the planner will decide them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import wiring
from commands.calendar_fetching import fetched
from commands.moments import When, WhenType
from commands.output import json_option, moment, say, show, table
from commands.schedule_words import SLOT_NOTES
from domain.duration import format_duration
from domain.prices import XquikPrices, dollars
from scheduler.operations import applying, forecasting
from scheduler.operations.why.words import number
from scheduler.shown import plan_views
from settings import Settings

if TYPE_CHECKING:
    from scheduler.cost_forecast import Costs
    from scheduler.forecast import Collision, Comparison, Outlook
    from scheduler.operations.forecasting import Plan

LONGEST = 1096  # days
_DAY = timedelta(days=1)
SHOWN = 20  # pairs of colliding templates, and moved slots of one template, that a person is shown


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--days", type=click.IntRange(1, LONGEST), default=14, show_default=True, help="How many days.")
@click.option(
    "--from",
    "first_day",
    type=WhenType(),
    metavar="DATE",
    help="The first day, in UTC; else from now on.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Compare with what `template apply` of this file or folder would make of it.",
)
@click.option("--as", "mark", metavar="NAME", help="With --against: the name that `template apply` is given.")
@click.option("--ics", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also write a calendar.")
@json_option
def plan(
    names: tuple[str, ...],
    days: int,
    first_day: When | None,
    against: Path | None,
    mark: str | None,
    ics: Path | None,
    as_json: bool,
) -> None:
    """Show what the scheduler will do with the active templates, or those of NAME, over the coming days.

    What time decides is what will happen: slots, quiet hours, excluded dates, ends. Collisions and overlaps are
    forecasts. With --against it shows which runs an edit of the files would move, add and drop. Nothing is changed.

    \b
    Example:
      ostinato template plan --days 30
      ostinato template plan morning --days 7 --ics morning.ics
      ostinato template plan --against templates/
    """
    settings = wiring.settings()
    span = _span(wiring.now(), first_day, days)
    if against is not None:
        if names or ics:
            raise click.UsageError("--against looks at all templates; leave NAME and --ics out")
        _compare(against, mark, span, as_json=as_json)
        return
    with wiring.opened(settings) as database:
        found = forecasting.plan(
            database,
            names,
            span=span,
            spacing=settings.account_spacing,
            prices=XquikPrices(settings.xquik_credit),
            model=_model_is_paid(settings),
        )
    if ics is not None:
        from commands.calendar import write

        write(ics, found)
    view = plan_views.plan(found) if as_json else {}
    # In one line: a year has a hundred thousand slots, and the encoder that indents is slow.
    show(view, lambda: _print(found), as_json=as_json, indent=None)


def _model_is_paid(settings: Settings) -> bool:
    """Tell whether a language model writes, and what it takes is known in dollars."""
    asked = settings.model and (settings.openai_api_key or settings.openai_base_url)
    return bool(asked) and settings.model_price_in is not None and settings.model_price_out is not None


def _span(now: datetime, first_day: When | None, days: int) -> forecasting.Span:
    if first_day and first_day.within < _DAY:
        raise click.BadParameter("name a whole day, such as 2026-03-26", param_hint="--from")
    start = first_day.at if first_day else now
    if start.date() < now.date():
        raise click.BadParameter(
            "is in the past; `ostinato template why NAME --at TIME` tells what happened", param_hint="--from"
        )
    return forecasting.Span(now, max(start, now), start + timedelta(days=days))


def _compare(path: Path, mark: str | None, span: forecasting.Span, *, as_json: bool) -> None:
    settings = wiring.settings()
    written = applying.read_files(path)
    with wiring.opened(settings) as database:
        found = forecasting.against(
            database,
            written,
            mark=mark or str((path if path.is_dir() else path.parent).resolve()),
            calendars=fetched(settings, database, [each.document for each in written]),
            prune=applying.Prune.PAUSE if path.is_dir() else applying.Prune.KEEP,
            span=span,
            cipher=wiring.cipher(settings),
            new_id=wiring.new_id,
        ).differ
    show(plan_views.comparison(span, found), lambda: print_comparison(found, span), as_json=as_json)


def _print(found: Plan) -> None:
    say(_within(found.span))
    say()
    columns = ("day (UTC)", "runs", "posts", "not run", "cost", "over budget", "first", "last")
    clock = "%H:%M"
    rows = [
        (
            f"{day.day:%a %Y-%m-%d}",
            day.runs,
            day.posts,
            _reasons(dict(day.closed)),
            dollars(found.costs.days.get(day.day, 0)),
            found.costs.over.get(day.day),
            day.first and f"{day.first:{clock}}",
            day.last and f"{day.last:{clock}}",
        )
        for day in found.days
    ]
    table(columns, rows, empty="no days")
    say()
    heads = ("template", "account", "runs", "posts", "not run", "cost", "next", "last before it ends")
    table(heads, [_row(each, found.costs) for each in found.outlooks], empty="no template is active")
    _print_notes(found)
    _print_forecast(found)
    totals = plan_views.totals(found)
    say()
    say(
        f"in total {_many(totals['runs'], 'run')} of {_many(totals['templates'], 'template')}, "
        f"at most {_many(totals['posts'], 'post')}, "
        f"about {dollars(found.costs.total)}"
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _print_notes(found: Plan) -> None:
    for name in found.paused:
        say(f"{name} is paused; it is shown as if it were resumed now")
    for each in found.outlooks:
        for dropped in each.overdue:
            many = f"{dropped.count} overdue slots" if dropped.count > 1 else "an overdue slot"
            say(f"{each.template.name}: {many} from {moment(dropped.start)} will not run: {dropped.reason.value}")
    noted = [
        (slot.at, each.template.name, SLOT_NOTES[slot.note])
        for each in found.outlooks
        for slot in each.runs
        if slot.note
    ]
    if noted:
        say()
        table(("daylight saving", "template", "note"), sorted(noted), empty="")


def _print_forecast(found: Plan) -> None:
    tight = [(each.template.name, each.tight) for each in found.outlooks if each.tight]
    if found.collisions:
        say()
        near = any(each.gap for each in found.collisions)
        how = "nearer than its gap between posts" if near else "at one instant"
        say(f"forecast: runs of one account {how} ({sum(each.count for each in found.collisions)}); they wait in line")
        columns = ("account", "after", "comes", "times", "first time", "nearest", "gap", "longest wait")
        table(columns, [_collision(each) for each in found.collisions[:SHOWN]], empty="")
        if len(found.collisions) > SHOWN:
            say(f"and {len(found.collisions) - SHOWN} other pairs; --json has them all")
    for name, count in tight:
        takes = format_duration(forecasting.RUN_TAKES)
        close = f"{number(count, 'slot')} within {takes} of the one before"
        say(f"forecast: {name} has {close}; each may be skipped as overlap")
    for name, cost in found.costs.templates.items():
        if cost.over:
            times = f"{len(cost.over)} runs, the first at" if len(cost.over) > 1 else "the run at"
            say(f"forecast: {name} is over budget with {times} {moment(cost.over[0])}; over_budget")
        if cost.without_model:
            say(f"forecast: {name} has {cost.without_model} runs whose budget does not allow the language model")
    if found.costs.model_unknown:
        say(
            "no run has asked the language model yet: its cost is left out; `ostinato model test` says what a run takes"
        )


def _collision(each: Collision) -> tuple[object, ...]:
    return (each.account, each.first, each.second, each.count, each.first_at, each.nearest, each.gap, each.delay)


def _row(each: Outlook, costs: Costs) -> tuple[object, ...]:
    closed = Counter(slot.reason for slot in each.closed if slot.reason)
    following = each.runs[0].at if each.runs else None
    template, cost = each.template, dollars(costs.templates[each.template.name].total)
    return (
        template.name,
        template.account,
        len(each.runs),
        each.posts,
        _reasons(closed),
        cost,
        following,
        each.ended_at,
    )


def _reasons(counted: dict[Any, int]) -> str:
    return ", ".join(f"{count} {reason.value}" for reason, count in sorted(counted.items()))


def _within(span: forecasting.Span) -> str:
    return f"from {moment(span.start)} until {moment(span.until)}"


def print_comparison(found: Sequence[Comparison], span: forecasting.Span) -> None:
    """Print which runs move, come and go within *span*."""
    say(_within(span))
    if not found:
        say("no run would change")
    for each in found:
        say()
        changes = f"{len(each.moved)} moved, {len(each.added)} added, {len(each.dropped)} dropped"
        say(f"{each.name}: {changes}, {each.kept} as before")
        lines = [(old, f"  ~ {moment(old)} → {moment(new)}") for old, new in each.moved]
        lines += [(at, f"  + {moment(at)}") for at in each.added]
        lines += [(at, f"  - {moment(at)}") for at in each.dropped]
        for _, line in sorted(lines)[:SHOWN]:
            say(line)
        if len(lines) > SHOWN:
            say(f"  and {len(lines) - SHOWN} more; --json has them all")
