"""One database, SQLite or PostgreSQL: how it is opened, and the two kinds of transaction."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import FieldError, SettingsError

BUSY_SECONDS = 5
BUSY_PAUSE = 0.01  # seconds between two tries where SQLite itself does not wait
READERS = 8  # connections kept for threads that read; more may be opened for a moment
WRITER_KIBIBYTES, PAGE_KIBIBYTES = 16 * 1024, 4
_WRITES, _SHARES = "ostinato_writes", "ostinato_shares"
MEMORY = "ostinato_memory"  # of a connection: what storage/recall.py keeps, until the connection writes
LOCKS = 0x0571  # the first half of the keys of this program's advisory locks on PostgreSQL
# The second half: who writes now, which daemon runs, and whose events get the next positions (migration 0015).
WRITING, DAEMON, EVENTS = 1, 2, 3
# Of libpq: a peer that is gone is noticed in half a minute, by an idle connection too. The last one, in milliseconds,
# is longer than a process that froze in the middle of writing can make others wait (IDLE).
NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 70_000,
}
# A commit waits for the server's disk, whatever that is set to; where it waits for replicas as well, it still does.
ON_DISK = "set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'local'), true)"
IDLE = "60s"  # PostgreSQL takes its turn back from a process that was frozen in the middle of a writing transaction


class Database:
    """An open database. Connections may be used from any thread, each by one thread at a time."""

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self.engine = engine
        self.dialect = engine.dialect.name
        self._writing = engine.execution_options(**{_WRITES: True})
        self._sharing = engine.execution_options(**{_SHARES: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: on SQLite all its reads see one moment."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes: committed at the end, rolled back when anything raises.

        It waits its turn at the start (on SQLite up to five seconds), and never fails half-way because of others.
        """
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def write_beside(self) -> Iterator[Connection]:
        """Open a transaction that writes beside others of its kind, though beside none of `write`. PostgreSQL only.

        For what locks the rows that it decides by before it reads what belongs to them, and passes over those that
        another has locked: the planner.
        """
        with self._sharing.begin() as connection:
            yield connection

    def connect_writer(self) -> Connection:
        """Give a connection for the caller's own transactions; each `begin()` opens one that writes.

        On SQLite it may keep 16 MB of pages and lets the log grow as far: a batch that touches more pages than fit
        would write them twice, and one that fills the log would wait for the file to be brought up to date each time.
        """
        connection = self._writing.connect()
        if self.dialect == "sqlite":
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA cache_size = -{WRITER_KIBIBYTES}")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {WRITER_KIBIBYTES // PAGE_KIBIBYTES}")
            cursor.close()
        return connection

    @property
    def conninfo(self) -> str:
        """How the driver alone connects to the same PostgreSQL database."""
        url = make_url(self.url).set(drivername="postgresql")
        wanted = {name: str(value) for name, value in NETWORK.items() if name not in url.query}
        return url.update_query_dict(wanted).render_as_string(hide_password=False)

    @property
    def silence(self) -> float:
        """For how many seconds an impatient connection to PostgreSQL may give no answer."""
        return _silence(make_url(self.url))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class Rehearsal(Database):
    """A database in which every transaction is done in full and then taken back: what refuses it is found, and told.

    Each transaction stands alone: a later one does not see what an earlier one did.
    """

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            transaction = connection.get_transaction()
            assert transaction is not None
            transaction.rollback()


