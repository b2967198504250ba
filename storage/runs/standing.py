"""Where templates stand with the runs they have: what waits, and how many count towards `max_runs`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, or_, select

from domain.run import FINAL, RunStatus, Trigger
from storage.tables import busy_index, constant, runs, templates

CHUNK = 500  # ids in one IN list


@dataclass(frozen=True, slots=True)
class Tally:
    """How many planned runs of a template were done and not skipped, and how many are not done."""

    done: int = 0
    undone: int = 0


def by_the_planner(rows: FromClause = runs) -> ColumnElement[bool]:
    """Tell a run that was planned when its slot had come from one that a person moved, had made up or asked for."""
    when_it_had_come = rows.c.created_at >= rows.c.slot_at
    not_behind = or_(rows.c.due_at == rows.c.slot_at, rows.c.due_at >= rows.c.created_at)
    return and_(rows.c.trigger == constant(Trigger.SCHEDULE), when_it_had_come, not_behind)


def waiting_until(c: Connection, template_ids: Collection[str], now: datetime) -> dict[str, datetime]:
    """Give when the last of each template's runs is due that are made up later; templates without one are left out.

    A slot that a person moved keeps no other waiting, however far ahead it is.
    """
    found: dict[str, datetime] = {}
    for chunk in _chunks(template_ids):
        last = func.max(runs.c.due_at, type_=runs.c.due_at.type)
        waiting = (runs.c.template_id.in_(chunk), busy_index(), runs.c.status == constant(RunStatus.QUEUED))
        query = select(runs.c.template_id, last).where(*waiting, by_the_planner(), runs.c.due_at > now)
        found.update((row[0], row[1]) for row in c.execute(query.group_by(runs.c.template_id)))
    return found


def tallies(c: Connection, template_ids: Collection[str]) -> dict[str, Tally]:
    """Count each template's planned runs; those that were skipped do not count."""
    found: dict[str, Tally] = {}
    for chunk in _chunks(template_ids):
        planned = (runs.c.template_id.in_(chunk), runs.c.trigger == constant(Trigger.SCHEDULE))
        query = select(runs.c.template_id, runs.c.status, func.count()).where(*planned)
        for template_id, status, count in c.execute(query.group_by(runs.c.template_id, runs.c.status)):
            tally = found.get(template_id, Tally())
            if status not in FINAL:
                found[template_id] = Tally(tally.done, tally.undone + count)
            elif status != RunStatus.SKIPPED:
                found[template_id] = Tally(tally.done + count, tally.undone)
    return found


def taken(c: Connection, template_id: str, start: datetime, end: datetime) -> list[datetime]:
    """Give the slots of a template in [*start*, *end*] that have a run, of any outcome."""
    planned = (runs.c.template_id == template_id, runs.c.trigger == constant(Trigger.SCHEDULE))
    return list(c.execute(select(runs.c.slot_at).where(*planned, runs.c.slot_at.between(start, end))).scalars())


def taken_ahead(c: Connection, template_ids: Collection[str]) -> dict[str, list[datetime]]:
    """Give each template's slots that have a run although it was not planned so far: from its next slot on."""
    found: dict[str, list[datetime]] = {}
    planned = (runs.c.trigger == constant(Trigger.SCHEDULE), runs.c.slot_at >= templates.c.next_slot_at)
    for chunk in _chunks(template_ids):
        joined = select(runs.c.template_id, runs.c.slot_at).join(templates, templates.c.id == runs.c.template_id)
        for template_id, slot_at in c.execute(joined.where(templates.c.id.in_(chunk), *planned)):
            found.setdefault(template_id, []).append(slot_at)
    return found


def _chunks(ids: Collection[str]) -> list[list[str]]:
    wanted = list(ids)
    return [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
