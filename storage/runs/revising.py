"""Keeping what a person made of a held run's drafts: new drafts beside the old ones, chosen in their place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from domain.draft import Draft
from domain.errors import Conflict
from domain.run import RunStatus
from storage import codec
from storage.runs.rows import CHOSEN
from storage.tables import drafts, posts, runs


def revise(c: Connection, run_id: str, revisions: Sequence[Draft], chosen: Sequence[Draft]) -> None:
    """Keep *revisions* and choose *chosen* (one draft for each group); their posts say what they say.

    Raises Conflict when the run does not wait for a person.
    """
    ids = codec.dump(CHOSEN, tuple(draft.id for draft in chosen))
    change = update(runs).where(runs.c.id == run_id, runs.c.status == RunStatus.HELD.value).values(chosen=ids)
    if c.execute(change).rowcount != 1:
        raise Conflict(f"run {run_id} does not wait for a person; only a held run can be edited")
    written = c.execute(select(func.count()).select_from(drafts).where(drafts.c.run_id == run_id)).scalar_one()
    for position, draft in enumerate(revisions, start=written):
        row = {"run_id": run_id, "id": draft.id, "position": position, "document": codec.dump(Draft, draft)}
        c.execute(insert(drafts).values(row))
    for group, draft in enumerate(chosen):
        for part, each in enumerate(draft.parts):
            where = (posts.c.run_id == run_id, posts.c.grp == group, posts.c.part == part)
            c.execute(update(posts).where(*where).values(text=each.text, draft_id=draft.id))
