"""The lock of daemons on PostgreSQL: a session's, which ends with its connection and is then taken anew."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.database import DAEMON, LOCKS, Database

NAME = "ostinato daemon, process "  # what a session that holds the lock is called, with its process
ROLES = {"scheduler": "ostinato scheduler, process ", "worker": "ostinato worker, process "}  # and one with a role
API = "api"  # the role of `ostinato serve`, which is no daemon
ROLES[API] = "ostinato api, process "
ALONE = "alone"  # the role of who has the database to itself: a command, such as `restore`
ROLES[ALONE] = "ostinato alone, process "
TRIES, PAUSE = 5, 0.1  # a server notices a dead client a bit later
LOOK_EVERY = 1.0  # seconds between looks whether who has it alone has ended
KEEP_EVERY = 2.0  # seconds between looks whether it is held still

_KEY = {"locks": LOCKS, "daemon": DAEMON}
_TAKE = text("SELECT pg_try_advisory_lock(:locks, :daemon)")
_SHARE = text("SELECT pg_try_advisory_lock_shared(:locks, :daemon)")
_HOLDERS = text("""
    SELECT coalesce(activity.application_name, '')
    FROM pg_locks AS held LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
        AND held.classid = :locks AND held.objid = :daemon
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY activity.backend_start
""")
# The server looks after a client that has gone silent (its machine was cut off) and frees its lock after a minute.
_NAME = text("""
    SELECT set_config('application_name', :name, false),
        set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
        set_config('tcp_keepalives_count', '3', false)
""")


class SessionLock:
    """Held by a connection of its own, outside any transaction; *shared* with others who share it, or alone.

    Others see the *role* of who shares it.
    """

    def __init__(self, database: Database, *, shared: bool, role: str = "all") -> None:
        self._database = database
        called = ROLES.get(role if shared else ALONE, NAME)
        self._name = f"{called}{os.getpid()} on {socket.gethostname()}"[:63]
        self._take_it = _SHARE if shared else _TAKE
        self._connection: Connection | None = None
        self._closed = threading.Event()
        self._keeper: threading.Thread | None = None

    def take(self) -> str | None:
        """Take it; give None, or the processes that have it."""
        if self._connection is None:
            opened = self._database.engine.connect()
            self._connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        self._connection.execute(_NAME, {"name": self._name})  # before it is had: others see by it who has it
        if not patiently(self._try):
            return ", ".join(process for _, process in holders(self._connection)) or "unknown"
        return None

    def wait(self, standby: Callable[[str], None]) -> None:
        """Take it, however long that takes; *standby* is told at each look who has it."""
        while (name := self.take()) is not None:
            standby(name)
            time.sleep(LOOK_EVERY)

    def keep(self) -> None:
        """Look now and then whether the session lives, and take the lock anew when it does not.

        Somebody who has it alone by then must not meet this daemon: it is told to stop, as by SIGTERM.
        """
        self._keeper = threading.Thread(target=self._keep, name="daemon lock", daemon=True)
        self._keeper.start()

    def free(self) -> None:
        """Let go of it."""
        self._closed.set()
        if self._keeper is not None:
            self._keeper.join(LOOK_EVERY)
            if self._keeper.is_alive():  # it waits for a server that does not answer; its session ends with the process
                return
        self._drop()

    def _try(self) -> bool:
        assert self._connection is not None
        return bool(self._connection.execute(self._take_it, _KEY).scalar())

    def _keep(self) -> None:
        import structlog  # only daemons come here, and every command imports this

        log = structlog.get_logger(__name__)
        lost = False
        while not self._closed.wait(KEEP_EVERY):
            try:
                if self._connection is not None:
                    self._connection.exec_driver_sql("SELECT 1")
                    continue
                name = self.take()
            except DBAPIError as error:
                if self._connection is not None or not lost:  # once for each loss, however long it lasts
                    log.warning("daemon.lock_lost", error=str(error.orig or error).strip().split("\n", 1)[0])
                lost = True
                self._drop()
                continue
            if name is not None:
                log.error("daemon.lock_taken", by=name, remedy="this daemon stops; start it again when that has ended")
                os.kill(os.getpid(), signal.SIGTERM)
                return
            lost = False
            log.info("daemon.lock_back")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # not back to the pool: the lock ends with the session
            self._connection.close()
            self._connection = None


def holders(connection: Connection) -> list[tuple[str, str]]:
    """Give the role and the process of each session that holds the lock; a daemon of version 0.1 is `all`."""
    return [_of(name) for name in connection.execute(_HOLDERS, _KEY).scalars()]


def _of(name: str) -> tuple[str, str]:
    role = next((role for role, prefix in ROLES.items() if name.startswith(prefix)), "all")
    return role, name.removeprefix(ROLES.get(role, NAME)) or "unknown"


def patiently(take: Callable[[], bool]) -> bool:
    """Try to take a lock a few times."""
    for left in reversed(range(TRIES)):
        if take():
            return True
        if left:
            time.sleep(PAUSE)
    return False
