"""One worker of a fleet on PostgreSQL whose rooms do nothing, until it is told to stop.

It prints `ready`, and at its end it writes the runs whose posts it sent, one in a line, to the file *sent*.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from benchmarks import parts
from benchmarks.idle_rooms import IdlePublisher
from domain.publication import Publication, Settlement
from scheduler.delivery.fleet import Fleet
from scheduler.delivery.turns import SharedLanes
from scheduler.garbage import collect_less_often
from storage.database import open_database
from storage.writer import Writer


class NotingPublisher(IdlePublisher):
    """Confirms everything at once, and remembers for which run."""

    def __init__(self, first: int) -> None:
        super().__init__(first)
        self.sent: list[str] = []

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        self.sent.append(publication.run_id)
        return await super().send(publication, may_send=may_send)


async def work(url: str, workers: int, sent: str, first_tweet: int) -> None:
    """Work on what the database at *url* brings, until SIGTERM. Tweets are numbered from *first_tweet*."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    parts.quiet()
    database, held, publisher = open_database(url), parts.leases(), NotingPublisher(first_tweet)
    writer = Writer(database)
    writer.start()
    lanes = SharedLanes(spacing=timedelta(0), clock=parts.now, leases=held)
    fleet = Fleet(database=database, writer=writer, lanes=lanes, owner=held.owner, monotonic=time.monotonic)
    daemon = await parts.idle_daemon(
        database, writer, workers=workers, keep=parts.KEEP, publisher=publisher, held=held, delivery=fleet
    )
    working = asyncio.create_task(daemon.run(stop))
    print("ready", flush=True)
    await working
    writer.stop()
    database.close()
    Path(sent).write_text("\n".join(publisher.sent), encoding="ascii")


def main() -> None:
    """Work as the first argument says: JSON of what `work` is given."""
    collect_less_often()
    asyncio.run(work(**json.loads(sys.argv[1])))
