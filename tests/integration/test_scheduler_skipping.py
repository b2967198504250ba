"""Every planned instant has one run or lies in one gap, whatever a person does to the template meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from scheduler.operations import templates as asked
from storage.database import Database
from tests.integration.scheduler_house import NOW, House, outcomes

LIMITED = Settlement(Outcome.DEFERRED, "answer", reason="429", retry_at=NOW + timedelta(hours=1))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def delete(house: House) -> None:
    asked.delete(house.database, "t1", now=house.clock(), new_id=house.new_id)


def test_a_run_that_was_only_deferred_ends_with_its_template(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    delete(house)

    house.clock.advance(hours=2)
    house.work()

    assert outcomes(house.ledger()) == ["deferred"]
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.CANCELLED)