def open_database(url: str, *, impatient: bool = False) -> Database:
    """Open the database at *url* (`sqlite:///path/to/file` or `postgresql://…`) and create the SQLite file's folder.

    With *impatient* a connection to PostgreSQL that gives no answer for 70 s (or for `tcp_user_timeout` milliseconds of
    the URL) is given up: for a daemon, whose statements are short, and which must come back after its network did.
    A new SQLite file can be read by its owner only. Raises SettingsError for any other kind of URL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _wrong_url(f"{url!r} is not a database URL") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return Database(url, _sqlite(parsed))
    if backend in {"postgresql", "postgres"}:
        return Database(url, _postgresql(parsed, impatient=impatient))
    raise _wrong_url(f"{backend!r} is not supported")


def data_version(connection: Connection) -> int:
    """Give a number that changes whenever another connection commits; 0 on PostgreSQL, which has none.

    The numbers of one connection can be compared only with each other: keep the connection.
    """
    if connection.dialect.name != "sqlite":
        return 0
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return int(driver.execute("PRAGMA data_version").fetchone()[0])  # SQLAlchemy takes ten times as long


def is_writing(connection: Connection) -> bool:
    """Tell whether the connection's transactions are those of `Database.write`."""
    return bool(connection.get_execution_options().get(_WRITES, False))


def _wrong_url(problem: str) -> SettingsError:
    return SettingsError([FieldError("database", f"{problem}; use sqlite:///path/to/file or postgresql://…")])


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise _wrong_url("a database in memory would forget what was posted")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Created here and not by the driver: 0600 from the first moment. SQLite gives -wal and -shm the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        url,
        hide_parameters=True,  # what is kept has no place in a log
        pool_size=READERS,
        max_overflow=READERS,
        pool_use_lifo=True,  # the one that was used last has the pages and the answers that are asked for again
        connect_args={"check_same_thread": False, "cached_statements": 256, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: object, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # a commit that was answered survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Turn to WAL, which the file remembers: of several that turn a new file at once SQLite lets none wait its turn."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_PAUSE)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once (SQLITE_BUSY_SNAPSHOT), whatever the busy
    # timeout; one that says so at the start waits its turn.
    writes = is_writing(connection)
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    if writes:  # its own commits do not change its `data_version`
        connection.info.pop(MEMORY, None)
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        driver.execute(begin)  # every step of every run passes here: SQLAlchemy's own way takes as long as its commit
    except sqlite3.OperationalError as error:
        raise OperationalError(begin, None, error) from error


def _postgresql(url: URL, *, impatient: bool) -> Engine:
    options = " ".join(filter(None, (url.query.get("options"), "-c timezone=UTC")))  # type: ignore[arg-type]
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=READERS,
        max_overflow=READERS,
        pool_pre_ping=True,
        connect_args={**{name: value for name, value in NETWORK.items() if name not in url.query}, "options": options},
    )
    if impatient:
        _give_up_after(engine, _silence(url))
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _silence(url: URL) -> float:
    return int(str(url.query.get("tcp_user_timeout", NETWORK["tcp_user_timeout"]))) / 1000


def _give_up_after(engine: Engine, seconds: float) -> None:
    from storage.patience import impatient

    connect = impatient(seconds)

    @event.listens_for(engine, "do_connect")
    def _connect(_: object, __: object, arguments: tuple[Any, ...], options: dict[str, Any]) -> object:
        return connect(*arguments, **options)


def _begin_postgresql(connection: Connection) -> None:
    # One writes at a time, as on SQLite. What a writing transaction has read stays so until it commits, two never wait
    # for each other, and events get their positions in the order of the commits: who reads on from one misses none.
    # Those that share the lock wait for each other before their first event (migration 0015).
    options = connection.get_execution_options()
    shares = options.get(_SHARES, False)
    if shares or options.get(_WRITES, False):
        lock = "pg_advisory_xact_lock_shared" if shares else "pg_advisory_xact_lock"
        idle = f"set_config('idle_in_transaction_session_timeout', '{IDLE}', true)"
        take = f"SELECT {lock}({LOCKS}, {WRITING}), {idle}, {ON_DISK}"
        from storage.pipelines import pipeline

        driver: Any = connection.connection.driver_connection
        try:
            with pipeline(driver):  # BEGIN goes along, instead of before it
                driver.execute(take)
        except connection.dialect.loaded_dbapi.OperationalError:
            connection.exec_driver_sql(take)  # fails as well, and SQLAlchemy sees whether the connection is lost
