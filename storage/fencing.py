"""The fence: the first statement of every write about a run, which hits its row only while the worker holds it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from domain.run import Hold, RunStatus
from storage.statements import Prepared, Row, Statement
from storage.tables import constant, runs

WORKING = constant(RunStatus.WORKING)


def fenced(**values: Any) -> Prepared:
    """Give the fenced update of a run: its row by id, epoch and owner, and only while it is worked on.

    *values* are the columns to set; `...` means a parameter of the column's name.
    """
    given = {
        name: bindparam(name, type_=runs.c[name].type) if value is ... else value for name, value in values.items()
    }
    held = (
        runs.c.id == bindparam("fence_run"),
        runs.c.epoch == bindparam("fence_epoch"),
        runs.c.lease_owner == bindparam("fence_owner"),
        runs.c.status == WORKING,
    )
    return Prepared(update(runs).where(*held).values(given))


def fence(sql: Prepared, hold: Hold, values: Row | None = None) -> Statement:
    """Give the statement that presents *hold* and must hit one row."""
    held = {"fence_run": hold.run_id, "fence_epoch": hold.epoch, "fence_owner": hold.owner}
    return Statement(sql, [{**held, **(values or {})}], expect=1)


# Changes nothing and still locks the row: on PostgreSQL nobody else can claim the run before this transaction ends.
HELD_STILL = fenced(epoch=runs.c.epoch)
