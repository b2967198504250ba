"""After the storm: faults off, everything healthy, until all has come to its end."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from tests.chaos.acting import Acting
from tests.chaos.below import Below
from tests.chaos.expected import Struck, receiver_fault
from tests.chaos.ledger import Ledger
from tests.chaos.scene import CREDITS, Scene
from tests.chaos.surroundings import clock

Says = Callable[[str], Any]
PATIENCE = 90.0  # seconds without anything coming to its end
STILL, STILL_DOABLE = 3.0, 10.0  # seconds after which what is left waits for a time that is to come
NOTICED = 6.0  # seconds after which every daemon has noticed a step of its clock, and tells of it by a callback
STRIDE = timedelta(seconds=60)
LOOK_EVERY = 0.25
PAUSE = threading.Event()  # never set


class Calm:
    """The time in which nothing goes wrong.

    What waits for an hour to come, such as the last question about a post, gets it: the daemons' clock is set forward.
    """

    def __init__(self, here: Scene, acting: Acting, ledger: Ledger, below: Below, says: Says) -> None:
        self._says = says
        self._below = below
        self._here = here
        self._acting = acting
        self._ledger = ledger
        self._ahead = timedelta(0)
        self._steps = 0  # of the clock, since anything came to its end

    def reach(self) -> list[str]:
        """End all faults, wait until everything has ended, and stop every daemon; give what did not come to an end."""
        self._settle_down()
        left = self._wait_for_the_end()
        codes = {number: self._here.kill(number, signal.SIGTERM) for number in list(self._here.daemons)}
        problems = [f"daemon {number} ended with exit code {code}" for number, code in codes.items() if code]
        return problems + [f"{count} {what} did not come to an end" for what, count in left.items()]

    def _settle_down(self) -> None:
        here = self._here
        sandbox = {each["name"]: each["fired"] for each in here.faults()}
        receiver = {receiver_fault(each): each["met"] for each in here.receiver.state()["faults"]}
        here.struck = Struck(sandbox, receiver)
        httpx.delete(here.stage.admin("faults"), trust_env=False, timeout=10).raise_for_status()
        here.tell_sandbox("accounts/ostinato_demo", credits=CREDITS)
        here.receiver.calm()
        self._below.calm()
        clock.set_right(here.stage)
        here.everyone()
        here.orders.write("calm", fired=sandbox, receiver=receiver)

    def _wait_for_the_end(self) -> dict[str, int]:
        """Wait while anything comes to its end; give what is left."""
        before: dict[str, int] = {}
        changed = stepped = time.monotonic()
        while time.monotonic() - changed < PATIENCE:
            self._acting.settle()
            left = self._left()
            if not left and time.monotonic() - stepped > NOTICED:
                return {}
            if left != before:
                before, changed, self._steps = left, time.monotonic(), 0
            elif left and time.monotonic() - max(changed, stepped) > self._patience():
                self._set_forward()
                stepped = time.monotonic()
            PAUSE.wait(LOOK_EVERY)
        return before

    def _left(self) -> dict[str, int]:
        if self._acting.busy:
            return {"commands": 1}
        try:
            return self._ledger.unfinished(self._now())
        except (sqlite3.Error, psycopg.Error):
            return {"database": 1}

    def _patience(self) -> float:
        """Give how long nothing may change before the clock is set forward: long while anything could be done."""
        try:
            return STILL_DOABLE if self._ledger.doable(self._now()) else STILL
        except (sqlite3.Error, psycopg.Error):
            return STILL_DOABLE

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def _set_forward(self) -> None:
        if self._acting.busy:
            return
        try:
            at = self._ledger.next_after(self._now())
        except (sqlite3.Error, psycopg.Error):
            return
        if at is not None:
            # What waits for what waits looks again and again, and would have the clock follow it in small steps.
            step = at - self._now() + STRIDE * 2**self._steps
            self._steps += 1
            self._says(f"the clock is set {step} forward for {self._left()}")
            self._here.orders.write("clock", seconds=int(step.total_seconds()))
            self._ahead = timedelta(seconds=clock.stepped(self._here.stage, int(step.total_seconds())))
