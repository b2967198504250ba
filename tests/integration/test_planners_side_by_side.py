"""Several planners on a real PostgreSQL: none waits for another, and who reads the events misses none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from domain.template import TemplateStatus
from scheduler.planner import plan_due
from storage import events, runs, templates
from storage.database import Database, open_database
from storage.due import due
from storage.jobs import defer_shards
from tests.integration.storage_values import NOW, event, listed, planned, state, template, with_templates


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """The same database as another process opens it."""
    opened = open_database(database_url)
    yield opened
    opened.close()


def plan_soon_or_not(database: Database, plans: list[runs.PlannedTemplate]) -> int:
    with database.write_beside() as c:
        c.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        return runs.plan(c, plans, now=NOW)


def test_a_planner_takes_what_another_has_not_taken_and_does_not_wait_for_it(
    database: Database, other: Database
) -> None:
    with_templates(database, *(f"t{number}" for number in range(10)))
    numbers = iter(range(100))

    def new_id() -> str:
        return f"r{next(numbers)}"

    with database.write_beside() as first:
        assert plan_due(first, now=NOW, new_id=new_id, limit=6, deliver=defer_shards).runs == 6
        with other.write_beside() as second:  # were it to wait, this would never end
            planned = plan_due(second, now=NOW, new_id=new_id, limit=6, deliver=defer_shards)
            assert (planned.runs, planned.templates, planned.more) == (4, 4, False)
    with database.read() as c:
        assert len(listed(c)) == 10
        assert due(c, NOW, 10).templates == []


def test_a_planner_that_meets_an_unreadable_template_leaves_others_what_they_have_taken(
    database: Database, other: Database
) -> None:
    with database.write() as c:
        for number in range(8):
            templates.insert(c, template(f"t{number}"), state(NOW - timedelta(minutes=8 - number)))
        c.exec_driver_sql("UPDATE templates SET definition = '{}' WHERE id = 't5'")
    numbers = iter(range(100))

    def new_id() -> str:
        return f"r{next(numbers)}"

    with database.write_beside() as first:
        assert plan_due(first, now=NOW, new_id=new_id, limit=4, deliver=defer_shards).runs == 4
        with other.write_beside() as second:
            second.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            assert plan_due(second, now=NOW, new_id=new_id, limit=4, deliver=defer_shards).runs == 3
    with database.read() as c:
        assert [(each.id, each.status) for each in templates.list_unreadable(c)] == [("t5", TemplateStatus.PAUSED)]
        assert templates.earliest_slot(c) == NOW + timedelta(hours=6)
        assert len(listed(c)) == 8


def test_a_plan_that_others_are_in_the_way_of_is_done_again_and_no_template_is_to_blame(
    database: Database, other: Database
) -> None:
    with_templates(database, "t1", "t2", "t3")
    plans = [planned("t1", "r1"), planned("t2", "r2")]
    with other.read() as c:  # what it plans is taken back at its end
        runs.plan(c, [planned("t3", "r1")], now=NOW)
        with pytest.raises(psycopg.OperationalError):
            plan_soon_or_not(database, plans)
    assert plan_soon_or_not(database, plans) == 2


# An aggregate that waits for whoever holds the lock: it stops the question in its midst.
SLOW = """
CREATE SCHEMA slow;
CREATE FUNCTION slow.wait(at timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared(7, 7); RETURN at; END $$;
CREATE AGGREGATE slow.min(timestamptz) (sfunc = timestamptz_smaller, stype = timestamptz, finalfunc = slow.wait)
"""


def test_a_template_that_another_planner_has_moved_meanwhile_is_left_for_the_next_look(
    database: Database, other: Database
) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        c.exec_driver_sql("UPDATE templates SET next_slot_at = next_slot_at + interval '1 s' WHERE id = 't2'")
        c.exec_driver_sql(SLOW)
    then = NOW + timedelta(days=1)
    found: list[str] = []

    def ask() -> None:
        with other.write_beside() as c:
            c.exec_driver_sql("SET LOCAL search_path = slow, public, pg_catalog")
            found.extend(each.template.id for each in due(c, then, 10).templates)

    asking = threading.Thread(target=ask)
    with database.write_beside() as c:
        c.exec_driver_sql("SELECT pg_advisory_xact_lock(7, 7)")
        asking.start()
        while not c.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
            time.sleep(0.01)
        plan = planned("t2", "r2", NOW + timedelta(seconds=1))
        assert runs.plan(c, [plan], now=then) == 1  # which leaves it due: its next slot has come as well
    asking.join(20)
    assert found == ["t1"]
    with database.read() as c:
        assert [each.template.id for each in due(c, then, 10).templates] == ["t1", "t2"]


def test_who_writes_alone_waits_for_planners_and_they_for_it(database: Database, other: Database) -> None:
    order: list[str] = []

    def alone() -> None:
        with other.write():
            order.append("alone")

    writing = threading.Thread(target=alone)
    with database.write_beside() as c:
        with other.write_beside():
            order.append("both")
        writing.start()
        waited = threading.Event()
        while not c.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
            waited.wait(0.01)
        order.append("planned")
    writing.join(20)
    assert order == ["both", "planned", "alone"]


def test_who_reads_on_from_the_last_event_misses_none_of_planners_that_write_side_by_side(
    database: Database, other: Database
) -> None:
    each, names = 30, ("t1", "t2")
    with database.write() as c:
        for name in names:
            templates.insert(c, template(name), state())
    failed: list[Exception] = []
    started = threading.Barrier(3)

    def write(mine: Database, name: str) -> None:
        rest = threading.Event()
        started.wait()
        try:
            for number in range(each):
                with mine.write_beside() as c:
                    events.record(c, [event(template_id=name)])
                    rest.wait(0.001 * (number % 7))  # it commits later than the next one could have begun
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    writers = [threading.Thread(target=write, args=pair) for pair in zip((database, other), names, strict=True)]
    for writer in writers:
        writer.start()
    started.wait()
    seen: list[str] = []
    while len(seen) < each * len(names) and not failed:
        with database.read() as c:
            seen.extend(found.id for found in events.list_events(c, after=seen[-1] if seen else None))
            everything = [found.id for found in events.list_events(c, limit=1000)]
        assert everything[: len(seen)] == seen
    for writer in writers:
        writer.join(20)
    assert failed == []
