"""A daemon notices a database that was put back without `ostinato restore`, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from commands.daemon_lock import daemon_lock
from commands.last_seen import LastSeen, notice_restore
from domain.errors import Conflict
from domain.event import EventType, NewEvent
from domain.run import RunStatus
from scheduler.operations import restoring
from settings import Settings, load
from storage import events, installation
from storage.database import Database
from storage.tables import events as event_rows
from storage.tables import installation as installation_row
from storage.tables import templates as template_rows
from tests.integration.scheduler_house import House


class Home:
    """A database as a daemon has left it, and the file in which that stands."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.house = House(database)
        self.database = database
        folder.mkdir()
        self.settings: Settings = load({"OSTINATO_HOME": str(folder), "OSTINATO_DATABASE": database.url})
        self.install()

    def install(self) -> str:
        with self.database.write() as c:
            return installation.install_id(c)

    def happen(self, times: int = 1) -> None:
        """Record events, as whatever happens does."""
        with self.database.write() as c:
            for _ in range(times):
                told = NewEvent(self.house.new_id(), EventType.CLOCK_STEPPED, self.house.clock(), {"seconds": 1})
                events.record(c, [told])

    def seen(self) -> LastSeen:
        return LastSeen(self.settings, self.database)

    def note(self) -> None:
        self.seen().note(self.house.clock())

    def start(self) -> bool:
        """Look as a daemon does before it starts; tell whether the database was treated as restored."""
        before = self.told()
        notice_restore(self.settings, self.database, now=self.house.clock(), new_id=self.house.new_id)
        return self.told() > before

    def told(self) -> int:
        with self.database.read() as c:
            return len(events.list_events(c, types=[EventType.DATABASE_RESTORED]))


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Home:
    return Home(database, tmp_path / "elsewhere")


def forget_the_newest(database: Database) -> None:
    """Be as the database was before its newest event."""
    with database.write() as c:
        last = events.last_position(c)
        c.execute(delete(event_rows).where(event_rows.c.position == last))
        if c.dialect.name == "sqlite":
            c.exec_driver_sql(f"UPDATE sqlite_sequence SET seq = {last - 1} WHERE name = 'events'")
        else:
            c.exec_driver_sql(f"SELECT setval('events_position_seq', {last - 1})")


def test_a_database_that_has_forgotten_an_event_is_treated_as_restored_once(home: Home) -> None:
    home.house.template()
    home.house.plan()
    home.happen(2)
    home.note()
    forget_the_newest(home.database)
    home.house.clock.advance(hours=1)

    assert home.start()
    assert home.house.run().status is RunStatus.SKIPPED
    assert not home.start()


@pytest.mark.parametrize("went_on", [0, 1])
def test_a_database_that_is_as_it_was_left_or_has_gone_on_is_used_as_it_is(home: Home, went_on: int) -> None:
    home.happen()
    home.note()
    home.happen(went_on)

    assert not home.start()


def test_without_the_file_nothing_is_noticed(home: Home, tmp_path: Path) -> None:
    home.happen(2)
    assert not home.start()
    home.note()
    forget_the_newest(home.database)
    (file,) = tmp_path.rglob("*.seen")
    file.write_text("{")

    assert not home.start()


def test_pruned_events_are_no_sign_of_an_older_database(home: Home) -> None:
    home.happen(3)
    home.note()
    with home.database.write() as c:
        c.execute(delete(event_rows))

    assert not home.start()


def test_the_database_of_another_installation_is_used_as_it_is(home: Home) -> None:
    home.happen(3)
    home.note()
    forget_the_newest(home.database)
    with home.database.write() as c:
        c.exec_driver_sql("UPDATE installation SET install_id = 'ffffffff'")

    assert not home.start()


@pytest.mark.parametrize(("minutes", "noticed"), [(-30, True), (30, False)])
def test_a_copy_from_before_the_first_daemon_is_noticed_and_a_new_database_is_not(
    home: Home, minutes: int, noticed: bool
) -> None:
    home.house.template()
    home.happen()
    home.house.clock.advance(hours=1)
    home.note()
    with home.database.write() as c:
        c.execute(delete(installation_row))
        added = update(template_rows).values(created_at=home.house.clock() + timedelta(minutes=minutes))
        c.execute(added)

    assert home.start() is noticed


def test_a_database_that_another_machine_has_treated_already_is_used_as_it_is(home: Home) -> None:
    home.happen(3)
    home.note()
    forget_the_newest(home.database)
    home.house.clock.advance(minutes=1)
    forget_the_newest(home.database)
    restoring.mark(home.database, now=home.house.clock(), new_id=home.house.new_id)

    assert not home.start()


def test_where_another_daemon_runs_on_the_older_database_nothing_is_done(home: Home) -> None:
    home.happen(2)
    home.note()
    forget_the_newest(home.database)

    with daemon_lock(home.database, shared=True), pytest.raises(Conflict, match="older than a daemon has left it"):
        home.start()
    assert home.told() == 0


def test_a_daemon_whose_database_goes_back_stops_and_the_next_treats_it_as_restored(home: Home) -> None:
    async def beats() -> list[bool]:
        stop = asyncio.Event()
        seen = LastSeen(home.settings, home.database, stop)
        stopped = []
        for goes_back in (False, False, True):
            forget_the_newest(home.database) if goes_back else home.happen(2)
            await seen.beat(home.house.clock())
            stopped.append(stop.is_set())
        return stopped

    assert asyncio.run(beats()) == [False, False, True]
    assert home.start()


def test_a_file_that_cannot_be_written_keeps_nobody_from_working(home: Home, tmp_path: Path) -> None:
    home.note()
    (file,) = tmp_path.rglob("*.seen")
    file.with_name(f"{file.name}.part").mkdir()
    home.happen()

    home.note()
    assert not home.start()
