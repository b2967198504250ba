"""How a campaign speaks to the receiver and the site, which are processes: through their doors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

HERE = "tests/chaos/surroundings"
ADDRESSES = r"listening on (http://\S+), door at (http://\S+)"


class Started(Protocol):
    def wait_for_line(self, pattern: str, *, within: float = ...) -> Any:
        """Wait for a line of its output."""
        ...


class Starts(Protocol):
    def start(self, *arguments: str, name: str) -> Started:
        """Start a Python process, as `tests.acceptance.stage.Stage` does."""
        ...


@dataclass(frozen=True)
class Door:
    """A server of the surroundings: its *url*, and the door beside it. What is told counts when the call returns."""

    url: str
    door: str

    def fault(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Put a fault in force (`faults.Fault`): path, share, times, status, seconds. Give the state."""
        return self._tell("fault", {"kind": kind, **fields})

    def calm(self) -> dict[str, Any]:
        """Take back all faults, and be up. The state that is given has no faults in it any more."""
        return self._tell("calm")

    def down(self) -> dict[str, Any]:
        """Refuse connections until `up` or `calm`."""
        return self._tell("down")

    def up(self) -> dict[str, Any]:
        return self._tell("up")

    def state(self) -> dict[str, Any]:
        """Give `faults`, each with the number of requests it has `met`, whether it is `down`, and `requests`."""
        return self._tell("state")

    @contextmanager
    def fallen(self) -> Iterator[None]:
        """Be down within the block."""
        self.down()
        try:
            yield
        finally:
            self.up()

    def _tell(self, what: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = httpx.post(f"{self.door}/{what}", content=json.dumps(fields or {}), trust_env=False, timeout=10)
        if answer.is_error:
            raise ValueError(answer.text)
        told: dict[str, Any] = answer.json()
        return told


def start_receiver(stage: Starts, book: Path, *, seed: int = 0) -> Door:
    """Start a receiver that writes *book*, on a stage; give its door. Its URL with any path takes callbacks."""
    process = stage.start(f"{HERE}/receiver.py", str(book), "--seed", str(seed), name="receiver")
    url, door = process.wait_for_line(ADDRESSES).groups()
    return Door(url, door)


@dataclass(frozen=True)
class SiteDoor(Door):
    """A site whose feeds change, at `url/feeds/NAME.rss` and `.atom`. *book* is its file of changes and requests."""

    book: Path = Path()

    def change(self, name: str | None = None, times: int = 1) -> int:
        """Change one feed, or all that were ever asked for; give the number of stories that they ever had."""
        told = self._tell("change", {"name": name, "times": times})
        return int(told["stories"])


def start_site(stage: Starts, book: Path, *, seed: int = 0, every: float = 0.0) -> SiteDoor:
    """Start a site that changes its feeds each *every* seconds (0: only when told); give its door."""
    words = ("--seed", str(seed), "--every", str(every))
    process = stage.start(f"{HERE}/site.py", str(book), *words, name="site")
    url, door = process.wait_for_line(ADDRESSES).groups()
    return SiteDoor(url, door, book)
