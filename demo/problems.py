"""What can go wrong in the demo: one line with the remedy, and the end of the log that tells more."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot go on. The message names the thing and the remedy; *log* is the tail of a process's log."""

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log
