"""`python -m demo.guard FOLDER`: clears up when the demo itself is gone, however it ended.

It reads process groups from its standard input, `+123` for one that was started and `-123` for one that was stopped.
The input ends with the demo, also when the demo is killed; then it stops every group that is left and removes FOLDER,
the demo's own temporary folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 3.0  # seconds between asking a group to stop and killing it
LOOK_EVERY = 0.05


def stop_groups(groups: Iterable[int]) -> None:
    """Ask each process group to stop, and kill what is still there after a few seconds."""
    left = {group for group in groups if send(group, signal.SIGTERM)}
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
        left = {group for group in left if send(group, 0)}
    for group in left:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal to a process group; tell whether there was anybody to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its input, when its work is done
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line.startswith("+") else groups.discard)(group)
    stop_groups(groups)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
