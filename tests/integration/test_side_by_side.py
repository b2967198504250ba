"""Beside a newer version of the program: what an older one may work on, and what it leaves alone."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs

from domain.errors import Conflict
from domain.run import RunStatus
from domain.template import Approval
from scheduler import approvals
from scheduler.outdated import by_the_newest
from scheduler.planner import plan_due
from storage import installation, runs, schema, tables, templates
from storage.database import Database
from tests.integration.command_line import CommandLine
from tests.integration.scheduler_house import House
from tests.integration.storage_values import LEASE, NOW, SOON, planned, template, with_templates
from tests.integration.test_scheduler_daemon import Process, running_daemon, status

NEWER = "9999"


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def upgraded(database: Database, *, oldest: str | None, release: str | None = None) -> None:
    """Leave what the `db upgrade` of a newer version leaves."""
    with database.write() as c:
        installation.install_id(c)
        c.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": NEWER})
        c.execute(update(tables.installation).values(oldest_schema=oldest, release=release))


def written_by_a_newer(database: Database, template_id: str) -> None:
    with database.write() as c:
        c.execute(update(tables.templates).where(tables.templates.c.id == template_id).values(schema=NEWER))


def test_a_newer_schema_that_this_program_may_work_on_is_refused_only_where_the_newest_is_asked_for(
    database: Database,
) -> None:
    upgraded(database, oldest=schema.HEAD, release="7.5.0")
    schema.check(database, newer=True)
    with pytest.raises(Conflict, match=r"schema 9999, newer than this program knows .* install Ostinato 7\.5\.0"):
        schema.check(database)


@pytest.mark.parametrize("oldest", [NEWER, None])
def test_a_newer_schema_that_this_program_may_not_work_on_says_what_to_install(
    database: Database, oldest: str | None
) -> None:
    upgraded(database, oldest=oldest, release="7.5.0")
    with pytest.raises(Conflict, match=r"schema 9999, which needs .* install Ostinato 7\.5\.0 or newer"):
        schema.check(database, newer=True)


def test_a_database_says_which_programs_may_work_on_it_from_its_first_row_on_and_after_each_upgrade(
    database: Database,
) -> None:
    with database.write() as c:
        installation.install_id(c)
    assert stated(database) == (schema.OLDEST, schema.release())
    with database.write() as c:
        c.execute(update(tables.installation).values(oldest_schema=None, release=None))
    schema.upgrade(database)
    assert stated(database) == (schema.OLDEST, schema.release())
    assert schema.OLDEST <= schema.HEAD


def stated(database: Database) -> tuple[str | None, str | None]:
    with database.read() as c:
        oldest, release = c.execute(text("SELECT oldest_schema, release FROM installation")).one()
    return oldest, release


def test_a_worker_claims_no_run_of_a_template_that_a_newer_version_wrote(database: Database) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        runs.plan(c, [planned("t1", "r1"), planned("t2", "r2")], now=NOW)
    upgraded(database, oldest=schema.HEAD)
    written_by_a_newer(database, "t1")
    with database.write() as c:
        assert [each.run.id for each in runs.claim(c, owner="old", now=NOW, lease=LEASE, limit=9)] == ["r2"]
        assert runs.next_work_at(c) is None


@pytest.mark.parametrize("oldest", [NEWER, None])
def test_a_worker_that_is_too_old_for_the_database_claims_nothing(database: Database, oldest: str | None) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        runs.plan(c, [planned("t1", "r1"), planned("t2", "r2")], now=NOW)
        runs.claim(c, owner="dead", now=NOW, lease=LEASE, limit=1)
        c.execute(update(tables.runs).where(tables.runs.c.status == "working").values(leased_until=NOW))
    upgraded(database, oldest=oldest)
    with database.write() as c:
        assert runs.claim(c, owner="old", now=NOW + LEASE, lease=LEASE, limit=9) == []
        assert runs.next_work_at(c) is None


def test_a_worker_takes_over_no_lapsed_run_of_a_template_that_a_newer_version_wrote(database: Database) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        runs.plan(c, [planned("t1", "r1"), planned("t2", "r2")], now=NOW)
        runs.claim(c, owner="dead", now=NOW, lease=LEASE, limit=9)
        c.execute(update(tables.runs).values(leased_until=NOW))
    upgraded(database, oldest=schema.HEAD)
    written_by_a_newer(database, "t1")
    with database.write() as c:
        assert [each.run.id for each in runs.claim(c, owner="old", now=NOW + LEASE, lease=LEASE, limit=9)] == ["r2"]


def test_a_planner_leaves_the_templates_that_a_newer_version_wrote_to_it(database: Database) -> None:
    with_templates(database, "t1", "t2")
    upgraded(database, oldest=schema.HEAD)
    written_by_a_newer(database, "t1")
    with database.write() as c:
        done = plan_due(c, now=NOW, new_id=iter(("r1", "r2")).__next__)
        assert (done.runs, done.next_slot_at) == (1, templates.get(c, "t2").state.next_slot_at)
        assert templates.get(c, "t1").state.next_slot_at == NOW


def test_a_template_of_a_newer_version_that_this_one_cannot_read_is_not_paused_for_it(database: Database) -> None:
    with_templates(database, "t1", "t2", "t3")
    upgraded(database, oldest=schema.HEAD)
    written_by_a_newer(database, "t1")
    with database.write() as c:
        c.execute(update(tables.templates).where(tables.templates.c.id != "t3").values(definition='{"kind": "poll"}'))
        done = plan_due(c, now=NOW, new_id=map(str, itertools.count()).__next__)
        stands = {row.id: row.status for row in c.execute(text("SELECT id, status FROM templates"))}
    assert (done.runs, stands) == (1, {"t1": "active", "t2": "paused", "t3": "active"})


def test_a_deadline_of_an_approval_is_left_to_the_version_that_wrote_the_template(house: House) -> None:
    for name in ("t1", "t2"):
        house.template(name, approval=Approval.APPROVE, approve_within=timedelta(hours=1))
    house.plan()
    house.work()
    upgraded(house.database, oldest=schema.HEAD)
    written_by_a_newer(house.database, "t1")
    with house.database.write() as c:
        approvals.expire(c, now=NOW + timedelta(hours=2), new_id=house.new_id)
    assert (status(house, "t1"), status(house, "t2")) == (RunStatus.HELD, RunStatus.SKIPPED)


def test_a_template_bears_the_schema_of_the_program_that_wrote_it_last(database: Database) -> None:
    with_templates(database, "t1")
    written_by_a_newer(database, "t1")
    with database.write() as c:
        templates.replace(c, template("t1", account="other"), now=NOW + SOON)
        assert c.execute(text("SELECT schema FROM templates")).scalar() == schema.HEAD


def test_a_running_daemon_goes_on_beside_a_newer_version_that_allows_it(house: House) -> None:
    house.template("t1")

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house) is RunStatus.POSTED)
        upgraded(house.database, oldest=schema.HEAD)
        house.template("t2", account="other")
        await process.until(lambda: status(house, "t2") is RunStatus.POSTED)
        assert process.pulse.outdated is None

    running_daemon(house, scene)


def test_a_running_daemon_finishes_what_it_has_and_takes_up_nothing_when_the_database_is_too_new(house: House) -> None:
    house.template("t1")
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        writing.set()
        await go_on.wait()

    house.editor.at_compose = slowly

    async def scene(process: Process) -> None:
        await process.until(writing.is_set)
        upgraded(house.database, oldest=NEWER, release="7.5.0")
        house.template("t2", account="other")
        await process.until(lambda: process.pulse.outdated is not None)
        go_on.set()
        await process.until(lambda: status(house, "t1") is RunStatus.POSTED)

    with capture_logs() as said:
        running_daemon(house, scene)
    assert status(house, "t2") is None
    assert len([line for line in said if line["event"] == "daemon.outdated"]) == 1


def test_what_writes_definitions_is_left_to_the_newest_version(database: Database) -> None:
    beaten: list[datetime] = []

    async def beat(now: datetime) -> None:
        beaten.append(now)

    async def beats() -> None:
        rests = by_the_newest(database, beat)
        await rests(NOW)
        upgraded(database, oldest=schema.HEAD)
        await rests(NOW + SOON)

    asyncio.run(beats())
    assert beaten == [NOW]


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    here = CommandLine(tmp_path)
    here("template", "list")
    return here


def test_the_daemon_and_what_watches_it_may_run_beside_a_newer_version_and_nothing_else(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        upgraded(database, oldest=schema.HEAD, release="7.5.0")
    assert ostinato.json("status")["daemon"] == "stopped"
    assert "newer than this program" in ostinato("doctor", "--offline").output
    assert "install Ostinato 7.5.0 or newer" in ostinato("template", "list", code=7).stderr


def test_a_daemon_that_is_too_old_for_the_database_does_not_start(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        upgraded(database, oldest=NEWER, release="7.5.0")
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "xq_" + "a" * 64
    for words in (["daemon"], ["status"]):
        assert "install Ostinato 7.5.0 or newer" in ostinato(*words, code=7).stderr
    assert "install Ostinato 7.5.0 or newer" in ostinato("doctor", "--offline", code=1).output
