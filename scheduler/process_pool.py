"""Work in processes of its own: hostile bytes and heavy libraries, with limits that can be enforced by killing."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ParamSpec, TypeVar

import pebble

P = ParamSpec("P")
T = TypeVar("T")

PR_SET_PDEATHSIG = 1


class WorkerDied(MemoryError):
    """The process that did the work died under it: killed by the system, or crashed in a library."""


class ProcessPool:
    """Runs picklable top-level functions in processes; implements `domain.protocols.Offload`.

    The processes are started fresh (never forked from this one) at the first call and stopped after *idle_seconds*
    without work. A call may take *seconds*, counted from its start and not from its place in the queue, and its process
    may hold *megabytes* of memory. A process is replaced after *tasks_per_worker* calls, so nothing that a page leaves
    behind lives long. The functions are taken to be pure: a call whose process vanished before it began is begun again.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        seconds: float = 30.0,
        megabytes: int = 1024,
        tasks_per_worker: int = 5_000,  # what a new process loads takes as long as some hundred calls
        idle_seconds: float = 60.0,
    ) -> None:
        self._workers = workers
        self._seconds = seconds
        self._megabytes = megabytes
        self._tasks_per_worker = tasks_per_worker
        self._idle_seconds = idle_seconds
        self._pool: pebble.ProcessPool | None = None
        self._calls = 0
        self._idle_timer: asyncio.TimerHandle | None = None

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *function* in a process and give what it gives. Cancelling the call kills the work.

        Raises TimeoutError when it took too long, MemoryError when it needed too much, WorkerDied (a MemoryError) when
        its process died, and whatever *function* raised.
        """
        self._calls += 1
        self._stop_idle_timer()
        try:
            return await self._run(function, args, kwargs)
        except pebble.ProcessExpired as error:
            raise WorkerDied(f"the process of {_name(function)} died with exit code {error.exitcode}") from error
        except BrokenProcessPool as error:
            raise WorkerDied(f"no process stayed alive for {_name(function)}") from error
        finally:
            self._calls -= 1
            self._start_idle_timer()

    def close(self) -> None:
        """Kill the processes and forget them. A later call starts new ones."""
        self._stop_idle_timer()
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)

    async def _run(self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        pool = self._living()
        try:
            return await self._schedule(pool, function, args, kwargs)
        except BrokenProcessPool:  # a process died between two calls; this call had not begun
            if self._pool is pool:
                self._pool = None
                await asyncio.get_running_loop().run_in_executor(None, _stop, pool)
            return await self._schedule(self._living(), function, args, kwargs)

    async def _schedule(
        self, pool: pebble.ProcessPool, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> T:
        try:
            return await asyncio.wrap_future(pool.schedule(_call, args=(function, args, kwargs), timeout=self._seconds))
        except TimeoutError as error:
            raise TimeoutError(f"{_name(function)} took longer than {self._seconds:g} s and was stopped") from error

    def _living(self) -> pebble.ProcessPool:
        if self._pool is not None and not self._pool.active:
            self.close()
        if self._pool is None:
            self._pool = self._new_pool()
        return self._pool

    def _new_pool(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self._workers,
            max_tasks=self._tasks_per_worker,
            initializer=_prepare_worker,
            initargs=(os.getpid(), self._megabytes),
            # Not fork: a child must not inherit the daemon's memory, sockets, threads or event loop.
            context=multiprocessing.get_context("spawn"),
        )

    def _start_idle_timer(self) -> None:
        if self._calls == 0 and self._pool is not None:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(self._idle_seconds, self._stop_when_idle, loop)

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _stop_when_idle(self, loop: asyncio.AbstractEventLoop) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            loop.run_in_executor(None, _stop, pool)  # joining its threads takes a moment


def _call(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Run in the process. An error that would not survive the way back must not take the pool down with it."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes, made one call ago
        except Exception:  # noqa: BLE001 - an error's own constructor may raise anything
            raise RuntimeError(f"{type(error).__name__}: {error}") from None
        raise


def _stop(pool: pebble.ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__qualname__", repr(function))


def _prepare_worker(parent: int, megabytes: int) -> None:
    """Bind this process to its limits and to its parent's life, and let everything else go first on the processor."""
    # pebble's own answer to SIGTERM needs the interpreter, which a library's long loop may never give back.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(5)
    limit = megabytes * 1024 * 1024
    # RLIMIT_DATA counts what is written to; RLIMIT_AS would count the stacks and arenas that numpy merely reserves.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the signal was asked for
        os._exit(1)
