"""A template that goes away while it is not known whether its post is out: nothing is posted by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from commands import assembly
from domain.publication import Publication, Settlement
from domain.run import RunStatus
from publishers.x import UNWANTED
from scheduler.operations import templates as operations
from settings import load
from storage import publications
from storage.database import Database
from tests.integration.scheduler_house import Died, House, draft
from tests.integration.storage_values import running
from tests.integration.test_publishers_x import Stage, clock, staged
from tests.integration.test_spending_sandbox import Door


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged("durable")


@pytest.fixture
def house(database: Database, stage: Stage) -> House:
    def wanted(publication: Publication) -> bool:
        with database.read() as c:
            return publications.is_wanted(c, publication)

    made = House(database)
    made.clock.now = clock()
    made.publisher = Door(stage, wanted)  # type: ignore[assignment]
    return made


def died_in_doubt(house: House, stage: Stage) -> None:
    """Lose the request that posts, and die before anybody asks about it."""
    house.template(account="ostinato_demo", next_slot_at=None)
    house.editor.drafts = (draft("Lost."),)
    operations.run_now(house.database, "t1", now=house.clock(), new_id=house.new_id)
    stage.fault("drop_before")
    house.publisher.dies = True  # type: ignore[attr-defined]
    house.die_while(Died)


def asked_to_the_end(house: House) -> None:
    for _ in range(12):
        house.clock.advance(minutes=40)
        house.work()


@pytest.mark.parametrize("paused", [False, True])
def test_a_post_in_doubt_of_a_deleted_template_is_not_posted_by_its_key(
    house: House, stage: Stage, *, paused: bool
) -> None:
    died_in_doubt(house, stage)
    if paused:
        operations.pause(house.database, "t1", note=None, now=house.clock(), new_id=house.new_id)
    operations.delete(house.database, "t1", now=house.clock(), new_id=house.new_id)
    asked_to_the_end(house)

    assert stage.tweets() == []
    assert house.run().status is RunStatus.UNKNOWN
    assert len(stage.posts()) == 1
    with house.database.read() as c:
        (lost,) = publications.of_run(c, house.run().id)
        assert publications.is_wanted(c, replace(lost, part=1))  # of a thread that has begun


def test_the_publisher_of_the_daemon_asks_the_database(house: House, stage: Stage) -> None:
    died_in_doubt(house, stage)
    with house.database.read() as c:
        (lost,) = publications.of_run(c, house.run().id)

    async def asked() -> Settlement:
        async with httpx.AsyncClient(verify=False) as client:
            with running(house.database) as writer:
                publisher = assembly.publisher(load({}), writer, stage.transport(client))
                return await publisher.ask(lost, taken=frozenset(), may_send=lambda: None)

    operations.delete(house.database, "t1", now=house.clock(), new_id=house.new_id)
    assert (asyncio.run(asked()).detail, stage.tweets()) == (UNWANTED, [])


def test_that_of_a_paused_template_is(house: House, stage: Stage) -> None:
    died_in_doubt(house, stage)
    operations.pause(house.database, "t1", note=None, now=house.clock(), new_id=house.new_id)
    asked_to_the_end(house)

    assert [each["text"] for each in stage.tweets()] == ["Lost."]
    assert house.run().status is RunStatus.POSTED
