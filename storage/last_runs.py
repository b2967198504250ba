"""How the newest run of each of many templates stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from domain.reasons import Reason
from domain.run import RunStatus, Trigger
from storage.tables import constant, runs, templates

CHUNK = 500  # ids in one IN list


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a template, reduced to how it stands."""

    id: str
    status: RunStatus
    reason: Reason | None
    detail: str | None
    slot_at: datetime


def last_runs(c: Connection, template_ids: Collection[str]) -> dict[str, LastRun]:
    """Give the run with the newest slot of each of *template_ids*, planned or asked for. Some have none."""
    found: dict[str, LastRun] = {}
    wanted = list(template_ids)
    for start in range(0, len(wanted), CHUNK):
        for query in _NEWEST:
            for template_id, run in _runs_of(c, query, wanted[start : start + CHUNK]):
                there = found.get(template_id)
                if there is None or there.slot_at < run.slot_at:
                    found[template_id] = run
    return found


def _newest(trigger: Trigger) -> Select[Any]:
    """Give the question for the newest of one kind: each has an index of its own, which its name leads to.

    It is one step in that index for each template, however many runs it had.
    """
    others = runs.alias("others")
    newest = (
        select(others.c.id)
        .where(others.c.template_id == templates.c.id, others.c.trigger == constant(trigger))
        .order_by(others.c.slot_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = (runs.c.template_id, runs.c.id, runs.c.status, runs.c.reason, runs.c.detail, runs.c.slot_at)
    wanted = templates.c.id.in_(bindparam("templates", expanding=True))
    return select(*columns).select_from(templates.join(runs, runs.c.id == newest)).where(wanted)


def _runs_of(c: Connection, query: Select[Any], template_ids: list[str]) -> Iterator[tuple[str, LastRun]]:
    for template_id, run_id, status, reason, detail, slot_at in c.execute(query, {"templates": template_ids}):
        yield template_id, LastRun(run_id, RunStatus(status), Reason(reason) if reason else None, detail, slot_at)


_NEWEST = tuple(_newest(trigger) for trigger in Trigger)
