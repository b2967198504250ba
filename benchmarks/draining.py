"""Planning all that is due, batch after batch, as the daemon does."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from sqlalchemy import update

from benchmarks import parts
from domain.template import TemplateStatus
from scheduler.ids import new_id
from scheduler.planner import plan_due
from storage.database import Database
from storage.tables import templates
from storage.writer import Writer

WARM = 20  # slots planned first: what is done once, such as compiling statements, belongs to a process's start


def planned_per_second(database: Database, now: datetime) -> float:
    """Plan all that is due at *now* as the daemon does, batch after batch; give slots a second, each with its row."""

    async def plan() -> float:
        writer = Writer(database)
        writer.start()
        await _warm_up(database, writer)
        started = time.perf_counter()
        planned = await _plan(writer, now)
        took = time.perf_counter() - started
        writer.stop()
        return planned / took

    return asyncio.run(plan())


def warm_up(database: Database) -> None:
    """Plan a few slots of templates of their own, which end then."""

    async def plan() -> None:
        writer = Writer(database)
        writer.start()
        await _warm_up(database, writer)
        writer.stop()

    asyncio.run(plan())


async def _warm_up(database: Database, writer: Writer) -> None:
    before = parts.now() - timedelta(days=400)
    parts.add_templates(database, ((parts.template(-number, before), before) for number in range(1, WARM + 1)))
    await _plan(writer, before)
    end = update(templates).where(templates.c.next_slot_at <= before + timedelta(days=1))
    with database.write() as connection:
        connection.execute(end.values(status=TemplateStatus.ENDED.value, next_slot_at=None))


async def _plan(writer: Writer, now: datetime) -> int:
    planned, more = 0, True
    while more:
        batch = await writer.call(lambda c: plan_due(c, now=now, new_id=new_id))
        planned, more = planned + batch.runs, batch.more
    return planned
