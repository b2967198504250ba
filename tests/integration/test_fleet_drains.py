"""What the workers of a fleet do with their jobs, on a real PostgreSQL: batches claimed, accounts emptied in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from psycopg import sql
from sqlalchemy import make_url, text

from domain.publication import Post
from domain.run import Facts, Hold, RunStatus
from domain.template import Template
from scheduler.crew import Crew
from scheduler.delivery.drains import Drains
from scheduler.delivery.fleet import Fleet
from scheduler.delivery.heads import Heads
from scheduler.delivery.job_workers import JobWorkers, Task, retry
from scheduler.delivery.turns import SharedLanes
from scheduler.lanes import HandedOver
from scheduler.leases import Leases
from storage import jobs, runs, templates
from storage.database import Database, open_database
from storage.tables import runs as rows
from storage.writer import Writer
from tests.integration.storage_values import LEASE, NOW, listed, planned, running, state, template
from tests.postgresql_server import OTHERS

LATER = timedelta(hours=1)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


class Posting:
    """Stands in for the runner: takes the account's turn and is done with the run, or is told to come back later."""

    def __init__(self, writer: Writer, lanes: SharedLanes) -> None:
        self.begun: list[str] = []
        self.worked: list[str] = []
        self.busy = 0
        self.most = 0
        self.retry_after: dict[str, datetime] = {}
        self.waits_for: str | None = "the API's limit"  # what the account of such a run waits for
        self.gate: asyncio.Event | None = None
        self.post_gate: asyncio.Event | None = None
        self._writer = writer
        self._lanes = lanes

    def remember(self, run_id: str, posts: Sequence[Post]) -> None:
        """Nothing is asked of them."""

    def tell_who_leaves(self, leave: Callable[[Hold], Awaitable[None]]) -> None:
        """It is done at once."""

    async def work(self, hold: Hold, facts: Facts, template: Template) -> None:
        self.begun.append(hold.run_id)
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            if self.gate is not None:
                await self.gate.wait()
            with suppress(HandedOver):
                async with self._lanes.turn(facts.run.account, hold.run_id, facts.run.slot_at):
                    await self._post(hold)
        finally:
            self.busy -= 1

    async def _post(self, hold: Hold) -> None:
        if self.post_gate is not None:
            await self.post_gate.wait()
        self.worked.append(hold.run_id)
        at = self.retry_after.pop(hold.run_id, None)
        if at is not None:
            await self._writer.submit(runs.release(hold, not_before=at, now=NOW, detail=self.waits_for))
            return
        end: dict[str, Any] = {"status": RunStatus.POSTED, "reason": None, "detail": None, "events": ()}
        await self._writer.submit(runs.finish(hold, items="kept", now=NOW, **end))


def clock() -> datetime:
    return datetime.now(UTC)


class Process:
    """One process of a fleet, without Procrastinate's workers."""

    def __init__(self, database: Database, writer: Writer, workers: int = 4) -> None:
        leases = Leases(lease=LEASE, request_timeout=timedelta(seconds=1), monotonic=lambda: 0.0)
        lanes = SharedLanes(spacing=timedelta(0), clock=clock, leases=leases)
        self.lanes = lanes
        self.posting = Posting(writer, lanes)
        self.crew = Crew(
            database=database,
            writer=writer,
            runner=self.posting,
            leases=leases,
            workers=workers,
            clock=clock,
            monotonic=lambda: 0.0,
        )
        self.paused = False
        self.drains = Drains(self.crew, lanes, self.pause)

    def pause(self) -> None:
        self.paused = True


def in_process(database: Database, act: Callable[[Process], Awaitable[None]], workers: int = 4) -> Process:
    """Do *act* in a process; give what became of it."""

    async def run(writer: Writer) -> Process:
        process = Process(database, writer, workers)
        await act(process)
        await process.crew.wind_down()
        return process

    with running(database) as writer:
        return asyncio.run(run(writer))


def queued(database: Database, *run_ids: str) -> None:
    """Plan runs of as many templates, the first with the earliest slot."""
    with database.write() as c:
        for number, run_id in enumerate(run_ids):
            at = NOW + timedelta(minutes=number)
            templates.insert(c, template(f"t-{run_id}"), state(at))
            runs.plan(c, [planned(f"t-{run_id}", run_id, at)], now=at)


def ready(database: Database, *run_ids: str) -> None:
    """Plan runs and give them to their account, the last first."""
    queued(database, *run_ids)
    with database.write() as c:
        found = runs.claim(c, owner="me", now=NOW + LATER, lease=LEASE, limit=len(run_ids), only=run_ids)
        runs.hand_over(c, [Hold(facts.run.id, "me", facts.run.epoch) for facts in reversed(found)])


