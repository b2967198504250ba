"""Other words for what was written: checked, scored, and kept as revisions beside it. Pure.

A person's edit and a receiver's replacement pass the same checks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.draft import Draft, Part
from domain.errors import FieldError, InvalidInput
from domain.publication import Post
from domain.run import Facts
from domain.weighted_length import LIMIT, weighted_length
from generators.score import local_score

PERSON = "person"
CALLBACK = "callback"
WHO = {PERSON: "edited by a person", CALLBACK: "replaced by the pre_publish callback"}
LINE_BREAKS = "\n\t"

Texts = Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Revised:
    """The drafts that are *new*, and all that are *chosen* with those in place; none is new when no word changed."""

    new: tuple[Draft, ...]
    chosen: tuple[Draft, ...]


def read_texts(edits: Mapping[str, str], posts: Sequence[Post], *, field: str = "edit") -> dict[tuple[int, int], str]:
    """Give the new texts by group and part; *edits* names posts by id, or by their place among *posts*, from 1.

    Raises InvalidInput with all problems together, each under the *field* and the post's name.
    """
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
            problems.append(FieldError(f"{field} {name}", problem))
        elif post is not None:
            found[post.group, post.part] = text
    if problems:
        raise InvalidInput(problems)
    return found


def revise(facts: Facts, texts: Texts, *, engine: str) -> Revised:
    """Give the chosen drafts with the new texts, each changed one as a draft of its own, made by *engine*."""
    chosen = list(facts.chosen or ())
    new: list[Draft] = []
    used = {draft.id for draft in facts.drafts or ()}
    for group, draft in enumerate(chosen):
        mine = {part: text for (of_group, part), text in texts.items() if of_group == group}
        if any(draft.parts[part].text != text for part, text in mine.items()):
            chosen[group] = _revision(draft, mine, _free_id(used), engine)
            used.add(chosen[group].id)
            new.append(chosen[group])
    return Revised(tuple(new), tuple(chosen))


def _problem(text: str) -> str | None:
    if not text:
        return "is empty; to post nothing, reject the run"
    if any(unicodedata.category(each) in {"Cc", "Cs"} and each not in LINE_BREAKS for each in text):
        return "holds control characters; remove them"
    length = weighted_length(text)
    return f"has {length} weighted characters; a post may have {LIMIT}" if length > LIMIT else None


def _revision(draft: Draft, texts: Mapping[int, str], new_id: str, engine: str) -> Draft:
    """Give *draft* with new texts; the words of a changed part are *engine*'s, not traced to a source."""
    parts = tuple(
        Part(texts[number]) if number in texts and texts[number] != part.text else part
        for number, part in enumerate(draft.parts)
    )
    revised = replace(
        draft,
        id=new_id,
        parts=parts,
        engine=engine,
        refined_from=draft.id,
        refinements=(WHO[engine],),
        origin=None,
        score=None,
    )
    return replace(revised, score=local_score(revised))


def _free_id(used: set[str]) -> str:
    return next(name for number in range(len(used), 2 * len(used) + 1) if (name := f"d{number}") not in used)
