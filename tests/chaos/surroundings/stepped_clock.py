"""A daemon whose clock is off by what CLOCK_FILE says, read each time; CLOCK_STEADY_AFTER is how long it mistrusts it.

The product has one place that reads the clock, and APScheduler its own: this replaces both from outside.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers

import cli
from commands import assembly, wiring
from scheduler import clock_watch

FILE = Path(os.environ["CLOCK_FILE"])
TRUE = wiring.now


def now() -> datetime:
    return TRUE() + timedelta(seconds=int(FILE.read_text()))


class Stepped(datetime):
    """What APScheduler takes for the clock."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        at = now().astimezone(tz)
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, at.tzinfo, fold=at.fold)


def main() -> None:
    """Run the daemon with the words of the command line, on the clock that is off."""
    modules: list[Any] = [module for module in sys.modules.values() if getattr(module, "now", None) is TRUE]
    assert assembly in modules
    for module in modules:
        module.now = now
    replaced: tuple[Any, ...] = (executors, schedulers)
    for library in replaced:
        library.datetime = Stepped
    run()


def run() -> None:
    """Run the daemon with the words of the command line."""
    if seconds := os.environ.get("CLOCK_STEADY_AFTER"):
        setattr(clock_watch, "STABLE_AFTER", timedelta(seconds=float(seconds)))  # noqa: B010 - as for the clock
    sys.argv = ["ostinato", "daemon", *sys.argv[1:]]
    cli.main()
