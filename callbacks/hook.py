"""The hook channel: a Python function of the owner's, named in the settings, called with each event in a thread."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import Any

from callbacks.envelope import body
from callbacks.refused import Refused, quoted
from domain.errors import FieldError, SettingsError
from domain.event import Event

TIME_LIMIT = 10.0  # seconds
THREADS = 4  # calls at the same time, those that hang included

Function = Callable[[dict[str, Any]], object]


def load(reference: str) -> Function:
    """Import the function named `module:function`. Raises SettingsError when there is none that can be called."""
    module, _, name = reference.partition(":")
    try:
        function = getattr(import_module(module), name)
    except Exception as error:  # importing runs the owner's code, which may raise anything
        raise _unusable(f"{reference!r} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(function):
        raise _unusable(f"{reference!r} is not a function")
    if inspect.iscoroutinefunction(function):
        raise _unusable(f"{reference!r} is async; name a plain function, it has a thread of its own")
    return function  # type: ignore[no-any-return]


def _unusable(problem: str) -> SettingsError:
    return SettingsError([FieldError("OSTINATO_HOOK", f"{problem}; name an importable module:function")])


class Hook:
    """Calls *function* in threads. Python cannot stop a thread: one that hangs keeps its place until it returns."""

    def __init__(self, function: Function, *, time_limit: float = TIME_LIMIT) -> None:
        self._function = function
        self._time_limit = time_limit
        self._room = asyncio.Semaphore(THREADS)

    async def send(self, event: Event) -> None:
        """Call the function with *event*'s envelope, a dict of its own; return when it returns.

        Raises Refused when it raises or takes longer than the time limit, and when earlier calls that hang leave no
        room for as long.
        """
        try:
            async with asyncio.timeout(self._time_limit):
                await self._room.acquire()
        except TimeoutError as full:
            raise Refused(f"{THREADS} earlier calls of the hook hang; mend it and restart the daemon") from full
        outcome = self._call(json.loads(body(event)))
        try:
            async with asyncio.timeout(self._time_limit):
                error = await outcome
        except TimeoutError as late:
            raise Refused(f"the hook did not return within {self._time_limit:g} s") from late
        if error is not None:
            raise Refused(quoted(f"the hook raised {type(error).__name__}: {error}".encode())) from error

    def _call(self, event: dict[str, Any]) -> asyncio.Future[BaseException | None]:
        """Start a call; give what it will have raised, or None."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[BaseException | None] = loop.create_future()

        def settle(error: BaseException | None) -> None:
            self._room.release()
            if not outcome.done():
                outcome.set_result(error)

        def call() -> None:
            error: BaseException | None = None
            try:
                self._function(event)
            except BaseException as raised:  # noqa: BLE001 - SystemExit too: the daemon is told, not ended
                error = raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, error)

        # A daemon thread and not a pool's: one that hangs must not keep the process from ending.
        Thread(target=call, name="hook", daemon=True).start()
        return outcome