def statuses(database: Database) -> dict[str, str]:
    with database.read() as c:
        return {row.id: row.status for row in c.execute(rows.select())}


def jobs_of(database: Database, queue: str) -> list[Any]:
    query = text("SELECT * FROM procrastinate_jobs WHERE queue_name = :queue ORDER BY id")
    with database.read() as c:
        return list(c.execute(query, {"queue": queue}))


def test_a_batch_is_claimed_and_what_is_ready_is_posted_at_once_where_its_account_is_free(database: Database) -> None:
    queued(database, "r1", "r2", "r3")

    async def drain(process: Process) -> None:
        await process.drains.drain_shard(["r1", "r2", "gone"])
        await until(lambda: process.posting.worked == ["r1", "r2"])

    assert in_process(database, drain).posting.most <= 2
    assert jobs_of(database, jobs.ACCOUNTS) == []
    assert statuses(database) == {"r1": "posted", "r2": "posted", "r3": "queued"}
    with database.read() as c:
        assert jobs.lost(c, datetime.now(UTC)).run_ids == ["r3"]


def test_what_is_ready_goes_to_its_account_where_others_wait_for_that(database: Database) -> None:
    ready(database, "r1")
    queued(database, "r2", "r3")
    done = in_process(database, lambda process: process.drains.drain_shard(["r2", "r3"]))
    assert done.posting.worked == []
    assert [job.args for job in jobs_of(database, jobs.ACCOUNTS)] == [{"account": "acme"}]
    assert set(statuses(database).values()) == {"queued"}


def test_a_run_has_no_turn_at_once_when_another_of_its_account_is_handed_over_with_it(database: Database) -> None:
    queued(database, "r1", "r2")
    answers: list[bool] = []

    async def both(process: Process) -> None:
        owner = process.crew.leases.owner
        with database.write() as c:
            found = runs.claim(c, owner=owner, now=NOW + LATER, lease=LEASE, limit=2, only=["r1", "r2"])
        heads = Heads(process.crew, process.lanes)
        holds = [Hold(facts.run.id, owner, facts.run.epoch) for facts in found]
        asked = [
            heads.hand_over(hold, "acme", at_once=at_once) for hold, at_once in zip(holds, (False, True), strict=True)
        ]
        answers.extend(await asyncio.gather(*asked))

    in_process(database, both)
    assert answers == [False, False]
    assert statuses(database) == {"r1": "queued", "r2": "queued"}


def test_a_process_that_has_no_room_for_posts_leaves_them_to_others(database: Database) -> None:
    with database.write() as c:
        for number, name in enumerate(("one", "two", "three")):
            templates.insert(c, template(f"t-{name}", account=name), state(NOW))
            runs.plan(c, [planned(f"t-{name}", f"r{number}", account=name)], now=NOW)

    async def two_at_once(process: Process) -> None:
        process.posting.post_gate = asyncio.Event()
        await process.drains.drain_shard(["r0", "r1"])
        await until(lambda: process.posting.busy == 2)
        await process.drains.drain_shard(["r2"])
        await until(lambda: [job.args for job in jobs_of(database, jobs.ACCOUNTS)] == [{"account": "three"}])
        with database.read() as c:
            assert not jobs.lost(c, datetime.now(UTC))
        process.posting.post_gate.set()

    assert sorted(in_process(database, two_at_once, workers=2).posting.worked) == ["r0", "r1"]


def test_a_batch_that_comes_twice_is_worked_on_once(database: Database) -> None:
    queued(database, "r1", "r2")

    async def twice(process: Process) -> None:
        process.posting.gate = asyncio.Event()
        await asyncio.gather(process.drains.drain_shard(["r1", "r2"]), process.drains.drain_shard(["r2", "r1"]))
        assert process.crew.busy == 2
        process.posting.gate.set()

    in_process(database, twice)


def test_a_worker_keeps_what_it_has_room_for_and_hands_on_the_rest(database: Database) -> None:
    names = [f"r{number}" for number in range(10)]
    queued(database, *names)

    async def full(process: Process) -> None:
        process.posting.gate = asyncio.Event()
        draining = asyncio.create_task(process.drains.drain_shard(names))
        while process.crew.busy < 4:
            await asyncio.sleep(0)
        assert not draining.done()  # no other batch is taken meanwhile
        process.posting.gate.set()
        await draining

    assert in_process(database, full).posting.most == 4
    assert [job.args["run_ids"] for job in jobs_of(database, jobs.SHARDS)] == [names[4:]]


