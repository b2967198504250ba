"""Why must not get slower with every slot that ever was: no question reads a growing table whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from domain.schedule import Grid, Schedule
from scheduler.operations import templates, why
from storage.database import Database
from tests.integration.scheduler_house import NOW, House

HOUR = timedelta(hours=1)
REQUESTED = "5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11"
Ask = Callable[[House], object]


def at(moment: datetime) -> Ask:
    return lambda house: why.of_slots(house.database, "name-of-t1", moment, now=house.clock())


ASKED: dict[str, Ask] = {
    "a run": lambda house: why.of_run(house.database, "id1"),
    "a run by the beginning of its id": lambda house: why.of_run(house.database, REQUESTED[:8]),
    "the newest run": lambda house: why.of_run(house.database, "name-of-t1"),
    "a past slot": at(NOW),
    "a slot in a gap": at(NOW + 3 * HOUR),
    "a slot to come": at(NOW + 100 * HOUR),
    "no slot": at(NOW + 2.5 * HOUR),
    "before everything": at(NOW - 100 * HOUR),
}
# What holds as many rows as there are templates, accounts, webhooks or feeds, and not as many as there are slots.
SMALL = ("account_gaps", "webhooks", "budgets", "templates")


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("question", ASKED)
def test_no_question_reads_a_growing_table_whole(database: Database, question: str) -> None:
    house = House(database)
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.template("t2")
    house.plan()
    house.work()
    templates.run_now(database, "t1", now=NOW + HOUR / 2, new_id=lambda: REQUESTED)
    house.work()
    house.clock.advance(hours=9, minutes=30)
    house.plan()
    steps: list[str] = []

    def explain(c: sa.Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            cursor = c.connection.cursor()
            steps.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall())
            cursor.close()

    sa.event.listen(database.engine, "before_cursor_execute", explain)
    ASKED[question](house)

    whole = [step for step in steps if step.startswith("SCAN") and not step.removeprefix("SCAN ").startswith(SMALL)]
    assert steps
    assert whole == []
