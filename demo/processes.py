"""The demo's processes: started in groups of their own, waited for until they are ready, always stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from demo.guard import PATIENCE, send
from demo.problems import DemoError

ROOT = Path(__file__).resolve().parent.parent
LOOK_EVERY = 0.05  # seconds
TAIL_LINES = 25


class Processes:
    """Starts processes, each with a log file below *home*; leaving the context stops them all and removes *home*.

    A guard beside them does the same when this process is killed.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard: subprocess.Popen[str] | None = None

    def __enter__(self) -> Processes:
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        self._guard = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "demo.guard", str(self.home)],
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop(*self._running)
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()

    def start(self, name: str, module: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
        """Start `python -m module words…`; what it prints goes to its log."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", module, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
            )
        self._running[name] = process
        self._tell_guard("+", process.pid)

    def wait_for(self, name: str, sign: str, within: float) -> str:
        """Wait until a line with *sign* stands in the log of *name*, and give that line.

        Raises DemoError when the process ends first, or *within* seconds pass.
        """
        process, deadline = self._running[name], time.monotonic() + within
        while True:
            ended = process.poll()
            lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
            if found := next((line for line in lines if sign in line), None):
                return found
            if ended is not None:
                raise DemoError(f"the {name} ended with code {ended} before it was ready", log=self.tail(name))
            if time.monotonic() > deadline:
                remedy = "give it more time with DEMO_TIMEOUT=120"
                raise DemoError(f"the {name} was not ready in time; {remedy}", log=self.tail(name))
            time.sleep(LOOK_EVERY)

    def origin(self, name: str, within: float) -> str:
        """Give the `http://host:port` that the process says it listens on."""
        line = self.wait_for(name, "listening on http://", within)
        return line.partition("listening on ")[2].split()[0]

    def ended(self) -> Sequence[str]:
        """Give the names of the processes that ended by themselves."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one process and its group."""
        send(self._running[name].pid, number)

    def stop(self, *names: str) -> None:
        """Stop processes with everything that they started: asked first, killed after a few seconds."""
        stopping = [self._running.pop(name) for name in names]
        for process in stopping:
            send(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in stopping:
            with suppress(subprocess.TimeoutExpired):  # then it is killed
                process.wait(max(0.0, deadline - time.monotonic()))
            send(process.pid, signal.SIGKILL)  # also what it left behind in its group
            process.wait()
            self._tell_guard("-", process.pid)

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def tail(self, name: str) -> str:
        """Give the last lines that the process printed."""
        path = self.log(name)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        return "\n".join(lines[-TAIL_LINES:])

    def _tell_guard(self, sign: str, group: int) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.write(f"{sign}{group}\n")
            self._guard.stdin.flush()


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give *environ* without the reader's own settings and proxies: the demo needs no key and spends nobody's."""
    own = ("OSTINATO_", "OPENAI_", "DEMO_")
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(own) and not name.lower().endswith("_proxy")
    } | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
