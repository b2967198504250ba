"""While a daemon is there no slot is missed, whatever a person does with the template and its slots meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select, update

from domain.errors import Conflict, InvalidInput
from domain.reasons import Reason
from domain.run import RunStatus
from domain.schedule import Cadence, ClockTimes, Closures, Cron, Grid, Jitter, Missed, Overlap, Schedule, Window
from scheduler import due
from scheduler.operations import slots
from scheduler.operations import templates as asked
from storage import runs, tables
from storage.database import Database
from tests.integration.scheduler_house import NOW, House
from tests.integration.test_scheduler_skipping import change

MINUTE = timedelta(minutes=1)
LATE = frozenset({Reason.MISSED, Reason.SUPERSEDED, Reason.TOO_LATE})
NIGHT = ((time(22), time(7)),)


def schedule(chance: random.Random) -> Schedule:
    zone = chance.choice(["UTC", "Europe/Berlin", "America/New_York"])
    cadences: list[Cadence] = [
        Grid(chance.choice([2, 6, 24]), NOW),
        ClockTimes((time(2, 30), time(9), time(17)), zone),
        Window(time(9), time(21), 5, zone),
        Cron("15 */3 * * *", zone),
    ]
    return Schedule(
        chance.choice(cadences),
        missed=chance.choice(list(Missed)),
        grace=chance.choice([30, 120, 600]) * MINUTE,
        overlap=chance.choice(list(Overlap)),
        jitter=chance.choice([None, Jitter(20 * MINUTE, "seed")]),
        closures=chance.choice([None, Closures(zone, NIGHT)]),
    )


def skip(house: House, chance: random.Random) -> None:
    at = chance.choice(ahead(house))
    slots.skip(house.database, "name-of-t1", at, now=house.clock(), new_id=house.new_id)


def move(house: House, chance: random.Random) -> None:
    to = house.clock() + chance.choice([1, 30, 200, 3000]) * MINUTE
    slots.move(house.database, "name-of-t1", chance.choice(ahead(house)), to, now=house.clock(), new_id=house.new_id)


def ahead(house: House) -> list[datetime]:
    coming = slots.upcoming(house.database, house.stored(), now=house.clock(), count=6)
    return [each.slot.at for each in coming]


def backfill(house: House, chance: random.Random) -> None:
    start, end = house.clock() - chance.choice([60, 600]) * MINUTE, house.clock()
    slots.backfill(house.database, "name-of-t1", start, end, now=end, new_id=house.new_id)


def pause(house: House, _: random.Random) -> None:
    asked.pause(house.database, "name-of-t1", note=None, now=house.clock(), new_id=house.new_id)


def resume(house: House, _: random.Random) -> None:
    asked.resume(house.database, "name-of-t1", now=house.clock(), new_id=house.new_id)


def run_now(house: House, _: random.Random) -> None:
    asked.run_now(house.database, "name-of-t1", now=house.clock(), new_id=house.new_id)


def edit(house: House, chance: random.Random) -> None:
    missed = {"missed": chance.choice(["skip", "latest", "spread"])}
    change(house, dailyCount=chance.choice([4, 6, 24]), schedule=missed)


def nothing(_: House, __: random.Random) -> None:
    """Let time pass."""


ACTS: list[Callable[[House, random.Random], None]] = [
    *(skip, move, backfill, pause, resume, run_now, edit, nothing, nothing, nothing, nothing),
]


def live(house: House, until: datetime) -> None:
    """Plan and work at every moment when something is due."""
    runs_table = tables.runs
    waiting = runs_table.c.status == RunStatus.QUEUED.value
    first = select(func.min(runs_table.c.due_at, type_=runs_table.c.due_at.type)).where(waiting)
    done = {"status": RunStatus.POSTED.value, "finished_at": until}
    while True:
        with house.database.read() as c:
            coming = [at for at in (house.stored().state.next_slot_at, c.execute(first).scalar()) if at is not None]
        if not coming or min(coming) > until:
            break
        house.clock.now = max(house.clock.now, min(coming))
        house.plan()
        with house.database.write() as c:
            c.execute(update(runs_table).where(waiting, runs_table.c.due_at <= house.clock()).values(done))
    house.clock.now = until


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("seed", range(8))
def test_while_somebody_is_there_no_slot_is_missed_whatever_is_asked_for(database: Database, seed: int) -> None:
    chance, house = random.Random(seed), House(database)
    planned = schedule(chance)
    house.template(schedule=planned, next_slot_at=due.first_slot(planned, NOW))
    for _ in range(40):
        with suppress(Conflict, InvalidInput):  # what cannot be done is refused
            chance.choice(ACTS)(house, chance)
        live(house, house.clock() + chance.choice([7, 61, 400]) * MINUTE)

    with database.read() as c:
        gaps = runs.gaps(c, "t1")
    assert LATE.isdisjoint([run.reason for run in house.runs()] + [gap.reason for gap in gaps])
    assert len([run for run in house.runs() if run.status is RunStatus.POSTED]) > 5
