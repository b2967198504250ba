"""365 days in 30 zones: every slot that was previewed is executed or has its reason, and nothing else is executed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic

import click

from domain.event import Event, EventType
from domain.schedule import Slot
from domain.template import StoredTemplate
from scheduler.forecast import look_ahead
from scheduler.operations import why
from scheduler.operations.why import Why, WhyGap
from storage import events, runs, schema
from storage.database import Database, open_database
from tests.chaos.years.judging import NO_TIME, POSTED, Books, Told, expected, faults, untold
from tests.chaos.years.schedules import SHAPES, ZONES, schedule
from tests.chaos.years.simulation import DAY, Simulation, outages
from tests.integration.storage_values import listed

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SKIPPED = (EventType.RUN_SKIPPED, EventType.SLOTS_SKIPPED)
TAKES = (NO_TIME, NO_TIME, timedelta(minutes=2), timedelta(hours=7), timedelta(hours=30))  # of the runs of a template


@dataclass(frozen=True, slots=True)
class Plan:
    """What a year is made of. With *pause* nobody looks at the clock for at least so long."""

    seed: int
    days: int = 365
    zones: Sequence[str] = ZONES
    shapes: int = len(SHAPES)  # how many of them each zone has
    outages: int = 24
    pause: timedelta = timedelta(0)
    asked: int = 10  # of how many slots of each template `why` is asked


@dataclass(frozen=True, slots=True)
class Year:
    """What became of it: slots by what they became, the ticks, and what is wrong."""

    became: Counter[str]
    templates: int
    ticks: int
    outages: int
    faults: list[str]


def simulate(database: Database, plan: Plan) -> Year:
    """Live through a year, on a migrated database without rows, and compare it with its preview."""
    chance = Random(plan.seed)
    begin = BEGIN + DAY * chance.randrange(-365, 365)
    until = begin + DAY * plan.days
    away = outages(begin, plan.days, chance, plan.outages)
    shapes = [
        (zone, SHAPES[(number + each) % len(SHAPES)])
        for number, zone in enumerate(plan.zones)
        for each in range(plan.shapes)
    ]
    takes = {f"{zone} {shape}": chance.choice(TAKES) for zone, shape in shapes if shape != "spread"}
    simulation = Simulation(database, begin, until, away, plan.pause, takes)
    kept = simulation.add((f"{zone} {shape}", schedule(shape, zone, begin, chance)) for zone, shape in shapes)
    previews = [preview(each, begin, until) for each in kept]
    simulation.run()
    became: Counter[str] = Counter()
    wrong: list[str] = []
    for each, slots in zip(kept, previews, strict=True):
        books = read(database, each.template.id, until)
        wanted = expected(each.template.schedule, slots, simulation.ticks, takes.get(each.template.id, NO_TIME))
        wrong += [f"{each.template.name}: {fault}" for fault in [*faults(slots, wanted, books), *untold(books)]]
        became.update(next(iter(sorted(may))) for may in wanted.values())
        asked = chance.sample(sorted(wanted), min(plan.asked, len(wanted)))
        wrong += [fault for at in asked for fault in answers(database, each.template.name, at, wanted[at], until)]
    return Year(became, len(kept), len(simulation.ticks), len(away), wrong)


def preview(stored: StoredTemplate, begin: datetime, until: datetime) -> list[Slot]:
    """Give every slot of the year as `template plan` shows it at its beginning."""
    shown = look_ahead(stored, now=begin, start=begin, until=until, run_takes=timedelta(0))
    return sorted([*shown.runs, *shown.closed], key=lambda slot: slot.at)


def read(database: Database, template_id: str, until: datetime) -> Books:
    """Give what the database has of the slots of the year."""
    with database.read() as c:
        everything = listed(c, template_id=template_id, limit=100_000)
        gaps = [gap for gap in runs.gaps(c, template_id) if gap.start < until]
        told = events.list_events(c, template_id=template_id, types=SKIPPED, limit=100_000)
    return Books([run for run in everything if run.slot_at < until], gaps, Counter(map(said, told)))


def said(event: Event) -> Told:
    """Give what an event says of the slots that did not run."""
    if event.type is EventType.RUN_SKIPPED:
        run = event.data["run"]
        return run["slotAt"], run["slotAt"], 1, run["reason"]
    slots = event.data["slots"]
    return slots["from"], slots["to"], slots["count"], slots["reason"]


def answers(database: Database, name: str, at: datetime, may: set[str], now: datetime) -> list[str]:
    """Ask `why` about a slot; give what is wrong with the answer."""
    (only,) = why.of_slots(database, name, at, MICROSECOND, now=now)
    if isinstance(only, Why):
        said = only.run.reason.value if only.run.reason else only.run.status.value
    else:
        said = only.gap.reason.value if isinstance(only, WhyGap) else type(only).__name__
    return [] if said in may else [f"{name}: why says of {at} that it is {said}, and not {' or '.join(sorted(may))}"]


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Draws outages, policies, dates, the first day.")
@click.option("--days", type=click.IntRange(1, 366), default=365, show_default=True, help="How long the year is.")
def command(seed: int, days: int) -> None:
    """Simulate a year of the planner in 30 zones, with schedules of ten shapes and outages."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'year.db'}")
        schema.upgrade(database)
        year = simulate(database, Plan(seed, days))
        database.close()
    slots = sum(year.became.values())
    click.echo(
        f"seed {seed}: {days} days, {len(ZONES)} zones, {year.templates} templates, {year.outages} outages, "
        f"{year.ticks} ticks in {monotonic() - began:.0f} s"
    )
    click.echo(f"{slots} slots: " + ", ".join(f"{number} {what}" for what, number in year.became.most_common()))
    click.echo(f"{len(year.faults)} faults")
    for fault in year.faults[:100]:
        click.echo(f"  {fault}")
    if year.faults or not year.became[POSTED]:
        raise SystemExit(1)


if __name__ == "__main__":
    command()
