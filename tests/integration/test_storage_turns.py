"""On PostgreSQL one writes at a time, as on SQLite."""

from __future__ import annotations

import asyncio
import threading

import pytest
import sqlalchemy as sa

from storage import events
from storage.database import Database
from storage.writer import Writer
from tests.integration.storage_values import event, running, with_templates

SOON = threading.Event()  # never set: a moment between two looks
PATIENCE = 500  # looks

WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def test_who_reads_on_from_an_event_misses_none_that_is_committed_later(database: Database) -> None:
    with_templates(database, "t1", "t2")
    seen: list[str] = []

    def write() -> None:
        with database.write() as c:
            events.record(c, [event(template_id="t2")])

    def look() -> None:
        with database.read() as c:
            seen.extend(one.id for one in events.list_events(c, after=seen[-1] if seen else None))

    quick = threading.Thread(target=write)
    with database.write() as c:
        events.record(c, [event(template_id="t1")])
        quick.start()
        for _ in range(PATIENCE):
            with database.read() as reading:
                if not quick.is_alive() or reading.execute(WAITING).scalar():
                    break
            SOON.wait(0.01)
        look()
    quick.join()
    look()
    with database.read() as c:
        assert seen == [one.id for one in events.list_events(c)]
    assert len(seen) == 2


def test_a_writer_whose_connection_was_lost_goes_on_with_a_new_one(database: Database) -> None:
    async def scenario() -> int:
        with running(database) as writer:
            await one(writer)
            with database.read() as c:
                c.execute(OTHERS)
            return await one(writer)

    async def one(writer: Writer) -> int:
        return await writer.call(lambda c: int(c.execute(sa.text("SELECT 1")).scalar_one()))

    assert asyncio.run(scenario()) == 1
