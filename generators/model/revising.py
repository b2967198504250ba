"""Refining a scored draft: taken apart for a model to change, and put together again only if it became better."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.draft import Draft, Segment, SegmentKind
from domain.material import Material
from domain.template import Goal
from generators.brief import Brief
from generators.model.answers import Idea, Post, Sentence, Writing
from generators.model.building import Desk, built
from generators.model.checks import failing
from generators.model.facts import Fact
from generators.pieces import Span, spans_text
from generators.rules import checks

_BEFORE = {" ": "space", "\n": "line", "\n\n": "paragraph"}
# Checks that no wording answers: a picture, or the link that the template asks for.
_NOT_WORDS = re.compile(r"\bmedia\b|\blinks?\b", re.IGNORECASE)
_ASKING = re.compile(r"\bcta\b|conversation|question|call to|reply", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Revision:
    """A draft as a model may change it: *idea* over the facts of *desk*, and what is *wrong* with it, in words."""

    draft: Draft
    idea: Idea
    desk: Desk
    wrong: tuple[str, ...]

    def judge(self, writing: Writing, materials: Sequence[Material], brief: Brief, new_id: str) -> Draft | Revision:
        """The new draft, if it passes everything, nothing that passed fails and more passes; else what to ask next."""
        idea = next((idea for idea in writing.drafts if idea.number == self.idea.number), None)
        if idea is None:
            return self
        new = built(idea, self.desk, name=new_id)
        wrong = [*failing(new, materials, brief)]
        before, after = _passed(self.draft), _passed(new) if new.parts else set()
        wrong += [f"the check {factor!r} passed before, and fails now" for factor in sorted(before - after)]
        if wrong or not after > before:
            return replace(self, idea=idea, wrong=tuple(wrong) or self.wrong)
        return replace(
            new,
            tweet_style=self.draft.tweet_style,
            rank=self.draft.rank,
            unmet_hints=self.draft.unmet_hints,
            refined_from=self.draft.id,
            refinements=tuple(f"answered: {factor}" for factor in sorted(after - before)),
        )


def revised(draft: Draft, materials: Sequence[Material], brief: Brief) -> Revision | None:
    """*draft* taken apart for a revision; None where no wording answers what it failed."""
    wrong = tuple(_answerable(draft, brief))
    if not wrong:
        return None
    known = {material.id: material for material in materials}
    facts = dict(_facts(draft, known))
    linked = any(segment.kind is SegmentKind.LINK for part in draft.parts for segment in part.segments)
    desk = Desk(known, facts, brief.given, linked, draft.language)
    posts = [Post(sentences=list(_sentences(part.segments, facts))) for part in draft.parts]
    return Revision(draft, Idea(number=1, angle="as it is", posts=posts), desk, wrong)


def judge(
    revision: Revision, writing: Writing, materials: Sequence[Material], brief: Brief, new_id: str
) -> Draft | Revision:
    """`Revision.judge` as a function, for a process of its own."""
    return revision.judge(writing, materials, brief, new_id)


def _answerable(draft: Draft, brief: Brief) -> Iterator[str]:
    for check in draft.score.failed if draft.score else ():
        said = f"{check.factor} {check.suggestion or ''}"
        if _NOT_WORDS.search(said) or (_ASKING.search(said) and brief.goal is not Goal.CONVERSATION):
            continue
        yield f"{check.factor}: {check.suggestion}" if check.suggestion else check.factor


def _passed(draft: Draft) -> set[str]:
    """The checks that every part of *draft* passes."""
    found = [
        {check.factor for check in checks(part.text, has_link="://" in part.text) if check.passed}
        for part in draft.parts
    ]
    return set.intersection(*found)


def _facts(draft: Draft, known: dict[str, Material]) -> Iterator[tuple[str, Fact]]:
    """The facts that *draft* rests on, each span once."""
    spans: dict[tuple[str, str, Span], None] = {}
    for part in draft.parts:
        for segment in part.segments:
            if segment.material_id and segment.field in ("text", "title"):
                spans |= {(segment.material_id, segment.field, span): None for span in segment.spans}
    for at, (material_id, field, span) in enumerate(spans, 1):
        quote = spans_text(known[material_id], field, (span,))
        yield f"f{at}", Fact(f"f{at}", material_id, field, span, quote, "event")


def _sentences(segments: Sequence[Segment], facts: dict[str, Fact]) -> Iterator[Sentence]:
    """The sentences between the gaps of a part, without the source at its end."""
    text, cited, before = "", list[str](), "nothing"
    for segment in segments:
        if segment.kind is SegmentKind.LINK or segment.field == "site":
            continue
        if segment.kind is SegmentKind.TEMPLATE:
            if text:
                yield Sentence.model_validate({"text": text, "facts": cited, "before": before})
                text, cited = "", []
            before = _BEFORE.get(segment.text, before)
            continue
        text += segment.text
        cited += [
            name
            for name, fact in facts.items()
            if fact.material_id == segment.material_id and fact.field == segment.field and fact.span in segment.spans
        ]
    if text:
        yield Sentence.model_validate({"text": text, "facts": list(dict.fromkeys(cited)), "before": before})
