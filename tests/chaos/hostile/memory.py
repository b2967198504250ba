"""How much memory a process and its children hold, and have held at most, as Linux counts it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 0.03  # seconds between two looks


@dataclass
class Watch:
    """Looks at the process *pid* and its children until it is stopped; megabytes."""

    pid: int
    itself: float = 0.0
    child: float = 0.0
    together: float = 0.0
    children: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(EVERY):
            children = _children(self.pid)
            held = [_held(child) for child in children]
            now, most = _held(self.pid)
            self.itself = max(self.itself, most)
            self.child = max([self.child, *(peak for _, peak in held)])
            self.together = max(self.together, now + sum(size for size, _ in held))
            self.children = max(self.children, len(children))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _held(pid: int) -> tuple[float, float]:
    """Give what *pid* holds and has held at most; nothing when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1_024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return sizes.get("VmRSS", 0.0), sizes.get("VmHWM", 0.0)
