"""Starts the children of a stage: forked, in a few milliseconds, from a process that has imported the program already.

A child is a process of its own in everything but the half second of imports: it gets its words, its environment and its
output file, runs as `python words…` would, and may be killed. Whole starts are tested where `python` itself is run: by
the tests of the demo, of the README and of the commands.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    *("cli", "commands.assembly", "commands.daemon", "commands.logs", "scheduler.operations.callbacks"),
    *("cryptography.fernet", "sqlalchemy.dialects.sqlite.pysqlite", "sandbox.serve", "http.server"),
)
LOOK_EVERY = 0.01
PAUSE = threading.Event()  # never set: a moment for the processes between two looks


@dataclass(frozen=True)
class Child:
    """A process of the nursery, to be asked and told like one of `subprocess`."""

    pid: int
    grave: Path  # where the nursery writes its exit code

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        """Give the exit code, the number of a signal negated; None while it lives."""
        return int(self.grave.read_text()) if self.grave.exists() else None

    def wait(self, timeout: float) -> int:
        """Give the exit code once it has ended. Raises TimeoutExpired when it lives longer than *timeout* seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["child", str(self.pid)], timeout)
            PAUSE.wait(LOOK_EVERY)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            self.wait(5.0)  # its exit code is on the way


def fork(words: list[str], environment: Mapping[str, str], output: Path) -> Child:
    """Start a child that does what `python words…` does, printing into the file *output*."""
    return _nursery().fork(words, environment, output)


class _Nursery:
    """The process that forks, as its parent sees it. It ends, with all its children, when its parent does."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._one_at_a_time = threading.Lock()
        atexit.register(self._close)

    def fork(self, words: list[str], environment: Mapping[str, str], output: Path) -> Child:
        asked = {"words": words, "environment": dict(environment), "output": str(output)}
        grave = _grave(str(output))
        grave.unlink(missing_ok=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one_at_a_time:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the nursery has died"
        return Child(int(answer), grave)

    def _close(self) -> None:
        self._process.communicate()


@cache
def _nursery() -> _Nursery:
    return _Nursery()


def _grave(output: str) -> Path:
    return Path(f"{output}.ended")


def serve() -> dict[str, Any]:
    """Fork a child for each line that comes; return in the child alone, with what it was asked to be."""
    for name in IMPORTED:
        importlib.import_module(name)
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len([*tasks.iterdir()]) == 1, "what was imported has started threads; a fork has none"
    living: dict[int, Path] = {}
    bell, rope = os.pipe()
    os.set_blocking(rope, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rope, warn_on_full_buffer=False)
    while True:
        readable, _, _ = select.select([sys.stdin, bell], [], [])
        if bell in readable:
            os.read(bell, 1024)
            _bury(living)
        if sys.stdin not in readable:
            continue
        line = sys.stdin.readline()
        if not line:
            break
        asked: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(bell)
            os.close(rope)
            return asked
        living[pid] = _grave(asked["output"])
        print(pid, flush=True)
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    sys.exit()


def _bury(living: dict[int, Path]) -> None:
    """Write down the exit codes of the children that have ended, each in one step."""
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        grave = living.pop(pid)
        draft = grave.with_suffix(".dying")
        draft.write_text(str(os.waitstatus_to_exitcode(status)))
        draft.replace(grave)


def become(asked: Mapping[str, Any]) -> None:
    """Be the process that was asked for, from here on."""
    for place, number, flags in (
        (os.devnull, 0, os.O_RDONLY),
        (asked["output"], 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(place, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(ROOT)
    words = asked["words"]
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    become(serve())
