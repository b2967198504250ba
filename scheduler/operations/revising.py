"""Approving a held run in a person's own words: the edit is checked, scored and kept as a revision."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.draft import Draft, Part
from domain.errors import Conflict, FieldError, InvalidInput
from domain.publication import Post
from domain.run import RunStatus, Verdict
from domain.weighted_length import LIMIT, weighted_length
from generators.score import local_score
from scheduler.operations.runs import RunDetails, read_details
from storage import runs
from storage.database import Database

PERSON = "person"
LINE_BREAKS = "\n\t"


def approve_edited(
    database: Database, run_id: str, edits: Mapping[str, str], *, note: str | None, now: datetime
) -> RunDetails:
    """Approve a held run with the texts of *edits* in place of what was written, in one transaction.

    The keys name posts: by id, or by place among the run's posts, from 1. Each draft that is changed is kept as it was;
    its revision is a draft of its own, which the posts name as theirs: that is what was approved. Raises NotFound,
    InvalidInput with all problems together, and Conflict when the run does not wait for a person.
    """
    with database.write() as connection:
        details = read_details(connection, run_id)
        run = details.facts.run
        if run.status is not RunStatus.HELD:
            raise Conflict(f"run {run_id} is {run.status.value}; only a held run can be approved or rejected")
        texts = _texts(edits, details.posts)
        chosen = list(details.facts.chosen or ())
        revisions = []
        used = {draft.id for draft in details.facts.drafts or ()}
        for group, draft in enumerate(chosen):
            new = {part: text for (of_group, part), text in texts.items() if of_group == group}
            if any(draft.parts[part].text != text for part, text in new.items()):
                chosen[group] = _revision(draft, new, _free_id(used))
                used.add(chosen[group].id)
                revisions.append(chosen[group])
        if revisions:
            runs.revise(connection, run_id, revisions, chosen)
        runs.decide(connection, run_id, Verdict.APPROVED, now=now, note=note)
        return read_details(connection, run_id)


def _texts(edits: Mapping[str, str], posts: Sequence[Post]) -> dict[tuple[int, int], str]:
    """Give the new texts by group and part."""
    problems: list[FieldError] = []
    found: dict[tuple[int, int], str] = {}
    by_name = {str(place): post for place, post in enumerate(posts, start=1)} | {post.id: post for post in posts}
    for name, text in edits.items():
        post = by_name.get(name)
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        problem = "is no post of this run; give its id, or its place from 1" if post is None else _problem(text)
        if post is not None and (post.group, post.part) in found:
            problem = "is edited twice; give one text"
        if problem:
            problems.append(FieldError(f"edit {name}", problem))
        elif post is not None:
            found[post.group, post.part] = text
    if problems:
        raise InvalidInput(problems)
    return found


def _problem(text: str) -> str | None:
    if not text:
        return "is empty; to post nothing, use `ostinato run reject`"
    if any(unicodedata.category(each) in {"Cc", "Cs"} and each not in LINE_BREAKS for each in text):
        return "holds control characters; remove them"
    length = weighted_length(text)
    return f"has {length} weighted characters; a post may have {LIMIT}" if length > LIMIT else None


def _revision(draft: Draft, texts: Mapping[int, str], new_id: str) -> Draft:
    """Give *draft* with new texts; the words of a changed part are the person's, not traced to a source."""
    parts = tuple(
        Part(texts[number]) if number in texts and texts[number] != part.text else part
        for number, part in enumerate(draft.parts)
    )
    revised = replace(
        draft,
        id=new_id,
        parts=parts,
        engine=PERSON,
        refined_from=draft.id,
        refinements=("edited by a person",),
        origin=None,
        score=None,
    )
    return replace(revised, score=local_score(revised))


def _free_id(used: set[str]) -> str:
    return next(name for number in range(len(used), 2 * len(used) + 1) if (name := f"d{number}") not in used)
