"""A daemon whose sources, writer and publisher do nothing, on a database of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, insert

from benchmarks.idle_rooms import IdleEditor, IdlePublisher
from domain.run import Facts, Hold, RunStatus
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template, TemplateStatus
from scheduler.daemon import Daemon, Pace
from scheduler.delivery import Delivery
from scheduler.delivery.embedded import Embedded
from scheduler.delivery.roles import Role
from scheduler.garbage import collect_less_often
from scheduler.ids import new_id
from scheduler.lanes import Lanes
from scheduler.leases import Leases
from scheduler.publishing import Publishing
from scheduler.run_posts import RunPosts
from scheduler.runner import Runner
from storage import codec, installation, runs, schema, tables
from storage.database import Database, open_database
from storage.pruning import Keep
from storage.runs import PlannedRun, PlannedTemplate
from storage.writer import Writer

FAR = timedelta(days=300)
KEEP = Keep()


def now() -> datetime:
    return datetime.now(UTC)


def fresh_database(folder: Path) -> Database:
    """Give a new SQLite database with `synchronous=FULL`, as the daemon uses it."""
    return new_database(f"sqlite:///{folder}/ostinato.db")


def new_database(url: str) -> Database:
    """Give the database at *url*, which is new, with its tables and its id, as a daemon leaves it."""
    quiet()
    database = open_database(url)
    schema.upgrade(database)
    with database.write() as connection:
        installation.install_id(connection)
    return database


def quiet() -> None:
    """Log nothing but errors."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40),
        cache_logger_on_first_use=True,  # as the daemon does
    )


def template(number: int, anchor: datetime, daily_count: int = 1) -> Template:
    return Template(
        id=new_id(),
        name=f"template-{number}",
        account=f"account_{number % 200}",
        type=PostType.TWEET,
        schedule=Schedule(Grid(daily_count, anchor)),
        sources=Sources(text="words"),
    )


def add_templates(database: Database, wanted: Iterable[tuple[Template, datetime]]) -> None:
    """Keep templates, each with its next slot, in one statement: a hundred thousand in seconds."""
    moment = now()
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "account": one.account,
            "type": one.type.value,
            "status": TemplateStatus.ACTIVE.value,
            "next_slot_at": next_slot_at,
            "created_at": moment,
            "updated_at": moment,
            "definition": codec.dump(Template, one),
        }
        for one, next_slot_at in wanted
    ]
    with database.write() as connection:
        connection.execute(insert(tables.templates), rows)
    analyse(database)


def analyse(database: Database) -> None:
    """Have PostgreSQL look at its tables, as its autovacuum does within a minute of a change as large."""
    if database.dialect == "postgresql":
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def queue_runs(database: Database, owners: list[Template], count: int, next_slot_at: datetime) -> None:
    """Queue *count* runs, spread over *owners*, whose own next slot is far."""
    with database.write() as connection:
        plan_runs(connection, owners, count, next_slot_at)


def plan_runs(connection: Connection, owners: list[Template], count: int, next_slot_at: datetime) -> list[str]:
    """Queue runs as `queue_runs` does, in the caller's transaction; give their ids."""
    moment = now()
    ids: list[str] = []
    for start in range(0, count, len(owners)):
        at = moment - timedelta(seconds=count - start)
        planned = [
            PlannedTemplate(
                owner.id,
                owner.account,
                was=next_slot_at,
                next_slot_at=next_slot_at,
                ended=False,
                runs=(PlannedRun(new_id(), at, at, RunStatus.QUEUED),),
            )
            for owner in owners[: count - start]
        ]
        runs.plan(connection, planned, now=moment)
        ids.extend(run.id for each in planned for run in each.runs)
    return ids


@dataclass(frozen=True, slots=True)
class Nobody:
    """No webhooks: nothing is delivered."""

    async def deliver_due(self, now: datetime) -> None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class NoFeeds:
    async def refresh_due(self, interval: timedelta) -> datetime:
        return now() + interval


@dataclass(frozen=True, slots=True)
class AsksNobody:
    """The templates name no `pre_publish` callback."""

    async def decide(self, hold: Hold, facts: Facts, template: Template) -> Facts:  # noqa: ARG002
        return facts


def leases() -> Leases:
    return Leases(lease=timedelta(seconds=60), request_timeout=timedelta(seconds=30), monotonic=time.monotonic)


async def idle_daemon(
    database: Database,
    writer: Writer,
    *,
    workers: int,
    keep: Keep,
    publisher: IdlePublisher | None = None,
    held: Leases | None = None,
    delivery: Delivery | None = None,
    role: Role = Role.ALL,
) -> Daemon:
    """Give a daemon that plans, claims, works and records for real, around rooms that do nothing.

    *delivery* is that of one process unless given, with the leases that it goes by.
    """
    held = held or leases()
    delivery = delivery or Embedded(Lanes(spacing=timedelta(0), clock=now))
    posts = RunPosts(database)
    publishing = Publishing(
        database=database,
        writer=writer,
        publisher=publisher or IdlePublisher(),
        lanes=delivery.lanes,
        posts=posts,
        may_send=held.may_send,
        install=await writer.call(installation.install_id),
        thread_gap=timedelta(0),
        clock=now,
        new_id=new_id,
    )
    runner = Runner(
        writer=writer,
        editor=IdleEditor(),
        publishing=publishing,
        asking=AsksNobody(),
        posts=posts,
        clock=now,
        new_id=new_id,
    )
    return Daemon(
        database=database,
        writer=writer,
        runner=runner,
        leases=held,
        delivery=delivery,
        delivering=Nobody(),
        feed_reading=NoFeeds(),
        pace=Pace(workers, timedelta(minutes=15), keep),
        clock=now,
        monotonic=time.monotonic,
        role=role,
    )


@asynccontextmanager
async def running(
    database: Database, *, workers: int, keep: Keep = KEEP, writer: Writer | None = None, role: Role = Role.ALL
) -> AsyncIterator[None]:
    """Run such a daemon, with its writer, while the context lasts."""
    collect_less_often()  # as the daemon does
    writer = writer or Writer(database)
    writer.start()
    daemon = await idle_daemon(database, writer, workers=workers, keep=keep, role=role)
    stop = asyncio.Event()
    task = asyncio.create_task(daemon.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task
        writer.stop()
