"""Hearing what other processes tell: a thread that waits for PostgreSQL's notices and wakes the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing, suppress

import structlog

from storage import notices
from storage.database import Database

log = structlog.get_logger(__name__)

PATIENCE = 0.5  # seconds in which the thread notices that it is to end
END_WITHIN = 2.0  # seconds that its end is waited for: one that connects just now ends with the process
AGAIN = 5.0  # seconds before a lost connection is made anew; meanwhile the daemon looks each second


class Ears:
    """Listens until it is closed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, wake: Callable[[], None]) -> None:
        """Call *wake* in the running event loop at each notice."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._listen, args=(loop, wake), name="ears", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(END_WITHIN)
            self._thread = None

    def _listen(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        while not self._closed.is_set():
            try:
                with closing(notices.listen(self._database, PATIENCE)) as heard:
                    for notice in heard:
                        if self._closed.is_set():
                            return
                        if notice:
                            with suppress(RuntimeError):  # the loop is closed: nobody is to be woken
                                loop.call_soon_threadsafe(wake)
            except Exception as error:  # noqa: BLE001 - the database is away for a while; the daemon looks by itself
                log.warning("notices.lost", error=str(error).split("\n", 1)[0])
                self._closed.wait(AGAIN)
