"""APScheduler with its memory job store: all jobs are added anew at each start, until those that are due have run."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

FAR = timedelta(days=300)


async def restarted(jobs: int, due: int) -> dict[str, Any]:
    """Give the milliseconds until all jobs that are due ran, and the megabytes that the jobs took."""
    fired = 0
    all_fired = asyncio.Event()

    async def fire() -> None:
        nonlocal fired
        fired += 1
        if fired == due:
            all_fired.set()

    gc.collect()
    before = megabytes()
    started = time.perf_counter()
    now = datetime.now(UTC)
    scheduler = AsyncIOScheduler(timezone=UTC)
    for number in range(jobs):
        at = now if number < due else now + FAR
        scheduler.add_job(fire, "interval", days=1, start_date=now, next_run_time=at, misfire_grace_time=None)
    scheduler.start()
    await all_fired.wait()
    took = time.perf_counter() - started
    used = megabytes() - before
    scheduler.shutdown(wait=False)
    return {"milliseconds": 1000 * took, "megabytes": used}


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1024**2


if __name__ == "__main__":
    print(json.dumps(asyncio.run(restarted(**json.loads(sys.argv[1])))))