def test_what_is_left_of_a_batch_goes_before_one_that_came_due_later(database: Database) -> None:
    names = [f"r{number:02}" for number in range(16)]
    queued(database, *names)

    async def take_both(process: Process) -> None:
        with database.write() as c:
            jobs.defer_shards(c, names[8:])
            jobs.defer_shards(c, names[:8])
        tasks = [Task(jobs.SHARDS, jobs.DRAIN_SHARD, process.drains.drain_shard, 1)]
        workers = JobWorkers(database, tasks, timedelta(seconds=30))
        workers.open()
        await until(lambda: set(statuses(database).values()) == {"posted"})
        await workers.close()

    assert list(dict.fromkeys(in_process(database, take_both).posting.begun)) == names


def test_an_account_is_emptied_in_slot_order_one_post_at_a_time(database: Database) -> None:
    names = [f"r{number}" for number in range(6)]
    ready(database, *names)
    done = in_process(database, lambda process: process.drains.drain_account("acme"))
    assert done.posting.worked == names
    assert done.posting.most == 1
    assert set(statuses(database).values()) == {"posted"}
    assert jobs_of(database, jobs.ACCOUNTS) == []


def test_an_account_that_is_drained_twice_at_once_posts_everything_once_and_one_at_a_time(database: Database) -> None:
    names = [f"r{number}" for number in range(6)]
    ready(database, *names)
    others = open_database(database.url)

    async def both(process: Process) -> None:
        other = Process(others, process.crew.writer)
        await asyncio.gather(process.drains.drain_account("acme"), other.drains.drain_account("acme"))
        assert sorted(process.posting.worked + other.posting.worked) == names
        assert process.posting.most + other.posting.most <= 2

    in_process(database, both)
    others.close()


def test_a_drain_does_not_wait_out_a_retry_after_but_defers_itself(database: Database) -> None:
    ready(database, "r1", "r2")
    later = datetime.now(UTC) + LATER

    async def told_to_wait(process: Process) -> None:
        process.posting.retry_after["r1"] = later
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    assert in_process(database, told_to_wait).posting.worked == ["r1"]
    (job,) = jobs_of(database, jobs.ACCOUNTS)
    assert (job.scheduled_at, job.status) == (later, "todo")
    with database.read() as c:
        assert not jobs.lost(c, datetime.now(UTC))
        assert {run.not_before for run in listed(c)} == {later}


def test_a_drain_whose_clock_is_behind_postgresqls_comes_back_a_second_later_and_not_at_once(
    database: Database,
) -> None:
    ready(database, "r1", "r2")

    async def told_to_wait(process: Process) -> None:
        process.crew.clock = lambda: clock() - timedelta(seconds=20)
        process.posting.retry_after["r1"] = process.crew.clock() + timedelta(seconds=5)
        before = clock()
        await process.drains.drain_account("acme")
        (job,) = jobs_of(database, jobs.ACCOUNTS)
        assert before + jobs.BEHIND <= job.scheduled_at <= clock() + jobs.BEHIND

    in_process(database, told_to_wait)


@pytest.mark.parametrize("by", ["account", "batch"])
def test_what_was_being_claimed_when_a_process_stops_is_worked_on_and_does_not_wait_for_its_lease(
    database: Database, by: str
) -> None:
    queued(database, "r1", "r2") if by == "batch" else ready(database, "r1", "r2")

    async def stopping(process: Process) -> None:
        job = process.drains.drain_shard(["r1"]) if by == "batch" else process.drains.drain_account("acme")
        with database.write():  # nobody else writes meanwhile
            drain = asyncio.create_task(job)
            await until(lambda: claims_wait(database))
            process.drains.close()
            drain.cancel()  # as a worker does with the jobs that take too long to end
            closing = asyncio.create_task(process.drains.settled())
            await asyncio.sleep(0)
            assert not closing.done()
        await process.crew.wind_down(closing)

    worked = in_process(database, stopping).posting
    assert worked.begun == ["r1"]
    assert statuses(database) == {"r1": "queued" if by == "batch" else "posted", "r2": "queued"}


def claims_wait(database: Database) -> bool:
    query = """
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
    """
    with database.read() as c:
        return bool(c.scalar(text(query)))


