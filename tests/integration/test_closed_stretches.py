"""A stretch of closed slots is recorded when it begins; a schedule that changes within it takes the rest back."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import combinations
from typing import Any

import pytest

from domain.errors import Conflict, InvalidInput
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus
from scheduler.operations import slots
from storage import runs
from storage.database import Database
from tests.integration.scheduler_house import NOW, House
from tests.integration.test_scheduler_skipping import change, delete, pause, records, resume

HOUR = timedelta(hours=1)
NIGHT = {"quiet_hours": [f"{(NOW + HOUR):%H:%M}-{(NOW + 11 * HOUR):%H:%M}"]}


@pytest.fixture
def house(database: Database) -> House:
    """A template with a slot each hour, of which the ten after the first are closed; they are recorded."""
    made = House(database)
    made.template()
    made.plan()
    made.work()
    change(made, dailyCount=24, schedule=NIGHT)
    made.clock.advance(hours=1)
    made.plan()
    assert records(made) == [(0, 0, None), (1, 10, "quiet_hours")]
    made.clock.advance(minutes=150)
    return made


def kept(house: House) -> tuple[list[Run], list[Gap]]:
    with house.database.read() as c:
        return house.runs(), list(runs.gaps(c, "t1"))


def test_another_cadence_takes_back_the_rest_of_the_stretch(house: House) -> None:
    change(house, dailyCount=48, schedule={"quiet_hours": []})
    house.plan()

    assert records(house) == [(0, 0, None), (1, 3, "quiet_hours"), (3.5, 3.5, None)]
    assert house.stored().state.next_slot_at == NOW + 4 * HOUR


def test_without_quiet_hours_the_next_slot_runs_and_with_others_it_is_recorded_anew(house: House) -> None:
    longer = {"quiet_hours": [f"{NOW:%H:%M}-{(NOW + 12 * HOUR):%H:%M}"]}
    change(house, dailyCount=24, schedule=longer)
    house.clock.advance(minutes=30)
    house.plan()
    assert records(house) == [(0, 0, None), (1, 3, "quiet_hours"), (4, 11, "quiet_hours")]

    change(house, dailyCount=24)  # an hour from then on
    house.clock.advance(hours=1)
    house.plan()
    assert records(house) == [(0, 0, None), (1, 3, "quiet_hours"), (4, 4, "quiet_hours"), (5, 5, None)]


def test_a_change_that_leaves_the_schedule_leaves_the_record(house: House) -> None:
    change(house, dailyCount=24, schedule=NIGHT, prompt="other words")

    assert records(house) == [(0, 0, None), (1, 10, "quiet_hours")]
    assert house.stored().state.next_slot_at == NOW + 11 * HOUR


def test_a_change_during_a_pause_takes_the_rest_back_too(house: House) -> None:
    pause(house)
    change(house, dailyCount=24)
    house.clock.advance(hours=2)
    resume(house)

    assert records(house) == [(0, 0, None), (1, 3, "quiet_hours"), (4, 5, "paused")]


def test_a_slot_that_is_made_up_leaves_the_gap_it_lay_in(house: House) -> None:
    house.clock.advance(hours=14)
    house.plan()
    house.work()
    assert records(house)[2:] == [(11, 16, "superseded"), (17, 17, None)]

    slots.backfill(house.database, "t1", NOW + 12 * HOUR, NOW + 13 * HOUR, now=house.clock(), new_id=house.new_id)

    assert records(house)[2:] == [
        (11, 11, "superseded"),
        (12, 12, None),
        (13, 13, None),
        (14, 16, "superseded"),
        (17, 17, None),
    ]


def test_a_closed_slot_that_is_recorded_already_is_neither_skipped_nor_moved(house: House) -> None:
    at = NOW + 5 * HOUR
    for act in (slots.skip, partial(slots.move, to=NOW + 6 * HOUR)):
        with pytest.raises(Conflict, match="quiet_hours"):
            act(house.database, "t1", at, now=house.clock(), new_id=house.new_id)
    assert records(house) == [(0, 0, None), (1, 10, "quiet_hours")]


@pytest.mark.parametrize("seed", range(12))
def test_no_slot_has_two_records_whatever_becomes_of_the_schedule(database: Database, seed: int) -> None:
    house = House(database)
    chance = random.Random(seed)
    house.template()

    def other(house: House) -> None:
        begins, length = chance.randrange(24), chance.randrange(1, 23)
        quiet: dict[str, Any] = {"quiet_hours": [f"{begins:02}:00-{(begins + length) % 24:02}:00"]}
        with suppress(InvalidInput):  # it would leave no slot
            change(house, dailyCount=chance.choice([4, 24, 48]), schedule=quiet if chance.random() < 0.7 else {})

    for _ in range(40):
        house.clock.advance(minutes=chance.choice([0, 7, 60, 360, 555, 1440]))
        chance.choice([pause, resume, House.plan, House.plan, other, other])(house)
    delete(house)

    found, gaps = kept(house)
    assert [run for run in found for gap in gaps if gap.start <= run.slot_at <= gap.end] == []
    assert [
        pair for pair in combinations(gaps, 2) if pair[0].start <= pair[1].end and pair[1].start <= pair[0].end
    ] == []
    assert all(run.status is not RunStatus.SKIPPED or isinstance(run.reason, Reason) for run in found)
