"""The health port of a daemon whose clock, database and publisher the test holds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update
from sqlalchemy.schema import DropTable

from commands.health_server import serving
from commands.service_manager import notifier
from domain.errors import DeliveryError, SettingsError, SourceError
from domain.event import Event, EventType, Webhook
from domain.material import FeedRead
from domain.protocols import Tier
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Gap, Hold
from domain.schedule import Grid, Schedule
from domain.template import Approval
from scheduler.counted import CountedPublisher, CountedSender, counted_reader
from scheduler.daemon import Daemon, Pace
from scheduler.delivery.embedded import Embedded
from scheduler.events import Events
from scheduler.metrics import Metrics
from scheduler.pulse import Pulse
from scheduler.watching import Watching
from storage import events, rate_windows, runs, tables, webhooks
from storage.database import Database
from storage.pruning import Keep
from storage.writer import Writer
from tests.integration.scheduler_house import LEASE, NOW, UNCLEAR, House, confirmed
from tests.integration.storage_values import event, publication, running, template, webhook


class Quiet:
    """Delivers nothing and reads no feeds."""

    async def deliver_due(self, now: datetime) -> datetime | None:
        return None

    async def refresh_due(self, interval: timedelta) -> datetime:
        return NOW + interval


class Port:
    """A health port and what stands behind it."""

    def __init__(self, house: House, writer: Writer, patience: float) -> None:
        self.house = house
        self.writer = writer
        self.told: list[str] = []  # to the service manager
        self.pulse = Pulse(house.clock.monotonic, self.told.append)
        self.counted = Metrics()
        self.watching = Watching(
            database=house.database,
            pulse=self.pulse,
            metrics=self.counted,
            writer_alive=lambda: writer.alive,
            clock=house.clock,
            patience=patience,
        )
        self.number = 0

    def daemon(self, monotonic: Callable[[], float]) -> Daemon:
        return Daemon(
            database=self.house.database,
            writer=self.writer,
            runner=self.house.runner(self.writer),
            leases=self.house.leases,
            delivery=Embedded(self.house.lanes),
            delivering=Quiet(),
            feed_reading=Quiet(),
            pace=Pace(4, timedelta(minutes=15), Keep()),
            clock=self.house.clock,
            monotonic=monotonic,
            pulse=self.pulse,
        )

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            return await client.request(method, f"http://127.0.0.1:{self.number}{path}")

    async def red(self) -> list[str]:
        answer = await self.get("/healthz")
        found = answer.json()
        bad = [each["check"] for each in found["checks"] if not each["ok"]]
        assert (answer.status_code, found["status"]) == ((503, "red") if bad else (200, "green"))
        return bad

    async def metrics(self) -> dict[str, float]:
        """Give each sample as `name{label=value}`, without the prefix that all have."""
        answer = await self.get("/metrics")
        assert answer.status_code == 200
        return {
            sample.name.removeprefix("ostinato_")
            + ("{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}" if sample.labels else ""): (
                sample.value
            )
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def with_port(house: House, scene: Callable[[Port], Awaitable[None]], *, patience: float = 30) -> None:
    async def play() -> None:
        with running(house.database) as writer:
            port = Port(house, writer, patience)
            try:
                async with serving(port.watching, 0) as port.number:
                    await scene(port)
            finally:
                port.watching.close()

    asyncio.run(play())


def test_all_is_green_when_nothing_waits(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(hours=1))

    async def scene(port: Port) -> None:
        answer = await port.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (200, "green")
        assert len(answer.json()["checks"]) == 8

    with_port(house, scene)


def test_a_planner_that_stands_still_is_red_until_it_ticks(house: House) -> None:
    async def scene(port: Port) -> None:
        house.clock.advance(seconds=61)
        assert await port.red() == ["planner"]
        port.pulse.ticked()
        assert await port.red() == []

    with_port(house, scene)


def test_a_writer_that_has_ended_is_red(house: House) -> None:
    async def scene(port: Port) -> None:
        port.writer.stop()
        assert await port.red() == ["writer"]

    with_port(house, scene)


def test_a_delivery_nobody_tries_is_red_and_one_that_waits_for_its_next_attempt_is_not(house: House) -> None:
    house.template(next_slot_at=None)
    with house.database.write() as c:
        webhooks.upsert(c, webhook(), Plain())
        events.record(c, [event(), event()])  # recorded long before NOW of this house
        c.execute(update(tables.deliveries).values(next_attempt_at=NOW))

    async def scene(port: Port) -> None:
        house.clock.advance(minutes=11)
        port.pulse.ticked()
        assert await port.red() == ["deliveries"]
        first = tables.deliveries.c.sequence == 1
        with house.database.write() as c:
            c.execute(update(tables.deliveries).where(first).values(next_attempt_at=NOW + timedelta(hours=5)))
        assert await port.red() == []
        assert (await port.metrics())["deliveries_pending"] == 2

    with_port(house, scene)


def test_a_publication_that_waits_for_a_person_is_red(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.work()

    async def scene(port: Port) -> None:
        house.clock.advance(hours=2)
        port.pulse.ticked()
        with house.database.write() as c:
            c.execute(update(tables.publications).values(next_ask_at=house.clock() + timedelta(minutes=1)))
        assert "publications" not in await port.red()
        with house.database.write() as c:
            c.execute(update(tables.publications).values(next_ask_at=None))
        assert "publications" in await port.red()
        metrics = await port.metrics()
        assert (metrics["publications_unsettled"], metrics["check_ok{check=publications}"]) == (1, 0)

    with_port(house, scene)


def test_a_question_that_was_not_asked_when_its_time_had_come_is_red(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.work()

    async def scene(port: Port) -> None:
        with house.database.write() as c:
            c.execute(update(tables.publications).values(next_ask_at=house.clock() + timedelta(minutes=50)))
        house.clock.advance(minutes=49)
        port.pulse.ticked()
        assert "publications" not in await port.red()
        house.clock.advance(minutes=15)
        port.pulse.ticked()
        assert "publications" in await port.red()

    with_port(house, scene)


def test_a_run_that_nobody_takes_up_is_red_and_one_that_has_to_wait_is_not(house: House) -> None:
    house.template(schedule=Schedule(Grid(1, NOW)))
    house.plan()

    async def scene(port: Port) -> None:
        house.clock.advance(minutes=9)
        port.pulse.ticked()
        assert await port.red() == []
        house.clock.advance(minutes=2)
        port.pulse.ticked()
        assert await port.red() == ["runs"]
        with house.database.write() as c:
            c.execute(update(tables.runs).values(not_before=NOW + timedelta(hours=1)))
        assert await port.red() == []
        with house.database.write() as c:
            lapsed = {"status": "working", "lease_owner": "gone", "leased_until": NOW, "not_before": None}
            c.execute(update(tables.runs).values(**lapsed))
        assert await port.red() == ["runs"]

    with_port(house, scene)


def test_a_run_that_waits_for_approval_is_counted_and_not_red(house: House) -> None:
    house.template(approval=Approval.APPROVE, schedule=Schedule(Grid(1, NOW)))
    house.plan()
    house.work()

    async def scene(port: Port) -> None:
        house.clock.advance(hours=3)
        port.pulse.ticked()
        assert await port.red() == []
        metrics = await port.metrics()
        assert metrics["runs_open{status=held}"] == 1
        assert metrics["runs_open{status=queued}"] == 0

    with_port(house, scene)


def test_while_a_stepped_clock_holds_planning_an_overdue_slot_is_red(house: House) -> None:
    house.template(next_slot_at=NOW + timedelta(minutes=30))

    async def scene(port: Port) -> None:
        began = house.clock.monotonic()
        daemon = port.daemon(monotonic=lambda: began)
        async with beating(daemon):
            await until(lambda: "WATCHDOG=1" in port.told)  # one tick that sees the clocks agree
            house.clock.advance(hours=1)
            await until(lambda: bool(house.events_without_template()))
            await until(lambda: not port.pulse.idle)
            assert await port.red() == ["slots"]
            assert house.runs() == []

    with_port(house, scene)


def test_the_watchdog_hears_nothing_while_the_planner_fails(house: House) -> None:
    failed: list[str] = []

    def broken() -> float:
        failed.append("plan")
        raise OSError("no such clock")

    async def scene(port: Port) -> None:
        async with beating(port.daemon(monotonic=broken)):
            await until(lambda: bool(failed))
        assert port.told == ["READY=1", "STOPPING=1"]

    with_port(house, scene)


def test_a_database_that_fails_is_red_and_the_numbers_are_given_all_the_same(house: House) -> None:
    with house.database.write() as c:
        c.execute(DropTable(tables.rate_windows))

    async def scene(port: Port) -> None:
        assert await port.red() == ["database"]
        assert (await port.metrics())["check_ok{check=database}"] == 0

    with_port(house, scene)


def test_a_database_that_hangs_is_red(house: House) -> None:
    if house.database.dialect != "postgresql":
        pytest.skip("readers of SQLite wait for nobody")

    async def scene(port: Port) -> None:
        with house.database.write() as c:
            c.execute(text("LOCK TABLE rate_windows IN ACCESS EXCLUSIVE MODE"))
            assert await port.red() == ["database"]

    with_port(house, scene, patience=0.5)


def test_what_ended_is_counted_by_status_and_reason_and_how_late_it_began(house: House) -> None:
    async def scene(port: Port) -> None:
        house.template()
        house.clock.advance(seconds=7)
        await asyncio.to_thread(house.plan)
        await port.writer.call(lambda c: events.record(c, [skipped]))
        assert (await port.metrics())["runs_open{status=queued}"] == 1
        await work(house, port.writer)
        metrics = await port.metrics()
        assert metrics["runs_total{reason=,status=posted}"] == 1
        assert metrics["runs_total{reason=paused,status=skipped}"] == 40
        assert metrics["events_total{type=run.succeeded}"] == 1
        assert (metrics["lateness_seconds_count"], metrics["lateness_seconds_sum"]) == (1, 7)
        assert metrics["lateness_seconds_bucket{le=5.0}"] == 0
        assert metrics["lateness_seconds_bucket{le=10.0}"] == 1
        assert metrics["templates{status=active}"] == 1
        assert (await port.metrics())["runs_total{reason=,status=posted}"] == 1

    gap = Gap("t1", NOW - timedelta(days=2), NOW - timedelta(days=1), 40, Reason.PAUSED)
    skipped = Events(template(), house.new_id).slots_skipped(gap, NOW)
    with_port(house, scene)


def test_events_of_before_the_start_are_not_counted(house: House) -> None:
    house.template()
    house.plan()
    house.work()

    async def scene(port: Port) -> None:
        assert [name for name in await port.metrics() if name.startswith("runs_total")] == []

    with_port(house, scene)


def test_what_reaches_outside_is_counted_by_result(house: House) -> None:
    house.publisher.answers["Hello 0"] = [UNCLEAR]
    house.publisher.findings["Hello 0"] = [Settlement(Outcome.UNKNOWN, "timeline"), confirmed("9", "timeline")]

    async def scene(port: Port) -> None:
        publisher = CountedPublisher(house.publisher, port.counted)
        one = publication(Hold("r1", "me", 1))
        await publisher.send(one, may_send=lambda: None)
        for _ in range(2):
            await publisher.ask(one, taken=(), may_send=lambda: None)
        for error in (None, DeliveryError("no"), DeliveryError("never", permanent=True)):
            sender = CountedSender(Sends(error), port.counted)
            with pytest.raises(DeliveryError) if error else nullcontext():
                await sender.send(webhook(), told, now=NOW)
        read = counted_reader(fetched, port.counted)
        await read("https://good.example", etag=None, last_modified=None)
        with pytest.raises(SourceError):
            await read("https://bad.example", etag=None, last_modified=None)

        metrics = await port.metrics()
        assert metrics["publications_total{found_by=answer,outcome=unknown}"] == 1
        assert metrics["publications_total{found_by=timeline,outcome=confirmed}"] == 1
        assert "publications_total{found_by=timeline,outcome=unknown}" not in metrics
        assert [metrics[f"deliveries_total{{result={each}}}"] for each in ("delivered", "failed", "refused")] == [1] * 3
        assert [metrics[f"feed_reads_total{{result={each}}}"] for each in ("read", "failed")] == [1, 1]

    told = Event("e", EventType.CALLBACK_TEST, NOW, {}, None, None, 0)
    with_port(house, scene)


def test_permits_are_those_of_the_current_window(house: House) -> None:
    with house.database.write() as c:
        window = timedelta(seconds=60)
        rate_windows.take(c, Tier.WRITE, wanted=3, limit=30, reserved=0, window=window, now=NOW)

    async def scene(port: Port) -> None:
        port.pulse.planned = 5
        metrics = await port.metrics()
        assert (metrics["rate_permits_used{tier=write}"], metrics["slots_planned_total"]) == (3, 5)
        assert [name for name in metrics if name.startswith("build_info{python=")]
        house.clock.advance(seconds=61)
        later = await port.metrics()
        assert "rate_permits_used{tier=write}" not in later
        assert later["slots_planned_total"] == 5

    with_port(house, scene)


def test_anything_else_is_refused_and_does_not_stop_the_port(house: House) -> None:
    async def scene(port: Port) -> None:
        assert (await port.get("/")).status_code == 404
        assert (await port.get("/healthz", "POST")).status_code == 405
        head = await port.get("/healthz", "HEAD")
        assert (head.status_code, head.content) == (200, b"")
        for garbage in (b"", b"\r\n\r\n", b"x" * 100_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
            writer.write(garbage)
            writer.write_eof()
            try:
                await reader.read()
            except ConnectionResetError:
                assert len(garbage) > 1000
            writer.close()
        assert await port.red() == []

    with_port(house, scene)


def test_a_port_that_is_taken_is_told_with_its_setting(house: House) -> None:
    async def scene(port: Port) -> None:
        with pytest.raises(SettingsError, match=r"OSTINATO_HEALTH_PORT: .* is free"):
            async with serving(port.watching, port.number):
                pass

    with_port(house, scene)


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(address)
        door.settimeout(5)
        yield door


def test_the_service_manager_gets_one_datagram_for_each_word(tmp_path: Path) -> None:
    for address, bound in ((str(tmp_path / "n"), str(tmp_path / "n")), ("@ostinato-test", "\0ostinato-test")):
        with listening(bound) as door:
            tell = notifier({"NOTIFY_SOCKET": address})
            tell("READY=1")
            tell("WATCHDOG=1")
            assert [door.recv(100), door.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


def test_without_a_service_manager_or_with_one_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    notifier({})("READY=1")
    notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})("READY=1")


class Plain:
    """A cipher that hides nothing."""

    def encrypt(self, text: str) -> str:
        return text

    def decrypt(self, text: str) -> str:
        return text

    def seal(self, text: str) -> str:
        return text


class Sends:
    """Accepts every event, or raises."""

    def __init__(self, error: DeliveryError | None) -> None:
        self.error = error

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None:
        if self.error is not None:
            raise self.error
        return None


async def fetched(url: str, *, etag: str | None, last_modified: str | None) -> FeedRead:
    if "bad" in url:
        raise SourceError(url, "broken")
    return FeedRead(url, ())


@asynccontextmanager
async def beating(daemon: Daemon) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(daemon.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(seen: Callable[[], bool]) -> None:
    """Let the event loop turn until *seen*."""
    async with asyncio.timeout(20):
        while not seen():
            await asyncio.sleep(0.01)


async def work(house: House, writer: Writer) -> None:
    runner = house.runner(writer)
    claimed = await writer.call(
        lambda c: runs.claim(c, owner=house.leases.owner, now=house.clock(), lease=LEASE, limit=50)
    )
    for facts in claimed:
        held = house.leases.take(facts.run.id, facts.run.epoch, house.clock.monotonic())
        await runner.work(held, facts, house.stored(facts.run.template_id).template)
        house.leases.drop(held)