def test_a_process_that_stops_hands_back_what_it_has_not_begun(database: Database) -> None:
    names = [f"r{number}" for number in range(8)]
    queued(database, *names)
    ready(database, "ready")

    async def stopping(process: Process) -> None:
        process.drains.close()
        await process.drains.drain_shard(names)
        await process.drains.drain_account("acme")

    assert in_process(database, stopping).posting.worked == []
    assert [job.args["run_ids"] for job in jobs_of(database, jobs.SHARDS)] == [names]
    assert [job.args for job in jobs_of(database, jobs.ACCOUNTS)] == [{"account": "acme"}]


def test_a_process_that_stops_waits_for_what_it_was_just_claiming(database: Database) -> None:
    names = ["r1", "r2"]
    queued(database, *names)

    async def stopping(process: Process) -> None:
        draining = asyncio.create_task(process.drains.drain_shard(names))
        await asyncio.sleep(0)  # the claim is asked for
        process.drains.close()
        await process.crew.wind_down(draining)
        assert sorted(process.posting.begun) == names
        assert process.crew.busy == 0

    in_process(database, stopping)


def test_a_process_that_stops_while_it_has_no_room_claims_no_more(database: Database) -> None:
    names = [f"r{number}" for number in range(6)]
    queued(database, *names)

    async def stopping(process: Process) -> None:
        process.posting.gate = asyncio.Event()
        full = asyncio.create_task(process.drains.drain_shard(names[:4]))
        while process.crew.busy < 4:
            await asyncio.sleep(0)
        waits = asyncio.create_task(process.drains.drain_shard(names[4:]))
        await asyncio.sleep(0)
        process.drains.close()
        await asyncio.gather(full, waits)
        process.posting.gate.set()

    assert sorted(in_process(database, stopping).posting.begun) == names[:4]
    assert [job.args["run_ids"] for job in jobs_of(database, jobs.SHARDS)] == [names[4:]]


def test_a_sweep_covers_what_no_job_does_and_rests_when_it_is_woken_again_at_once(database: Database) -> None:
    ready(database, "r1")
    moment = [100.0]

    async def sweep(process: Process) -> None:
        fleet = Fleet(
            database=database,
            writer=process.crew.writer,
            lanes=process.lanes,
            owner="me",
            monotonic=lambda: moment[0],
        )
        beat, every = fleet.beats(process.crew, lambda: None)["work"]
        assert every == timedelta(seconds=1)
        assert await beat(NOW + LATER) is None
        with database.write() as c:
            assert c.execute(text("DELETE FROM procrastinate_jobs RETURNING args")).scalar() == {"account": "acme"}
        again = await beat(NOW + LATER)
        assert again is not None
        assert again > NOW + LATER
        assert jobs_of(database, jobs.ACCOUNTS) == []
        moment[0] += 1
        await beat(NOW + LATER)
        assert len(jobs_of(database, jobs.ACCOUNTS)) == 1

    in_process(database, sweep)


def test_a_program_that_is_outdated_leaves_its_jobs_to_newer_ones(database: Database) -> None:
    queued(database, "r1")
    ready(database, "r2")
    with database.write() as c:
        c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        c.exec_driver_sql("UPDATE installation SET oldest_schema = '9999'")

    async def outdated(process: Process) -> None:
        await process.drains.drain_shard(["r1"])
        assert process.paused
        await process.drains.drain_account("acme")

    assert in_process(database, outdated).posting.worked == []
    assert [job.args["run_ids"] for job in jobs_of(database, jobs.SHARDS)] == [["r1"]]
    assert [job.args for job in jobs_of(database, jobs.ACCOUNTS)] == [{"account": "acme"}]


@pytest.fixture
def app(database: Database) -> App:
    return App(connector=PsycopgConnector(conninfo=database.conninfo, min_size=1, max_size=2))


def deferred(database: Database, account: str = "acme") -> None:
    with database.write() as c:
        jobs.defer_accounts(c, [account])


async def taken_by_a_dead_worker(app: App, database: Database) -> None:
    manager = app.job_manager
    await manager.fetch_job([jobs.ACCOUNTS], await manager.register_worker())
    with database.write() as c:
        c.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"))


def test_the_job_of_a_dead_worker_is_taken_up_again(database: Database, app: App) -> None:
    async def rescue() -> None:
        async with app.open_async():
            await taken_by_a_dead_worker(app, database)
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
                await retry(app.job_manager, job)

    deferred(database)
    asyncio.run(rescue())
    (job,) = jobs_of(database, jobs.ACCOUNTS)
    assert job.status == "todo"
    assert job.scheduled_at < datetime.now(UTC) - timedelta(days=365)  # whatever the clock of this machine says


