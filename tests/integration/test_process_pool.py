from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.errors import SourceError
from scheduler.process_pool import ProcessPool, WorkerDied


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    pool = ProcessPool(seconds=20.0, megabytes=400)
    yield pool
    pool.close()


def _is_running(pid: int) -> bool:
    """A zombie has ended; only its parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _until(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
    return True


async def _until_async(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0)
    return True


def test_nothing_is_started_before_the_first_call_and_work_runs_in_another_process(pool: ProcessPool) -> None:
    async def scenario() -> tuple[int, int]:
        return await pool(os.getpid), await pool(os.getpid)

    assert multiprocessing.active_children() == []
    first, second = asyncio.run(scenario())
    assert first != os.getpid()
    assert first == second


def test_work_that_takes_too_long_is_killed_and_the_next_call_works() -> None:
    async def scenario() -> None:
        pid = await pool(os.getpid)
        with pytest.raises(TimeoutError, match=r"sleep took longer than 1\.5 s"):
            await pool(time.sleep, 600)
        assert await _until_async(lambda: not _is_running(pid))
        assert await pool(os.getpid) != pid

    pool = ProcessPool(seconds=1.5)
    try:
        asyncio.run(scenario())
    finally:
        pool.close()


def test_work_that_never_gives_the_interpreter_back_is_killed_just_the_same() -> None:
    async def scenario() -> None:
        pid = await pool(os.getpid)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await pool(sum, range(10**13))  # one loop in C, for hours, that looks at no signal
        assert time.monotonic() - started < 3.0  # not the three seconds of grace that a deaf process would get
        assert await _until_async(lambda: not _is_running(pid))

    pool = ProcessPool(seconds=0.5)
    try:
        asyncio.run(scenario())
    finally:
        pool.close()


def test_work_that_needs_too_much_memory_fails_and_the_next_call_works(pool: ProcessPool) -> None:
    async def scenario() -> None:
        with pytest.raises(MemoryError):
            await pool(bytearray, 2**31)
        assert await pool(len, [1, 2]) == 2

    asyncio.run(scenario())


def test_a_process_that_crashes_is_reported_and_the_next_call_works(pool: ProcessPool) -> None:
    async def scenario() -> None:
        with pytest.raises(WorkerDied, match="string_at died with exit code -11"):
            await pool(ctypes.string_at, 0)
        assert await pool(len, [1, 2]) == 2

    asyncio.run(scenario())


def test_a_process_killed_while_idle_costs_no_call(pool: ProcessPool) -> None:
    async def scenario() -> None:
        pid = await pool(os.getpid)
        os.kill(pid, signal.SIGKILL)
        assert await pool(len, [1, 2]) == 2
        assert await asyncio.gather(*(pool(len, [1] * size) for size in range(3))) == [0, 1, 2]

    asyncio.run(scenario())


def test_what_the_function_raises_arrives(pool: ProcessPool) -> None:
    async def scenario() -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            await pool(int, "one")

    asyncio.run(scenario())


def raise_source_error() -> None:
    raise SourceError("https://example.org", "its class cannot be pickled")


def test_an_error_that_cannot_be_pickled_arrives_as_words(pool: ProcessPool) -> None:
    async def scenario() -> None:
        with pytest.raises(RuntimeError, match=r"^SourceError: https://example\.org: its class cannot be pickled"):
            await pool(raise_source_error)
        assert await pool(len, [1, 2]) == 2

    asyncio.run(scenario())


def test_a_process_is_replaced_after_its_share_of_calls() -> None:
    async def scenario() -> None:
        pids = [await pool(os.getpid) for _ in range(4)]
        assert pids[0] == pids[1] != pids[2] == pids[3]

    pool = ProcessPool(tasks_per_worker=2)
    try:
        asyncio.run(scenario())
    finally:
        pool.close()


def test_a_cancelled_call_kills_its_work(pool: ProcessPool) -> None:
    async def scenario() -> None:
        pid = await pool(os.getpid)
        call = asyncio.create_task(pool(time.sleep, 600))
        state = Path(f"/proc/{pid}/wchan")
        await _until_async(lambda: "nanosleep" in state.read_text(), 2.0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool(len, [1, 2]) == 2
        assert await _until_async(lambda: not _is_running(pid))

    asyncio.run(scenario())


def test_many_calls_wait_without_a_thread_each(pool: ProcessPool) -> None:
    async def scenario() -> None:
        await pool(os.getpid)
        threads = threading.active_count()
        calls = [asyncio.create_task(pool(len, [1] * size)) for size in range(100)]
        await asyncio.sleep(0)
        assert threading.active_count() == threads
        assert await asyncio.gather(*calls) == list(range(100))

    asyncio.run(scenario())


def test_an_idle_pool_gives_its_memory_back_and_starts_again() -> None:
    async def scenario() -> None:
        pid = await pool(os.getpid)
        assert await _until_async(lambda: not _is_running(pid))
        assert await pool(os.getpid) != pid

    pool = ProcessPool(idle_seconds=0.05)
    try:
        asyncio.run(scenario())
    finally:
        pool.close()


def test_close_kills_the_work_and_a_later_call_starts_anew(pool: ProcessPool) -> None:
    pid = asyncio.run(pool(os.getpid))
    pool.close()
    assert _until(lambda: not _is_running(pid))
    assert asyncio.run(pool(os.getpid)) != pid


PARENT = """
import asyncio, os, time
from scheduler.process_pool import ProcessPool

async def main():
    pool = ProcessPool(seconds=600)
    print(await pool(os.getpid), flush=True)
    call = asyncio.create_task(pool(time.sleep, 600))
    await call

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_the_processes_of_a_killed_daemon_end_with_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # multiprocessing's tracker says there that it tidied up
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    with parent:
        worker = int(parent.stdout.readline())
        assert _is_running(worker)
        parent.kill()
    assert _until(lambda: not _is_running(worker))
