"""What a daemon of a fleet does: it decides what is due, or does it, or both."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What it does.

    A *scheduler* plans slots, ends approvals, keeps feeds and calendars fresh, tells the day and prunes; a *worker*
    gathers, writes, posts and delivers callbacks.
    """

    ALL = "all"
    SCHEDULER = "scheduler"
    WORKER = "worker"

    @property
    def plans(self) -> bool:
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        return self is not Role.SCHEDULER
