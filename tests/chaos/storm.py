"""What happens while everything goes wrong: the schedule, act by act, until what was added has ended."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import psycopg

from tests.chaos.acting import Acting
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Act, Form
from tests.chaos.scene import Scene

PAUSE = threading.Event()  # never set: a moment for the processes between two looks
LOOK_EVERY = 0.05
BOOT = 30.0  # seconds that a daemon is given to start
START = 0.5  # seconds in which it does start on a machine that does nothing else
WARM = 8.0  # seconds that it is given to post something: the first run loads what the others use
SLOWEST = 4.0  # times that a schedule is stretched at most
FEW = 50  # one run of so many may still be open when the storm ends
AFTERMATH = 30.0  # seconds without anything coming to its end
GOING = frozenset({"kill", "stop", "term"})


def storm(here: Scene, acting: Acting, ledger: Ledger, acts: list[Act]) -> None:
    """Do everything at its time, or as soon after it as it can be done, until what was added has ended.

    The schedule is stretched on a machine that is slow, as its daemons' starts show: else they would only be starting.
    At its end the faults of all that is outside go on, and the daemons are let alone.
    """
    at, slower, looked = 0.0, 1.0, time.monotonic()
    for act in acts:
        while at < act.at:
            acting.settle()
            PAUSE.wait(min((act.at - at) * slower, LOOK_EVERY))
            at, looked = at + (time.monotonic() - looked) / slower, time.monotonic()
        if act.at > here.form.seconds and act.do in GOING and drained(here.form, acting, ledger):
            break
        acting.perform(act)
        if act.do == "start" and not act.fields["young"]:
            started = until_at_work(here, acting, ledger, act.fields["daemon"])
            slower = min(max(started / START, 1.0), SLOWEST)
            looked = time.monotonic()
    here.everyone()
    _wait_out(here.form, acting, ledger)


def _wait_out(form: Form, acting: Acting, ledger: Ledger) -> None:
    before: int | None = -1
    changed = time.monotonic()
    while not drained(form, acting, ledger) and time.monotonic() - changed < AFTERMATH:
        acting.settle()
        if (left := _left(ledger)) != before:
            before, changed = left, time.monotonic()
        PAUSE.wait(10 * LOOK_EVERY)


def drained(form: Form, acting: Acting, ledger: Ledger) -> bool:
    """Tell whether all but a few runs have come to their end."""
    left = _left(ledger)
    return not acting.busy and left is not None and left <= form.publications // FEW


def _left(ledger: Ledger) -> int | None:
    """Count the runs and slots that have not ended; None while the database cannot be read."""
    try:
        return ledger.open_runs(datetime.now(UTC))
    except (sqlite3.Error, psycopg.Error):
        return None


def until_at_work(here: Scene, acting: Acting, ledger: Ledger, daemon: int) -> float:
    """Wait until a daemon has started, and has posted something if it has to; give the seconds until it had started."""
    started = _waited_for(partial(here.is_ready, daemon), acting, BOOT)
    _waited_for(lambda: here.has_posted(daemon) or not _left(ledger), acting, WARM)
    return started


def _waited_for(done: Callable[[], bool], acting: Acting, seconds: float) -> float:
    began = time.monotonic()
    while not done() and time.monotonic() - began < seconds:
        acting.settle()
        PAUSE.wait(LOOK_EVERY)
    return time.monotonic() - began
