"""The runs of a template whose row cannot be read: they do not wait for ever, and what may be out is not forgotten."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from domain.event import EventType
from domain.reasons import Reason
from domain.run import RunStatus
from storage.database import Database
from storage.tables import templates
from tests.integration.scheduler_house import Died, House, outcomes
from tests.integration.test_scheduler_daemon import Process, running_daemon


@pytest.fixture
def house(database: Database) -> House:
    made = House(database)
    made.template()
    made.template("t2", account="elsewhere")
    made.plan()
    return made


def spoil(house: House) -> None:
    with house.database.write() as c:
        c.execute(update(templates).where(templates.c.id == "t1").values(definition="{not json"))


async def others_are_posted(process: Process) -> None:
    await process.until(lambda: process.house.run("t2").status is RunStatus.POSTED)
    await process.until(lambda: process.house.run("t1").status is not RunStatus.QUEUED)


def test_a_run_that_has_sent_nothing_ends_and_somebody_is_told(house: House) -> None:
    spoil(house)

    running_daemon(house, others_are_posted)

    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.INVALID_TEMPLATE)
    assert run.detail == "template name-of-t1: its definition cannot be read"
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.texts_sent() == ["Hello"]


def test_a_run_that_may_have_posted_is_not_ended(house: House) -> None:
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    begun = next(name for name in ("t1", "t2") if house.ledger(name))
    with house.database.write() as c:
        c.execute(update(templates).where(templates.c.id == begun).values(definition="{not json"))

    async def scene(process: Process) -> None:
        (other,) = {"t1", "t2"} - {begun}
        await process.until(lambda: house.run(other).status is RunStatus.POSTED)

    running_daemon(house, scene)

    assert house.run(begun).status in {RunStatus.QUEUED, RunStatus.WORKING}
    assert outcomes(house.ledger(begun)) == [None]