def test_the_job_of_a_dead_worker_makes_way_for_the_one_that_waits_behind_it(database: Database, app: App) -> None:
    async def rescue() -> None:
        async with app.open_async():
            await taken_by_a_dead_worker(app, database)
            deferred(database)
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
                await retry(app.job_manager, job)

    deferred(database)
    before = jobs_of(database, jobs.ACCOUNTS)
    asyncio.run(rescue())
    (job,) = jobs_of(database, jobs.ACCOUNTS)
    assert job.status == "todo"
    assert job.id != before[0].id


def working(database: Database, work: Callable[..., Awaitable[None]]) -> JobWorkers:
    return JobWorkers(database, [Task(jobs.ACCOUNTS, jobs.DRAIN_ACCOUNT, work, 2)], timedelta(seconds=30))


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not found():
            await asyncio.sleep(0.02)


def test_a_job_is_worked_on_as_soon_as_it_is_deferred_and_removed_at_its_end(database: Database) -> None:
    drained: list[str] = []

    async def drain(account: str) -> None:
        drained.append(account)

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        deferred(database, "acme")
        deferred(database, "beta")
        await until(lambda: len(drained) == 2 and not jobs_of(database, jobs.ACCOUNTS))
        await workers.close()

    asyncio.run(work())
    assert sorted(drained) == ["acme", "beta"]


def test_a_job_whose_end_was_lost_is_taken_up_again(database: Database) -> None:
    drained: list[str] = []

    async def drain(account: str) -> None:
        drained.append(account)

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        await until(lambda: bool(workers._workers and workers._workers[0].worker_id))
        worker = workers._workers[0].worker_id
        with database.write() as c:  # it stands under a worker that lives and knows nothing of it
            jobs.defer_accounts(c, ["acme"])
            c.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"), {"worker": worker})
        await workers.rescue(datetime.now(UTC))
        assert drained == []
        await workers.rescue(datetime.now(UTC))
        await until(lambda: drained == ["acme"])
        await workers.close()

    asyncio.run(work())


def test_workers_that_were_paused_have_ended_before_others_begin(database: Database) -> None:
    drained: list[str] = []
    gate = asyncio.Event()

    async def drain(account: str) -> None:
        drained.append(account)
        if account == "acme":
            await gate.wait()
        drained.append(f"{account} end")

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        deferred(database, "acme")
        await until(lambda: drained == ["acme"])
        workers.pause()
        await until(lambda: all(each._stop_event.is_set() for each in workers._workers))
        deferred(database, "beta")
        asyncio.get_running_loop().call_later(0.2, gate.set)
        await workers.rescue(datetime.now(UTC))
        assert drained == ["acme", "acme end"]
        await until(lambda: len(drained) == 4)
        await workers.close()

    asyncio.run(work())


def test_workers_that_lose_their_connections_go_on(database: Database) -> None:
    drained: list[str] = []

    async def drain(account: str) -> None:
        drained.append(account)

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        await until(lambda: bool(workers._workers and workers._workers[0].worker_id))
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            connection.execute(OTHERS, [connection.info.dbname])
        database.close()
        deferred(database, "acme")
        await until(lambda: drained == ["acme"])
        await workers.close()

    asyncio.run(work())


@contextmanager
def away(server: str, database: Database) -> Iterator[None]:
    """Take the database away, as if the server were gone: what is connected is cut, and nobody comes in."""
    name = make_url(database.url).database or ""
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute(OTHERS, [name])
        try:
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def test_workers_end_soon_while_postgresql_is_away(database: Database, postgresql: str) -> None:
    async def drain(account: str) -> None:
        raise AssertionError(account)

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        await until(lambda: bool(workers._workers and workers._workers[0].worker_id))
        with away(postgresql, database):
            await asyncio.wait_for(workers.close(), 5)

    asyncio.run(work())
    database.close()


def test_jobs_that_did_not_succeed_are_kept_for_a_week(database: Database) -> None:
    async def drain(account: str) -> None:
        raise ValueError("a bug")

    async def work() -> None:
        workers = working(database, drain)
        workers.open()
        deferred(database)
        await until(lambda: [job.status for job in jobs_of(database, jobs.ACCOUNTS)] == ["failed"])
        await workers.forget(NOW)
        assert len(jobs_of(database, jobs.ACCOUNTS)) == 1
        with database.write() as c:
            c.execute(text("UPDATE procrastinate_events SET at = now() - interval '8 days'"))
        await workers.forget(NOW)
        await workers.close()

    asyncio.run(work())
    assert jobs_of(database, jobs.ACCOUNTS) == []
