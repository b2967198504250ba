"""Real processes to be measured: started, waited for, read in /proc, and stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks import ending

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30.0
STOP_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")  # of processor time, in a second


@dataclass(frozen=True, slots=True)
class Running:
    """A process that has printed its sign: the line with it, and how many *seconds* after its start that came."""

    pid: int
    line: str
    seconds: float

    @property
    def origin(self) -> str:
        """The `http://…` that the line ends with."""
        return self.line.partition("listening on ")[2].split()[0]

    @property
    def megabytes(self) -> float:
        """Resident memory of the process alone, without its children."""
        return self._megabytes("VmRSS:")

    @property
    def peak_megabytes(self) -> float:
        """The most of `megabytes` since the start, or since it was last told to forget."""
        return self._megabytes("VmHWM:")

    def forget_peak(self) -> None:
        """Let `peak_megabytes` begin anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")

    def _megabytes(self, line: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        kilobytes = next(each.split()[1] for each in status.splitlines() if each.startswith(line))
        return int(kilobytes) / 1024

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the process has used, without its children."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / TICKS  # utime and stime, see proc(5)


@contextmanager
def running(sign: str, module: str, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run `python -m module words…` from when it has printed a line with *sign*; stop it at the end.

    Raises SystemExit with what it printed when it ends before that, or takes too long.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**environment_without_settings(), **(environment or {})},
    )
    assert process.stdout is not None
    reading: threading.Thread | None = None
    try:
        line = _wait_for(sign, process, process.stdout)
        seconds = time.perf_counter() - started
        reading = threading.Thread(target=process.stdout.read, daemon=True)  # or it would wait for a full pipe
        reading.start()
        yield Running(process.pid, line, seconds)
    finally:
        _stop(process)
        if reading is not None:
            reading.join(STOP_SECONDS)
        process.stdout.close()


def completed(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, errors: int | None = None, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run *command* to its end; *errors* is where its error output goes, *seconds* how long it may take.

    It is given time to take down what it started, also when this process is told to end meanwhile. Raises
    TimeoutExpired.
    """
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            with ending.undisturbed():
                _stop(process)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(sign: str, process: subprocess.Popen[str], output: IO[str]) -> str:
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    try:
        printed = []
        for line in output:
            if sign in line:
                return line
            printed.append(line)
    finally:
        too_late.cancel()
    raise SystemExit(f"{process.args!r} did not say {sign!r}:\n{''.join(printed[-25:])}")


def environment_without_settings() -> dict[str, str]:
    """Give this process's environment without the reader's own settings and proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OSTINATO_", "OPENAI_")) and not name.lower().endswith("_proxy")
    } | {"PYTHONUNBUFFERED": "1"}
