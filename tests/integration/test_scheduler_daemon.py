"""The daemon's boot, its end and what it does about runs that nobody works on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, text, update
from structlog.testing import capture_logs

from domain.errors import LeaseLost
from domain.event import EventType
from domain.publication import Outcome, Settlement
from domain.run import Hold, RunStatus
from domain.template import PostType
from scheduler.daemon import Daemon, Pace
from scheduler.delivery.embedded import Embedded
from scheduler.delivery.roles import Role
from scheduler.pulse import Pulse
from storage import runs, tables
from storage.database import Database
from storage.pruning import Keep
from storage.writer import Writer
from tests.integration.scheduler_house import LEASE, NOW, Died, House, confirmed, draft, outcomes
from tests.integration.storage_values import running

STOPPED_WITHIN = 10
OFTEN = timedelta(milliseconds=300)  # a lease that is renewed ten times a second
LIMITED = Settlement(Outcome.DEFERRED, "answer", retry_at=NOW + timedelta(minutes=5))


class Quiet:
    """Delivers nothing and reads no feeds, but may be told to never come to an end."""

    def __init__(self) -> None:
        self.hang = False
        self.delivering = asyncio.Event()

    async def deliver_due(self, now: datetime) -> datetime | None:
        self.delivering.set()
        if self.hang:
            await asyncio.Event().wait()
        return None

    async def refresh_due(self, interval: timedelta) -> datetime:
        return NOW + interval


class Process:
    """A daemon of a house: new leases, the same database."""

    def __init__(self, house: House, writer: Writer, role: Role = Role.ALL) -> None:
        house.boot()
        self.house = house
        self.quiet = Quiet()
        self.stop = asyncio.Event()
        self.monotonic = house.clock.monotonic
        self.pulse = Pulse(house.clock.monotonic)
        self.daemon = Daemon(
            database=house.database,
            writer=writer,
            runner=house.runner(writer),
            leases=house.leases,
            delivery=Embedded(house.lanes),
            delivering=self.quiet,
            feed_reading=self.quiet,
            pace=Pace(4, timedelta(minutes=15), Keep()),
            clock=house.clock,
            monotonic=lambda: self.monotonic(),
            pulse=self.pulse,
            role=role,
        )

    async def until(self, seen: Callable[[], bool]) -> None:
        """Let the event loop turn until *seen*; the beats come by themselves."""
        async with asyncio.timeout(20):
            while not seen():
                await asyncio.sleep(0.01)


def running_daemon(house: House, scene: Callable[[Process], Awaitable[None]], role: Role = Role.ALL) -> None:
    async def play() -> None:
        with running(house.database) as writer:
            process = Process(house, writer, role)
            daemon = asyncio.create_task(process.daemon.run(process.stop))
            try:
                await scene(process)
            finally:
                process.stop.set()
                async with asyncio.timeout(STOPPED_WITHIN):
                    await daemon

    asyncio.run(play())


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def status(house: House, template_id: str = "t1") -> RunStatus | None:
    found = house.runs(template_id)
    return found[0].status if found else None


def test_the_daemon_plans_what_is_due_and_publishes_it(house: House) -> None:
    house.template()

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house) is RunStatus.POSTED)

    running_daemon(house, scene)
    assert house.texts_sent() == ["Hello"]


def test_a_scheduler_plans_and_leaves_the_work_to_others(house: House) -> None:
    house.template()

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house) is RunStatus.QUEUED)

    running_daemon(house, scene, Role.SCHEDULER)
    assert status(house) is RunStatus.QUEUED
    assert house.texts_sent() == []


def test_a_worker_plans_nothing_and_does_within_a_second_what_nobody_told_it_of(house: House) -> None:
    house.template("t1")
    house.plan()
    house.template("t2")

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house, "t1") is RunStatus.POSTED)
        house.template("t3")
        with house.database.write() as c:  # no notice is sent, and so none can be lost
            c.execute(update(tables.templates).where(tables.templates.c.id == "t3").values(next_slot_at=None))
            c.execute(
                insert(tables.runs).values(
                    id="late",
                    template_id="t3",
                    account="acme",
                    slot_at=NOW,
                    due_at=NOW,
                    trigger="schedule",
                    status="queued",
                    created_at=NOW,
                )
            )
        await process.until(lambda: status(house, "t3") is RunStatus.POSTED)

    running_daemon(house, scene, Role.WORKER)
    assert status(house, "t2") is None


def test_at_boot_what_a_dead_process_held_goes_on(house: House) -> None:
    house.template()
    house.plan()
    with house.database.write() as c:
        runs.claim(c, owner="dead", now=NOW, lease=LEASE, limit=1)
    if house.database.dialect == "postgresql":  # others may live there: the lease has to lapse
        with house.database.write() as c:
            c.execute(update(tables.runs).values(leased_until=NOW - timedelta(days=1)))

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house) is RunStatus.POSTED)

    running_daemon(house, scene)


def test_at_boot_a_started_thread_has_its_account_back(house: House) -> None:
    house.template("thread", type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two"),)
    house.publisher.answers["two"] = [LIMITED]
    house.plan()
    house.work()
    house.lanes = type(house.lanes)(spacing=timedelta(0), clock=house.clock)
    house.editor.drafts = (draft("Hello"),)
    house.template("other")

    async def scene(process: Process) -> None:
        await process.until(lambda: bool(house.runs("other")) and house.run("other").not_before is not None)

    running_daemon(house, scene)
    assert house.texts_sent() == ["one", "two"]
    assert house.run("other").not_before == NOW + timedelta(seconds=5)


def test_at_boot_the_later_of_two_started_threads_has_the_account(house: House) -> None:
    house.publisher.answers.update({"two": [LIMITED], "zwei": [LIMITED]})
    for name in ("last", "first"):
        house.template(name, type=PostType.THREAD)
        house.plan()
    with house.database.write() as c:
        later = update(tables.runs).where(tables.runs.c.template_id == "last")
        c.execute(later.values(not_before=NOW + timedelta(seconds=1)))
    for texts in (("one", "two"), ("eins", "zwei")):
        house.editor.drafts = (draft(*texts),)
        house.work()
        house.lanes = type(house.lanes)(spacing=timedelta(0), clock=house.clock)
        house.clock.advance(seconds=1)
    held: list[str | None] = []

    async def scene(process: Process) -> None:
        await process.quiet.delivering.wait()
        held.append(house.lanes._lanes["demo"].holder)

    running_daemon(house, scene)
    assert house.texts_sent() == ["one", "two", "eins", "zwei"]
    assert held == [house.run("last").id]


def test_a_template_that_cannot_be_read_does_not_keep_others_from_their_runs(house: House) -> None:
    for name in ("bad", "good"):
        house.template(name)
    house.plan()
    with house.database.write() as c:
        c.execute(update(tables.templates).where(tables.templates.c.id == "bad").values(definition="{}"))

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house, "good") is RunStatus.POSTED)

    running_daemon(house, scene)


def test_a_run_whose_work_broke_down_is_given_back(house: House) -> None:
    house.lease = OFTEN
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [Died()]
    house.publisher.findings["Hello"] = [confirmed("9", "timeline")]

    async def scene(process: Process) -> None:
        await process.until(lambda: status(house) is RunStatus.POSTED)

    running_daemon(house, scene)
    assert house.texts_sent() == ["Hello"]


def test_a_clock_that_was_stepped_holds_planning_and_is_told_of(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(minutes=30))

    async def scene(process: Process) -> None:
        await process.quiet.delivering.wait()
        before = house.clock.monotonic()
        process.monotonic = lambda: before
        house.clock.advance(hours=1)
        await process.until(lambda: bool(house.events_without_template()))
        process.quiet.delivering.clear()
        await process.until(process.quiet.delivering.is_set)
        assert house.runs() == []

    running_daemon(house, scene)
    (event,) = house.events_without_template()
    assert (event.type, event.data["seconds"]) == (EventType.CLOCK_STEPPED, 3600)


def test_a_clock_that_is_set_right_at_once_is_told_of_twice_and_nothing_waits_for_it(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(days=3))
    house.template("t2")
    house.plan()
    with house.database.write() as c:
        c.execute(update(tables.runs).values(not_before=NOW + timedelta(hours=2)))

    async def scene(process: Process) -> None:
        await process.quiet.delivering.wait()
        before = house.clock.monotonic()
        process.monotonic = lambda: before
        house.clock.advance(hours=1)
        await process.until(lambda: len(house.events_without_template()) == 1)
        process.monotonic = lambda: before + 0.001
        house.clock.advance(hours=-1)
        await process.until(lambda: len(house.events_without_template()) == 2)

    running_daemon(house, scene)
    assert [round(event.data["seconds"]) for event in house.events_without_template()] == [3600, -3600]
    (run,) = house.runs("t2")
    assert run.not_before is not None
    assert run.not_before <= NOW + timedelta(hours=1)


def test_a_step_of_the_clock_that_cannot_be_written_down_is_told_of_later(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(days=3))

    async def scene(process: Process) -> None:
        await process.quiet.delivering.wait()
        before = house.clock.monotonic()
        process.monotonic = lambda: before
        with house.database.write() as c:
            c.execute(text("ALTER TABLE events RENAME TO elsewhere"))
        with capture_logs() as logged:
            house.clock.advance(hours=1)
            await process.until(lambda: any(line["event"] == "heartbeat.error" for line in logged))
        with house.database.write() as c:
            c.execute(text("ALTER TABLE elsewhere RENAME TO events"))
        await process.until(lambda: len(house.events_without_template()) == 1)

    running_daemon(house, scene)


def test_a_clock_that_was_set_back_while_no_daemon_ran_is_told_of_and_nothing_waits_for_it(house: House) -> None:
    house.template()
    house.plan()
    house.clock.advance(hours=1)
    house.publisher.answers["Hello"] = [Settlement(Outcome.UNKNOWN, "answer", reason="no_answer")]
    house.publisher.findings["Hello"] = [Settlement(Outcome.UNKNOWN, "timeline"), confirmed("9", "timeline")]
    house.work()
    assert (status(house), outcomes(house.ledger())) == (RunStatus.QUEUED, ["unknown"])
    house.clock.advance(hours=-1)

    async def scene(process: Process) -> None:
        await process.until(lambda: bool(house.events_without_template()))
        house.clock.advance(seconds=20)
        await process.until(lambda: status(house) is RunStatus.POSTED)

    running_daemon(house, scene)
    (event,) = house.events_without_template()
    assert (event.type, event.data["seconds"]) == (EventType.CLOCK_STEPPED, -3600)
    assert house.texts_sent() == ["Hello"]


def test_stopping_does_not_wait_for_a_callback_that_hangs(house: House) -> None:
    async def scene(process: Process) -> None:
        process.quiet.hang = True
        process.quiet.delivering.clear()
        house.template()
        await process.quiet.delivering.wait()

    running_daemon(house, scene)


def test_a_lease_that_another_worker_took_is_not_counted_as_renewed(house: House) -> None:
    house.template()
    composing, enough = asyncio.Event(), asyncio.Event()

    async def compose() -> None:
        composing.set()
        await enough.wait()

    house.editor.at_compose = compose

    async def scene(process: Process) -> None:
        await composing.wait()
        run = house.run()
        check = house.leases.may_send(Hold(run.id, house.leases.owner, run.epoch))
        check()
        with house.database.write() as c:
            c.execute(update(tables.runs).values(lease_owner="another", epoch=run.epoch + 1))
        house.clock.advance(seconds=31)
        house.template("next")
        await process.until(lambda: status(house, "next") is not None)
        with pytest.raises(LeaseLost):
            check()
        enough.set()

    running_daemon(house, scene)
    assert house.ledger("t1") == []
