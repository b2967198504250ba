"""The fence: the first statement of every write about a run, which hits its row only while the worker holds it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, update

from domain.run import STOPPED, Hold, RunStatus
from storage.row_values import Row
from storage.statements import Prepared, Statement
from storage.tables import constant, runs

WORKING = constant(RunStatus.WORKING)


def fenced(*conditions: ColumnElement[bool], **values: Any) -> Prepared:
    """Give the fenced update of a run: its row by id, epoch and owner, and only while it is worked on.

    *values* are the columns to set; `...` means a parameter of the column's name. *conditions* must hold as well.
    """
    given = {
        name: bindparam(name, type_=runs.c[name].type) if value is ... else value for name, value in values.items()
    }
    held = (
        runs.c.id == bindparam("fence_run"),
        runs.c.epoch == bindparam("fence_epoch"),
        runs.c.lease_owner == bindparam("fence_owner"),
        runs.c.status == WORKING,
        *conditions,
    )
    return Prepared(update(runs).where(*held).values(given), at_once=True)


def fence(sql: Prepared, hold: Hold, values: Row | None = None) -> Statement:
    """Give the statement that presents *hold* and must hit one row."""
    held = {"fence_run": hold.run_id, "fence_epoch": hold.epoch, "fence_owner": hold.owner}
    return Statement(sql, [{**held, **(values or {})}], expect=1)


# Changes nothing and still locks the row: on PostgreSQL nobody else can claim the run before this transaction ends.
HELD_STILL = fenced(epoch=runs.c.epoch)
# As it, unless the template was deleted or paused meanwhile: its runs may end what they have begun, and begin nothing.
HELD_AND_WANTED = fenced(
    or_(runs.c.reason.is_(None), runs.c.reason.not_in([constant(reason) for reason in STOPPED])), epoch=runs.c.epoch
)
