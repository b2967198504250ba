"""What the daemon costs: its start, its memory and processor time when idle, its memory after work; and `--help`.

python -m benchmarks.footprint --json
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.processes import ROOT, Running, environment_without_settings, running
from demo.planning import write_templates

KEY = "xq_" + "0123456789abcdef" * 4
WORK_SECONDS = 60.0
LOOK_EVERY = 0.5
IDLE_SECONDS = 20.0
SETTLING = 0.1  # of that, before it counts
STARTS, HELPS = 5, 7
WORK = ("page-to-tweet", "feed-to-thread")
RUNTIME = ROOT / "requirements" / "runtime.txt"
PROGRAM = tuple(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
)
COMMAND = (sys.executable, "-m", "cli")
HELP = (str(Path(sys.executable).with_name("ostinato")), "--help")

_PAUSE = threading.Event()  # never set


def daemon(folder: Path, idle_seconds: float) -> dict[str, Any]:
    """Start a daemon on a fresh home with a sandbox beside it, leave it idle, give it the demo's work."""
    with _sandbox(folder) as sandbox, running("listening on", "demo.site") as site:
        settings = _settings(folder / "home", sandbox)
        with running("daemon.ready", "cli", "daemon", environment=settings) as process:
            idle = _idle(process, idle_seconds)
            _work(folder, site, settings)
            return {"cold_start_seconds": process.seconds, **idle, "worked_megabytes": process.megabytes}


def cold_start(folder: Path) -> float:
    """Give the seconds from the start of the process to `daemon.ready`, with a fresh home."""
    with (
        _sandbox(folder) as sandbox,
        running("daemon.ready", "cli", "daemon", environment=_settings(folder / "home", sandbox)) as process,
    ):
        return process.seconds


def _sandbox(folder: Path) -> AbstractContextManager[Running]:
    words = ("--port", "0", "--api-key", KEY, "--database", str(folder / "sandbox.db"))
    return running("listening on", "sandbox", *words)


def _settings(home: Path, sandbox: Running) -> dict[str, str]:
    return {
        "OSTINATO_HOME": str(home),
        "OSTINATO_XQUIK_URL": sandbox.origin,
        "OSTINATO_XQUIK_KEY": KEY,
        "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
        "OSTINATO_THREAD_GAP": "0s",
    }


def _idle(process: Running, seconds: float) -> dict[str, float]:
    """Read memory and processor time over *seconds*, after the work of the start itself is done."""
    _PAUSE.wait(seconds * SETTLING)
    used = process.cpu_seconds
    started = time.perf_counter()
    _PAUSE.wait(seconds)
    took = time.perf_counter() - started
    return {
        "idle_megabytes": process.megabytes,
        "idle_cpu_percent": 100 * (process.cpu_seconds - used) / took,
    }


def _work(folder: Path, site: Running, settings: dict[str, str]) -> None:
    """Add the demo's templates and wait until a tweet and a thread are posted."""
    environment = environment_without_settings() | settings
    files = write_templates(folder / "templates", page=f"{site.origin}/page", feed=f"{site.origin}/feed.xml")
    for file in files:
        if file.stem in WORK:
            _ask(environment, "template", "add", str(file))
    deadline = time.monotonic() + WORK_SECONDS
    while True:
        said = {run["template"]: run["status"] for run in _ask(environment, "run", "list")["runs"]}
        if len(said) == len(WORK) and all(status == "posted" for status in said.values()):
            return
        if time.monotonic() > deadline or set(said.values()) & {"failed", "skipped", "partial"}:
            raise SystemExit(f"the demo's work was not posted: {said}")
        _PAUSE.wait(LOOK_EVERY)


def _ask(environment: dict[str, str], *words: str) -> Any:
    asked = subprocess.run(
        [*COMMAND, *words, "--json"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise SystemExit(f"ostinato {' '.join(words)}: {asked.stderr}")
    return json.loads(asked.stdout)


def help_seconds() -> float:
    """Give the seconds that the whole process of `ostinato --help` takes."""
    started = time.perf_counter()
    subprocess.run(HELP, cwd=ROOT, env=environment_without_settings(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def install_megabytes() -> float:
    """Give what `requirements/runtime.txt` and the program take on disk, compiled files included, and no tools."""
    pinned = {line.partition("==")[0].strip().lower() for line in RUNTIME.read_text().splitlines() if "==" in line}
    files = (file for name in sorted(pinned) for file in _files(name))
    program = (file for each in PROGRAM for file in (ROOT / each, *(ROOT / each).rglob("*")) if file.is_file())
    return float(sum(file.stat().st_size for file in {*files, *program})) / 2**20


def _files(name: str) -> Iterator[Path]:
    try:
        listed = distribution(name).files or ()
    except PackageNotFoundError:  # only for another system or another Python
        return
    for file in listed:
        path = Path(str(file.locate()))
        if path.is_file():
            yield path


def measure() -> dict[str, Any]:
    """Give all figures; times are medians."""
    starts, helps, idle_seconds = (1, 1, 0.5) if report.quick() else (STARTS, HELPS, IDLE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        figures = daemon(Path(folder), idle_seconds)
    seconds = [figures["cold_start_seconds"]]
    for _ in range(starts - 1):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(cold_start(Path(folder)))
    helped = [help_seconds() for _ in range(helps)]
    return {
        "cold_start_seconds": round(statistics.median(seconds), 2),
        "idle_megabytes": round(figures["idle_megabytes"], 1),
        "idle_cpu_percent": round(figures["idle_cpu_percent"], 2),
        "idle_seconds": idle_seconds,
        "worked_megabytes": round(figures["worked_megabytes"], 1),
        "install_megabytes": round(install_megabytes(), 1),
        "help_seconds": round(statistics.median(helped), 3),
    }


if __name__ == "__main__":
    report.main(measure)
