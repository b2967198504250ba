"""What the simulation is fed with, measured on this machine: planning, a run's processor time and writes, its size.

Service is counted in processor time, ours and the server's, and in commits: so what else the machine does hardly shows.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import disk, growth, parts, runs, servers, writing
from benchmarks.draining import planned_per_second
from benchmarks.simulation import Times
from storage.database import Database
from storage.writer import Writer
from xquik.client import Client
from xquik.connections import Connections

REQUESTS = 5  # of a run: a page, two scores, its post, its callback


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* are planned, *runs* are worked off with *in_flight*; *history* are two numbers of runs to weigh."""

    templates: int = 10_000
    runs: int = 3_000
    in_flight: int = 128
    repeats: int = 3
    history: tuple[int, int] = (2_000, 12_000)
    requests: int = 300
    pages: int = 100
    disk_seconds: float = 1.0


QUICK = Sizes(templates=100, runs=50, repeats=1, history=(100, 200), requests=5, pages=1, disk_seconds=0.05)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each service, and bytes of a run: *kept* for ever, *pruned* when older than OSTINATO_KEEP."""

    plan: float
    commit: float
    steps_cpu: float
    requests_cpu: float
    writing_cpu: float
    database: float
    kept_bytes: float
    pruned_bytes: float

    def times(self, *, waits: float, post: float) -> Times:
        cpu = self.steps_cpu + self.requests_cpu + self.writing_cpu
        return Times(self.plan, self.commit, cpu, self.database, waits, post)


class _CountedWriter(Writer):
    """Knows the processor time and the number of its batches."""

    seconds = 0.0
    batches = 0

    def _write(self, batch: list[Any]) -> list[Any]:
        since = time.thread_time()
        try:
            return super()._write(batch)
        finally:
            self.seconds += time.thread_time() - since
            self.batches += 1


def measured(sizes: Sizes) -> Measured:
    """Measure everything, on PostgreSQL where it is about a fleet."""
    with servers.postgresql() as server, tempfile.TemporaryDirectory() as folder:
        rounds = range(sizes.repeats)
        commit = 1 / max(disk.postgresql_commits_per_second(server.new_database(), sizes.disk_seconds) for _ in rounds)
        planning = [_plan(server.new_database(), sizes.templates) for _ in rounds]
        working = [_work(server.new_database(), sizes, commit) for _ in rounds]
        kept, pruned = _bytes(Path(folder), sizes)
    return Measured(
        plan=statistics.median(planning),
        commit=commit,
        steps_cpu=statistics.median(cpu for cpu, _ in working),
        requests_cpu=REQUESTS * _request_cpu(sizes.requests),
        writing_cpu=_writing_cpu(sizes.pages),
        database=statistics.median(had for _, had in working),
        kept_bytes=kept,
        pruned_bytes=pruned,
    )


def _plan(url: str, templates: int) -> float:
    database = parts.new_database(url)
    at = parts.now()
    parts.add_templates(database, ((parts.template(number, at), at) for number in range(templates)))
    since = time.process_time() + server_seconds(database)
    planned_per_second(database, at)
    used = time.process_time() + server_seconds(database) - since
    database.close()
    return max(used, 0.0) / templates  # the server's clock has ticks of 10 ms


def server_seconds(database: Database) -> float:
    """Give the processor time that the processes of the PostgreSQL server have used (Linux, on this machine)."""
    with database.read() as connection:
        backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    server = _stat(backend)[1]
    ticks = sum(_stat(server)[13:15])  # of its processes that have ended
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = _stat(int(process.name))
            ticks += sum(stat[11:13]) if stat[1] == server else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[int]:
    """Give the numbers of proc(5)'s `stat` that come after the name: the state's letter as 0, then the parent, …"""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, words[1:])]


def _work(url: str, sizes: Sizes, commit: float) -> tuple[float, float]:
    """Give the processor's seconds of a run's recorded steps, and those for which it has the writer."""
    database = parts.new_database(url)
    far = parts.now() + parts.FAR
    owners = [parts.template(number, far) for number in range(min(400, sizes.runs))]
    parts.add_templates(database, ((owner, far) for owner in owners))
    parts.queue_runs(database, owners, sizes.runs, far)
    before = server_seconds(database)
    cpu, writer = asyncio.run(_work_off(database, sizes.in_flight))
    had = writer.seconds + server_seconds(database) - before + writer.batches * commit
    database.close()
    return cpu / sizes.runs, had / sizes.runs


async def _work_off(database: Database, in_flight: int) -> tuple[float, _CountedWriter]:
    writer = _CountedWriter(database)
    writer.start()
    daemon = await parts.idle_daemon(database, writer, workers=in_flight, keep=parts.KEEP)
    stop = asyncio.Event()
    since = time.process_time()
    task = asyncio.create_task(daemon.run(stop))
    while await asyncio.to_thread(runs.left, database):
        await asyncio.sleep(runs.LOOK_EVERY)
    used = time.process_time() - since
    stop.set()
    await task
    writer.stop()
    return used, writer


def _request_cpu(requests: int) -> float:
    """Give the processor's seconds that a request over loopback takes of the daemon."""
    with _web() as url:

        async def ask() -> float:
            async with Client(Connections()) as client:
                await client.post(url, json={"text": "words"})
                since = time.thread_time()
                for _ in range(requests):
                    (await client.post(url, json={"text": "words"})).json()
                return time.thread_time() - since

        return asyncio.run(ask()) / requests


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Door) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


def _writing_cpu(pages: int) -> float:
    """Give the median processor time of writing all drafts of one post from an article."""
    chosen = [material for material, _ in writing.chosen_pages()][:pages]
    kind, style = writing.FORMS[0]
    _used(lambda: writing.write(chosen[0], kind, style))  # what is loaded once, before the clock runs
    return statistics.median(_used(lambda page=page: writing.write(page, kind, style)) for page in chosen)  # type: ignore[misc]


def _used(act: Callable[[], object]) -> float:
    since = time.process_time()
    act()
    return time.process_time() - since


def _bytes(folder: Path, sizes: Sizes) -> tuple[float, float]:
    """Give what a run takes for ever, and what of it goes when it is pruned: from the growth of a history."""
    few, many = (growth.old(folder / str(history), history) for history in sizes.history)
    more = sizes.history[1] - sizes.history[0]
    whole = (many.megabytes - few.megabytes) * 2**20 / more
    for each in (few, many):
        growth.pruned(each, growth.QUICK.kept)
    kept = (many.megabytes - few.megabytes) * 2**20 / more
    for each in (few, many):
        each.database.close()
    return kept, whole - kept
