"""Keeping what was made of a run's drafts since they were chosen: new drafts beside the old ones, in their place."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, select, update

from domain.draft import Draft
from domain.errors import Conflict
from domain.run import RunStatus
from storage import codec
from storage.runs.rows import CHOSEN
from storage.statements import Prepared, insert_into
from storage.tables import drafts, posts, runs

HELD = (RunStatus.HELD,)
_DRAFT = Prepared(insert_into(drafts, "run_id", "id", "position", "document"))


def revise(
    c: Connection,
    run_id: str,
    revisions: Sequence[Draft],
    chosen: Sequence[Draft],
    *,
    while_in: Collection[RunStatus] = HELD,
) -> None:
    """Keep *revisions* and choose *chosen* (one draft for each group); their posts say what they say.

    Raises Conflict unless the run is in one of the states *while_in*: none in which a worker may hold it.
    """
    ids = codec.dump(CHOSEN, tuple(draft.id for draft in chosen))
    change = update(runs).where(runs.c.id == run_id, runs.c.status.in_([each.value for each in while_in]))
    change = change.values(chosen=ids)
    if c.execute(change).rowcount != 1:
        allowed = " or ".join(each.value for each in while_in)
        raise Conflict(f"run {run_id} cannot be edited any more; only a run that is {allowed} can")
    written = c.execute(select(func.count()).select_from(drafts).where(drafts.c.run_id == run_id)).scalar_one()
    for position, draft in enumerate(revisions, start=written):
        row = {"run_id": run_id, "id": draft.id, "position": position, "document": codec.dump(Draft, draft)}
        _DRAFT.run(c, [row])
    for group, draft in enumerate(chosen):
        for part, each in enumerate(draft.parts):
            where = (posts.c.run_id == run_id, posts.c.grp == group, posts.c.part == part)
            c.execute(update(posts).where(*where).values(text=each.text, draft_id=draft.id))
