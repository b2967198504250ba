"""Rows of `runs` and what belongs to them, as domain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from domain.draft import Draft
from domain.material import Material, MaterialKind
from domain.publication import Publication
from domain.question import Question
from domain.reasons import Reason
from domain.run import Facts, Rejected, Run, RunStatus, Trigger, Verdict
from domain.template import ApproveDefault
from storage import codec, publications
from storage.tables import drafts, materials

REJECTED = tuple[Rejected, ...]
CHOSEN = tuple[str, ...]
UNREADABLE = (ValueError, TypeError, LookupError)  # what is raised by what is read of a row or a document
WHY = 300  # characters of what was raised
HINTS = MaterialKind.HINTS
STEPS = ("gathered_at", "drafted_at", "chosen_at")


def run_of(row: RowMapping | Mapping[str, Any]) -> Run:
    """Give the run of a row."""
    return Run(
        id=row["id"],
        template_id=row["template_id"],
        account=row["account"],
        slot_at=row["slot_at"],
        due_at=row["due_at"],
        trigger=Trigger(row["trigger"]),
        status=RunStatus(row["status"]),
        epoch=row["epoch"],
        not_before=row["not_before"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        started_at=row["started_at"],
        approved_revision=row["approved_revision"],
        held_at=row["held_at"],
        decide_by=row["decide_by"],
        undecided=ApproveDefault(row["undecided"]) if row["undecided"] else None,
        finished_at=row["finished_at"],
        created_at=row["created_at"],
        retry_of=row["retry_of"],
    )


def claimed_facts(c: Connection, rows: Sequence[RowMapping]) -> list[Facts]:
    """Give what is recorded about the runs of *rows*; of one that cannot be read, why not, and the others all the same.

    A run that is not to be read must not keep a whole batch, or its account, from being worked on.
    """
    try:
        return facts_of(c, rows)
    except UNREADABLE:
        return [_facts_alone(c, row) for row in rows]


def _facts_alone(c: Connection, row: RowMapping) -> Facts:
    try:
        return facts_of(c, [row])[0]
    except UNREADABLE as error:
        plain = {**row, "verdict": None, "reason": None, "detail": None}
        return Facts(run_of(plain), unreadable=" ".join(str(error).split())[:WHY])


def facts_of(c: Connection, rows: Sequence[RowMapping]) -> list[Facts]:
    """Give what is recorded about the runs of *rows*; a fresh one costs no further query."""
    begun = [row["id"] for row in rows if any(row[step] is not None for step in STEPS)]
    if not begun:
        return [Facts(run_of(row)) for row in rows]
    gathered = _materials(c, begun)
    drafted = _drafts(c, begun)
    published = publications.of_runs(c, begun)
    return [
        _facts(row, gathered.get(row["id"], []), drafted.get(row["id"], []), published.get(row["id"], []))
        for row in rows
    ]


def _facts(
    row: RowMapping, material: Iterable[Material], written: Iterable[Draft], published: Iterable[Publication]
) -> Facts:
    by_id = {draft.id: draft for draft in written}
    gathered = tuple(material)
    chosen = codec.load(CHOSEN, row["chosen"]) if row["chosen"] is not None else None
    return Facts(
        run=run_of(row),
        material=tuple(each for each in gathered if each.kind is not HINTS) if row["gathered_at"] is not None else None,
        rejected=codec.load(REJECTED, row["rejected"]) if row["rejected"] is not None else (),
        drafts=tuple(by_id.values()) if row["drafted_at"] is not None else None,
        # Drafts may have been pruned; then the posts still hold what was chosen.
        chosen=tuple(by_id[key] for key in chosen if key in by_id) if chosen is not None else None,
        choice_reason=row["choice_reason"],
        held=row["held_at"] is not None,
        question=codec.load(Question, row["question"]) if row["question"] is not None else None,
        publications=tuple(published),
        hints=next((each for each in gathered if each.kind is HINTS), None),
    )


def _materials(c: Connection, run_ids: Sequence[str]) -> dict[str, list[Material]]:
    query = select(materials.c.run_id, materials.c.document).where(materials.c.run_id.in_(run_ids))
    found: dict[str, list[Material]] = {}
    for run_id, document in c.execute(query.order_by(materials.c.run_id, materials.c.position)):
        found.setdefault(run_id, []).append(codec.load(Material, document))
    return found


def _drafts(c: Connection, run_ids: Sequence[str]) -> dict[str, list[Draft]]:
    query = select(drafts.c.run_id, drafts.c.document).where(drafts.c.run_id.in_(run_ids))
    found: dict[str, list[Draft]] = {}
    for run_id, document in c.execute(query.order_by(drafts.c.run_id, drafts.c.position, drafts.c.id)):
        found.setdefault(run_id, []).append(codec.load(Draft, document))
    return found
