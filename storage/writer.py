"""The group-commit writer: many steps, one transaction, one fsync. It alone owns its connection and its thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import RootTransaction
from sqlalchemy.exc import OperationalError

from domain.errors import Conflict, LeaseLost, OstinatoError
from storage.database import Database
from storage.row_values import Row
from storage.setbacks import Setbacks
from storage.statements import Prepared, Started, Statement, Write, one_trip

__all__ = ["CommitFailed", "DatabaseFailing", "Statement", "Write", "Writer", "WriterStopped"]

T = TypeVar("T")
BUSY_FOR = 0.1  # seconds of writing without a moment to spare, after which others are let in
STOP_WITHIN = 20.0  # seconds
BATCH = 1024  # at most so many writes in one transaction, so that readers' and others' waits stay short

PATIENCE = 6  # busy time-outs, 5 s each, before a batch is given up because another process holds the database


class WriterStopped(OstinatoError):
    """The writer does not run. Nothing was written."""


class DatabaseFailing(OstinatoError):
    """The database did not do it: locked for too long, restarted, full. Nothing of this write was kept."""


class CommitFailed(OstinatoError):
    """The database did not confirm the commit: the batch may be on disk or not. Read back before acting on it."""


class _CountMismatch(Exception):
    """A merged statement touched fewer rows than its writes need; which of them is found by running each alone."""


class _Request(NamedTuple):
    work: Write | Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class _Answer(NamedTuple):
    request: _Request
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Collects writes from any number of tasks and commits those that are waiting together.

    *pause* is how long it rests, in seconds, when it has written for 0.1 s without a moment to spare: that lets other
    processes get in. The writes of one batch have no order among them: await one before submitting another that builds
    on it.
    """

    def __init__(self, database: Database, pause: float = 0.004, stop_within: float = STOP_WITHIN) -> None:
        self._database = database
        self._pause = pause
        self._stop_within = stop_within
        self._waiting: SimpleQueue[_Request | None] = SimpleQueue()
        self._door = threading.Lock()  # between submitting and stopping: nothing comes in behind the last batch
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._setbacks = Setbacks(time.monotonic)

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._waiting = SimpleQueue()
        self._stopping = False
        self._thread.start()

    def stop(self) -> None:
        """Commit what is waiting and end the thread. What is submitted later raises WriterStopped.

        What cannot be written in a few seconds, since another program holds the lock, is left, as after a crash.
        """
        with self._door:
            self._stopping = True
            self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(self._stop_within)
            self._thread = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs: without it nothing that is submitted ever comes to an end."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def failing(self) -> str | None:
        """Why the database has refused all but empty batches for a while, in its own words; None when it does not."""
        return self._setbacks.lasting

    async def submit(self, write: Write) -> None:
        """Write *write*; return when it is on disk.

        Raises LeaseLost when the run is held by somebody else, Conflict when a row is not as the write needs it or a
        constraint refuses it; nothing of this write is kept then, and the others of its batch are not affected.
        Raises CommitFailed when it is not known whether it was kept. Cancelling the caller does not take a write back.
        """
        await self._enqueue(write)

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run *function* inside the next batch's transaction, in the writer's thread; return its result once committed.

        What it raises undoes its own changes only.
        """
        result: T = await self._enqueue(function)
        return result

    def _enqueue(self, work: Write | Callable[[Connection], Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._door:
            if self._stopping or self._thread is None:
                raise WriterStopped("the writer does not run")
            self._waiting.put(_Request(work, loop, future))
        return future

    def _run(self) -> None:
        rest, rested = threading.Event(), time.monotonic()
        while batch := self._next_batch():
            answers = self._write(batch)
            self._note(answers)
            _resolve(answers)
            del answers
            del batch  # or the last batch's rows stay in memory until the next
            if self._waiting.empty():
                rested = time.monotonic()
            elif time.monotonic() - rested > BUSY_FOR:
                rest.wait(self._pause)
                rested = time.monotonic()
        self._disconnect()

    def _note(self, answers: Iterable[_Answer]) -> None:
        """Remember a batch in which the database failed; that a row or a lease was not as a write needs it is none."""
        failed = next((each.error for each in answers if isinstance(each.error, (DatabaseFailing, CommitFailed))), None)
        if failed is not None:
            self._setbacks.note(failed)

    def _next_batch(self) -> list[_Request]:
        """Wait for a write, and give it to begin a batch; none when the writer was stopped and all is written."""
        first = self._waiting.get()
        return [] if first is None else [first]

    def _add_waiting(self, batch: list[_Request]) -> None:
        while len(batch) < BATCH and not self._waiting.empty():
            request = self._waiting.get()
            if request is None:
                self._waiting.put(None)  # for the next batch, which is the last
                break
            batch.append(request)

    def _write(self, batch: list[_Request]) -> list[_Answer]:
        try:
            connection, transaction = self._begin()
            self._add_waiting(batch)  # also those that came while another process wrote
            return self._transact(connection, transaction, batch)
        except Exception as error:  # noqa: BLE001 - every caller is told, none waits for ever
            self._disconnect()
            failing = error if isinstance(error, OstinatoError) else _failing(error)
            return [_Answer(request, error=failing) for request in batch]

    def _begin(self) -> tuple[Connection, RootTransaction]:
        """Open a transaction. Where the connection was lost since the last one, on a new one: nothing was written."""
        try:
            connection = self._connection = self._connection or self._database.connect_writer()
            return connection, _begin(connection)
        except OperationalError as error:
            if not error.connection_invalidated:
                raise
            self._disconnect()
            connection = self._connection = self._database.connect_writer()
            return connection, _begin(connection)

    def _transact(
        self, connection: Connection, transaction: RootTransaction, batch: Sequence[_Request]
    ) -> list[_Answer]:
        writes = [request for request in batch if isinstance(request.work, Write)]
        calls = [request for request in batch if not isinstance(request.work, Write)]
        try:
            _run_merged(connection, [request.work for request in writes if isinstance(request.work, Write)])
            answers = [_Answer(request) for request in writes]
        except Exception:  # noqa: BLE001 - which write it was, and what it raised, is found by running each alone
            transaction.rollback()
            transaction = _begin(connection)
            answers = [_alone(connection, request) for request in writes]
        answers += [_alone(connection, request) for request in calls]
        try:
            transaction.commit()
        except Exception as error:
            raise CommitFailed(f"the database did not confirm a commit: {_words(error)}") from error
        return answers

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _begin(connection: Connection) -> RootTransaction:
    """Open the transaction; nothing has happened yet, so it is safe to wait again for another process."""
    for _ in range(PATIENCE - 1):
        try:
            return connection.begin()
        except OperationalError as error:
            if connection.dialect.name != "sqlite" or error.connection_invalidated:
                raise
    return connection.begin()


def _run_merged(connection: Connection, writes: Iterable[Write]) -> None:
    """Run *writes*, those of the same shape together: one `executemany` for each of their statements."""
    shapes: dict[tuple[Prepared, ...], list[Write]] = {}
    for write in writes:
        # Lists, here and below: a generator costs this loop, which every step of every run passes, twice as much.
        shape = tuple([statement.sql for statement in write.statements])
        alike = shapes.get(shape)
        if alike is None:
            shapes[shape] = [write]
        else:
            alike.append(write)
    started: list[tuple[Started, Sequence[Statement]]] = []
    with one_trip(connection):
        for shape, alike in shapes.items():
            for sql, statements in zip(shape, zip(*[write.statements for write in alike], strict=True), strict=True):
                rows: list[Row] = [row for statement in statements for row in statement.rows]
                if rows:
                    started.append((sql.start(connection, rows), statements))
    for sent, theirs in started:
        if theirs[0].expect is not None and sent.touched != sum([each.expect or 0 for each in theirs]):
            raise _CountMismatch


def _alone(connection: Connection, request: _Request) -> _Answer:
    """Do the work of *request* in a savepoint: what it raises undoes its own changes only."""
    _say(connection, "SAVEPOINT alone")
    try:
        value = _write_one(connection, request.work) if isinstance(request.work, Write) else request.work(connection)
    except Exception as error:  # noqa: BLE001 - the caller is told
        _say(connection, "ROLLBACK TO SAVEPOINT alone")
        return _Answer(request, error=_translated(connection, error))
    _say(connection, "RELEASE SAVEPOINT alone")
    return _Answer(request, value)


def _say(connection: Connection, statement: str) -> None:
    """Say it to the driver itself: for words without values SQLAlchemy takes longer than the database."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _write_one(connection: Connection, write: Write) -> Any:
    for index, statement in enumerate(write.statements):
        touched = statement.sql.run(connection, statement.rows) if statement.rows else 0
        if statement.expect is not None and touched != statement.expect:
            if index == 0 and write.held_by is not None:
                raise LeaseLost(write.held_by.run_id)
            raise statement.sql.error(statement.sql.refusal)
    return None


def _translated(connection: Connection, error: Exception) -> Exception:
    if isinstance(error, connection.dialect.loaded_dbapi.IntegrityError):
        conflict = Conflict(f"the database refused the write: {_words(error)}")
        conflict.__cause__ = error
        return conflict
    if isinstance(error, (connection.dialect.loaded_dbapi.OperationalError, OperationalError)):
        return _failing(error)
    return error


def _failing(error: Exception) -> DatabaseFailing:
    failing = DatabaseFailing(f"the database did not do it: {_words(error)}")
    failing.__cause__ = error
    return failing


def _words(error: Exception) -> str:
    """Give the database's own words; the statement and values that may follow are not for whoever is told."""
    return str(error).partition("\n")[0]


def _resolve(answers: Iterable[_Answer]) -> None:
    """Give the answers to their tasks: one callback for each event loop, however many answers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.request.loop, []).append(answer)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(answers: Iterable[_Answer]) -> None:
    for answer in answers:
        future = answer.request.future
        if future.done():
            continue  # its task was cancelled
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.value)
