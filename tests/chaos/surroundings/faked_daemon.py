"""The daemon under libfaketime, as a program: the whole process believes the clock that CLOCK_FILE tells.

It imports nothing before it is the daemon: the processes of its pool read this file too, and do not need what it needs.
"""

import os
import sys
from typing import SupportsIndex


def below(library: str) -> None:
    """Begin anew with libfaketime loaded below everything."""
    os.environ.update(
        LD_PRELOAD=library,
        FAKETIME_TIMESTAMP_FILE=os.environ["CLOCK_FILE"],
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        DONT_FAKE_MONOTONIC="1",  # its name in older versions
        NO_FAKE_STAT="1",
    )
    os.execv(sys.executable, [sys.executable, *sys.argv])


if __name__ == "__main__":
    from tests.chaos.surroundings.clock import FAKETIME

    if os.environ.get("LD_PRELOAD") != str(FAKETIME):
        below(str(FAKETIME))

    import select
    import time

    def sleep(seconds: float | SupportsIndex) -> None:
        """Sleep. libfaketime 0.9.10 takes the true time for the monotonic one in clock_nanosleep, and fails."""
        select.select([], [], [], max(float(seconds), 0))

    time.sleep = sleep

    from tests.chaos.surroundings.stepped_clock import run

    run()
