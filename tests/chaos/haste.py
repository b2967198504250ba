"""Less waiting for a daemon that died while it sent a callback: LINE_LEASE seconds, and not a minute and a half."""

from __future__ import annotations

import faulthandler
import os
from datetime import timedelta

from scheduler.delivery import fleet
from tests.chaos.surroundings import stepped_clock


def main() -> None:
    """Run the daemon on its clock that can be stepped. SIGABRT makes it print where each of its threads is, and end."""
    faulthandler.enable()
    if seconds := os.environ.get("LINE_LEASE"):
        lease = timedelta(seconds=float(seconds))
        setattr(fleet.LeasedLines.__init__, "__defaults__", (lease,))  # noqa: B010 - the type checker forbids it rightly
    stepped_clock.main()
