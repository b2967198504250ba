"""Planning all that is due, batch after batch, as the daemon does."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from scheduler.ids import new_id
from scheduler.planner import plan_due
from storage.database import Database
from storage.writer import Writer


def planned_per_second(database: Database, now: datetime) -> float:
    """Plan all that is due at *now* as the daemon does, batch after batch; give slots a second, each with its row."""

    async def plan() -> float:
        writer = Writer(database)
        writer.start()
        started, planned, more = time.perf_counter(), 0, True
        while more:
            batch = await writer.call(lambda c: plan_due(c, now=now, new_id=new_id))
            planned, more = planned + batch.runs, batch.more
        took = time.perf_counter() - started
        writer.stop()
        return planned / took

    return asyncio.run(plan())
