"""Running a peer in the virtualenv that `make bench` makes for them, and telling when one is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks.processes import ROOT, completed, environment_without_settings

# The peers' interpreter; another one may be named in this variable of the environment.
PYTHON = "OSTINATO_BENCH_PYTHON"
SECONDS = 900.0  # after which a peer that has stopped working is given up
_VERSIONS = (
    "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as people call it, the distribution it comes in, and the module of `benchmarks.peers` that runs it."""

    name: str
    distribution: str
    module: str

    @property
    def title(self) -> str:
        """The name with the version that is installed; the name alone where it is missing."""
        version = installed().get(self.distribution)
        return f"{self.name} {version}" if version else self.name

    @property
    def here(self) -> bool:
        return self.distribution in installed()

    def run(self, **what: Any) -> dict[str, Any]:
        """Run it once in a process of its own, and give what it printed last. Raises SystemExit when it fails."""
        done = completed(
            [python(), "-m", f"benchmarks.peers.{self.module}", json.dumps(what)],
            environment=environment_without_settings(),
            errors=subprocess.PIPE,
            seconds=SECONDS,
        )
        if done.returncode:
            raise SystemExit(f"{self.title} failed:\n{done.stderr[-3000:]}")
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return figures


APSCHEDULER_SQL = Peer("APScheduler SQLAlchemyJobStore", "apscheduler", "apscheduler_sql")
APSCHEDULER_MEMORY = Peer("APScheduler MemoryJobStore", "apscheduler", "apscheduler_memory")
DBOS = Peer("DBOS", "dbos", "dbos_runs")
PROCRASTINATE = Peer("Procrastinate", "procrastinate", "procrastinate_runs")
CELERY = Peer("Celery + Redis", "celery", "celery_runs")
DRAMATIQ = Peer("Dramatiq + Redis", "dramatiq", "dramatiq_runs")
AIOHTTP = Peer("aiohttp", "aiohttp", "aiohttp_requests")
OF_PART = {
    "schedule": (APSCHEDULER_SQL,),
    "restart": (APSCHEDULER_MEMORY,),
    "runs": (DBOS, PROCRASTINATE, CELERY, DRAMATIQ),
    "endtoend": (AIOHTTP,),
}


def present(peers: Collection[Peer]) -> list[Peer]:
    """Give those of *peers* that are installed. Raises SystemExit naming the others, unless told --allow-missing."""
    missing = [peer.name for peer in peers if not peer.here]
    if missing:
        words = f"missing: {', '.join(missing)} (`make bench` installs requirements/bench.txt into .venv-bench)"
        if "--allow-missing" not in sys.argv[1:]:
            raise SystemExit(f"{words}; --allow-missing measures without")
        print(words, file=sys.stderr)
    return [peer for peer in peers if peer.here]


@cache
def installed() -> dict[str, str]:
    """The distributions of the peers' virtualenv with their versions; none where there is no virtualenv."""
    try:
        done = subprocess.run([python(), "-c", _VERSIONS], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    versions: dict[str, str] = json.loads(done.stdout)
    return versions


def python() -> str:
    """Give the path of the peers' interpreter."""
    return os.environ.get(PYTHON) or str(ROOT / ".venv-bench" / "bin" / "python")
