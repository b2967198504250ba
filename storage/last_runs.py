"""How the newest run of each of many templates stands."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, func, select

from domain.run import Run, Trigger
from storage.runs.rows import run_of
from storage.tables import constant, runs

CHUNK = 500  # ids in one IN list


def last_runs(c: Connection, template_ids: Collection[str]) -> dict[str, Run]:
    """Give the run with the newest slot of each of *template_ids*, planned or asked for. Some have none."""
    found: dict[str, Run] = {}
    wanted = list(template_ids)
    for start in range(0, len(wanted), CHUNK):
        for trigger in Trigger:  # each kind has an index of its own, which its name leads to
            for run in _of_kind(c, wanted[start : start + CHUNK], trigger):
                there = found.get(run.template_id)
                if there is None or there.slot_at < run.slot_at:
                    found[run.template_id] = run
    return found


def _of_kind(c: Connection, template_ids: list[str], trigger: Trigger) -> list[Run]:
    others = runs.alias("others")
    newest = (
        select(func.max(others.c.slot_at))
        .where(others.c.template_id == runs.c.template_id, others.c.trigger == constant(trigger))
        .scalar_subquery()
    )
    mine = and_(runs.c.template_id.in_(template_ids), runs.c.trigger == constant(trigger), runs.c.slot_at == newest)
    return [run_of(row) for row in c.execute(select(runs).where(mine)).mappings()]
