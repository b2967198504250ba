"""Numbers every commit, every request and every job of a process, and kills it with SIGKILL where CRASH_AT says.

CRASH_AT is `before:commit:7`, `after:commit:7`, `before:send:2`, `during:send:2` (written, no answer read) or
`after:send:2` (answer read, nothing done with it), and `before:job:1`, `after:job:1` for what Procrastinate commits by
itself. Numbers count from the start of the process. A place in the product may stand for the kind, to count how often a
process comes to it: `after:settling.intend:1`, `during:POST /x/tweets:2`. Each point that is passed is a line of the
file CRASH_LOG, with the place in the product that was at it; so a pass that kills nobody counts them. The product has
no such points.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from scheduler.process_pool import ProcessPool
from storage.writer import Writer
from xquik import connections, exchange

ROOT = Path(__file__).resolve().parents[3]
WRITES, SHARES = "ostinato_writes", "ostinato_shares"  # of a connection that commits what it wrote
LONG = re.compile(r"[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*")  # an id, or a name that a kill was given
JOB = re.compile(r"procrastinate_(fetch|finish|retry|defer|register|unregister)\w*")
NUMBERS: dict[str, Iterator[int]] = {}
HERE = threading.local()  # the commit that this thread is about to make
NAMES: dict[int, str] = {}  # who has submitted which work to the writer


@dataclass(frozen=True, slots=True)
class Point:
    """One commit, request or job; *what* names the place in the product. *named* is all that it may be called."""

    kind: str
    number: int
    what: str
    named: frozenset[str]

    def passes(self, when: str) -> None:
        """Write down that the process is at this point, and die if it is to."""
        at, _, name = os.environ.get("CRASH_AT", "").partition(":")
        dies = at == when and name in self.named
        line = {"when": when, "kind": self.kind, "number": self.number, "what": self.what, "dies": dies}
        _write(json.dumps(line))
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)


def _write(line: str) -> None:
    log = os.environ.get("CRASH_LOG")
    if log:
        opened = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(opened, f"{line}\n".encode())
        os.close(opened)


def _next(kind: str, what: str) -> Point:
    number, *others = (next(NUMBERS.setdefault(each, count(1))) for each in (kind, *what.split(" + ")))
    names = {f"{each}:{time}" for each, time in zip((kind, *what.split(" + ")), (number, *others), strict=True)}
    return Point(kind, number, what, frozenset(names))


def _place(*without: str) -> str:
    """Name the nearest function of the product that called, `module.function`, passing over the files *without*."""
    frame = sys._getframe(2)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(ROOT) and file.parts[len(ROOT.parts)] not in ("tests", ".venv"):
            inside = str(file.relative_to(ROOT).with_suffix(""))
            if inside not in without:
                return f"{file.stem if file.stem != '__init__' else file.parent.name}.{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return "?"


def enqueue(self: Writer, work: Any) -> Any:
    NAMES[id(work)] = _place("storage/writer")
    return original_enqueue(self, work)


def transact(self: Writer, connection: Any, transaction: Any, batch: Any) -> Any:
    HERE.what = " + ".join(sorted({NAMES.pop(id(request.work), "?") for request in batch}))
    try:
        return original_transact(self, connection, transaction, batch)
    finally:
        HERE.what = None


def commits(connection: Connection) -> None:
    """Hear from SQLAlchemy that *connection* is about to commit; one that only reads has nothing to lose."""
    options = connection.get_execution_options()
    if not (options.get(WRITES) or options.get(SHARES)):
        return
    what = getattr(HERE, "what", None) or _place("storage/writer", "storage/database")
    HERE.commit = _next("commit", what)
    HERE.commit.passes("before")


def do_commit(self: DefaultDialect, dbapi_connection: Any) -> None:
    original_commit(self, dbapi_connection)
    commit: Point | None = getattr(HERE, "commit", None)
    HERE.commit = None
    if commit is not None:
        commit.passes("after")


def _request(request: Any) -> str:
    """Name a request by its method and path, without what differs from run to run."""
    api = os.environ.get("OSTINATO_XQUIK_URL", "")
    path = urlsplit(str(request.url)).path
    if not str(request.url).startswith(api):
        return f"{request.method} {path.strip('/').split('/')[0]}"
    path = path.removeprefix(urlsplit(api).path)
    probing = path == "/x/tweets" and b'"text"' not in request.content
    return f"{request.method} {LONG.sub('…', path)}" + (" (probe)" if probing else "")


async def handle(self: connections.Connections, request: Any) -> Any:
    send = _next("send", _request(request))
    request.extensions["kills"] = send
    send.passes("before")
    return await original_handle(self, request)


async def written(self: exchange.Exchange, request: Any, seconds: float | None) -> None:
    await original_written(self, request, seconds)
    request.extensions["kills"].passes("during")


async def closed(self: Any) -> None:
    if self._connections is not None:
        self._request.extensions["kills"].passes("after")
    await original_closed(self)


def count_jobs(connector: Any) -> None:
    """Number what Procrastinate commits by itself, each query at once; a look for jobs counts when it found one."""
    for name in ("execute_query_async", "execute_query_one_async", "execute_query_all_async"):
        setattr(connector, name, _counted(getattr(connector, name)))


def _counted(original: Any) -> Any:
    async def query(self: Any, query: str, **arguments: Any) -> Any:
        named = JOB.search(query)
        if named is None:
            return await original(self, query, **arguments)
        if named.group(1) == "fetch":
            found = await original(self, query, **arguments)
            if found and found.get("id") is not None:
                _next("job", "procrastinate.fetch").passes("after")
            return found
        job = _next("job", f"procrastinate.{named.group(1)}")
        job.passes("before")
        answer = await original(self, query, **arguments)
        job.passes("after")
        return answer

    return query


original_enqueue: Any = Writer._enqueue
original_transact: Any = Writer._transact
original_commit: Any = DefaultDialect.do_commit
original_handle: Any = connections.Connections.handle_async_request
original_written: Any = exchange.Exchange._write
original_closed: Any = connections._Body.aclose


async def work_here(self: ProcessPool, function: Any, arguments: Any, named: Any) -> Any:
    """Do what the process pool is asked for in a thread: starting its process takes longer than the run."""
    del self
    return await asyncio.to_thread(function, *arguments, **named)


def number_all() -> None:
    """Put the points around the product. With WORK_HERE the process needs no other one."""
    if os.environ.get("WORK_HERE"):
        setattr(ProcessPool, "_run", work_here)  # noqa: B010 - the type checker rightly forbids it elsewhere
    event.listen(Engine, "commit", commits)
    for owner, name, wrapper in (
        (Writer, "_enqueue", enqueue),
        (Writer, "_transact", transact),
        (DefaultDialect, "do_commit", do_commit),
        (connections.Connections, "handle_async_request", handle),
        (exchange.Exchange, "_write", written),
        (connections._Body, "aclose", closed),
    ):
        setattr(owner, name, wrapper)
    if os.environ.get("OSTINATO_DATABASE", "").startswith("postgresql"):
        from procrastinate import PsycopgConnector

        count_jobs(PsycopgConnector)
