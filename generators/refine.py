"""Refining: edits that answer failed checks by leaving out, or by adding a fixed question; never by rewriting.

Factors are recognised by keywords, since their names and number are the server's; one that is not recognised is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from domain.draft import Check, Draft, Part, Segment, SegmentKind
from domain.material import Material
from domain.template import Goal
from domain.weighted_length import LIMIT, weighted_length
from generators.brief import Brief
from generators.embedded.hints import Hint, Wishes, read_hints
from generators.embedded.sentences import Sentence
from generators.embedded.trimming import without_asides
from generators.phrases import question
from generators.pieces import fixed, part, quoted
from generators.rules import checks, has_emoji
from generators.verify import problems

Segments = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What an edit may look at."""

    draft: Draft
    materials: dict[str, Material]
    brief: Brief
    wishes: Wishes
    last: bool


Edit = Callable[[Segments, _Scene], Segments]


def refine(draft: Draft, materials: Sequence[Material], brief: Brief, *, new_id: str) -> Draft | None:
    """*draft* edited to pass more of the checks it failed, under *new_id*; None where no edit helps.

    What passed by our own rules still passes, the owner's hints are kept, and the result has passed the gate.
    """
    if draft.score is None:
        return None
    known = {material.id: material for material in materials}
    wishes = read_hints(brief.prompt)
    parts = list(draft.parts)
    done: list[str] = []
    for words, edit in _edits(draft.score.failed):
        edited = [
            _better(found, edit, _Scene(draft, known, brief, wishes, at == len(parts) - 1))
            for at, found in enumerate(parts)
        ]
        if edited != parts:
            parts, done = edited, [*done, words]
    if not done:
        return None
    refined = replace(draft, id=new_id, parts=tuple(parts), refined_from=draft.id, refinements=tuple(done), score=None)
    return None if problems(refined, materials, prompt=brief.given) else refined


def _edits(failed: Sequence[Check]) -> Iterator[tuple[str, Edit]]:
    """The edits that the failed factors call for, each once, with what it does in words."""
    called = {
        words: edit
        for check in failed
        for pattern, words, edit in _ANSWERS
        if re.search(pattern, f"{check.factor} {check.suggestion or ''}", re.IGNORECASE)
    }
    yield from called.items()


def _better(found: Part, edit: Edit, scene: _Scene) -> Part:
    """*found* edited, if the edit leaves something to read and nothing that passed fails by it."""
    edited = part(edit(found.segments, scene))
    if edited.text == found.text or not _says_something(edited.segments):
        return found
    before, after = _passed(found.text), _passed(edited.text)
    return edited if before < after else found


def _passed(text: str) -> set[str]:
    return {check.factor for check in checks(text, has_link="://" in text) if check.passed}


def _says_something(segments: Segments) -> bool:
    return any(segment.field in ("text", "title") and segment.kind is not SegmentKind.EMOJI for segment in segments)


def _drop_hashtags(segments: Segments, scene: _Scene) -> Segments:
    if scene.wishes.wants(Hint.HASHTAG):
        return segments
    return _without(segments, lambda segment: segment.kind is SegmentKind.HASHTAG)


def _drop_emoji(segments: Segments, scene: _Scene) -> Segments:
    if scene.wishes.wants(Hint.EMOJI):
        return segments
    kept = _without(segments, lambda segment: segment.kind is SegmentKind.EMOJI)
    return _without(kept, lambda segment: _is_said(segment) and has_emoji(segment.text))


def _drop_dashes(segments: Segments, scene: _Scene) -> Segments:
    trimmed = tuple(_without_asides(segment, scene) for segment in segments)
    return _without(trimmed, lambda segment: _is_said(segment) and bool(re.search(r"[—–]|--", segment.text)))


def _drop_shouting(segments: Segments, scene: _Scene) -> Segments:  # noqa: ARG001 — one signature for all edits
    return _without(
        segments, lambda segment: _is_said(segment) and bool(re.search(r"\b[^\W\d_a-z]{3,}\b", segment.text))
    )


def _drop_loud(segments: Segments, scene: _Scene) -> Segments:  # noqa: ARG001 — one signature for all edits
    return _without(segments, lambda segment: _is_said(segment) and bool(re.search(r"[!！?？]", segment.text)))


def _shorten(segments: Segments, scene: _Scene) -> Segments:  # noqa: ARG001 — one signature for all edits
    while weighted_length("".join(segment.text for segment in segments)) > LIMIT:
        said = [at for at, segment in enumerate(segments) if _is_said(segment)]
        if len(said) < 2:
            return segments
        segments = _dropped(segments, said[-1])
    return segments


def _ask(segments: Segments, scene: _Scene) -> Segments:
    """A question at the end: more replies, fewer likes, so only where conversation is the goal."""
    asked = question(scene.draft.language)
    refused = scene.wishes.refuses(Hint.QUESTION) or scene.brief.goal is not Goal.CONVERSATION
    if asked is None or refused or not scene.last:
        return segments
    at = next((at for at, segment in enumerate(segments) if _is_tail(segment)), len(segments))
    while at and segments[at - 1].kind is SegmentKind.TEMPLATE:
        at -= 1
    return (*segments[:at], fixed("\n\n"), fixed(asked), *segments[at:])


_ANSWERS: tuple[tuple[str, str, Edit], ...] = (
    (r"hash ?tag", "hashtags left out", _drop_hashtags),
    (r"emoji", "emoji left out", _drop_emoji),
    (r"\bdash", "dashes left out", _drop_dashes),
    (r"capital|\bcaps\b|shout", "words in capitals left out", _drop_shouting),
    (r"punctuation|exclamation", "loud punctuation left out", _drop_loud),
    (r"length|characters|shorten", "shortened", _shorten),
    (r"\bcta\b|conversation|question|call to", "question added", _ask),
)


def _is_said(segment: Segment) -> bool:
    return segment.field in ("text", "title") and segment.kind is not SegmentKind.EMOJI


def _is_tail(segment: Segment) -> bool:
    return segment.kind in (SegmentKind.LINK, SegmentKind.HASHTAG) or segment.field == "site" or segment.text == "via "


def _without_asides(segment: Segment, scene: _Scene) -> Segment:
    material = scene.materials.get(segment.material_id or "")
    if segment.field != "text" or segment.kind is SegmentKind.EMOJI or material is None:
        return segment
    shorter = without_asides(Sentence(segment.text, segment.spans, 0, 0), scene.draft.language)
    return quoted(material, "text", shorter.spans) if shorter.spans != segment.spans else segment


def _without(segments: Segments, unwanted: Callable[[Segment], bool]) -> Segments:
    """*segments* without those *unwanted* and the gaps before them."""
    for at in range(len(segments) - 1, -1, -1):
        if at < len(segments) and unwanted(segments[at]):
            segments = _dropped(segments, at)
    return segments


def _dropped(segments: Segments, at: int) -> Segments:
    start, end = _sentence(segments, at)
    before, after = list(segments[:start]), list(segments[end:])
    if before:
        while before and before[-1].kind is SegmentKind.TEMPLATE:
            before.pop()
    else:
        while after and after[0].kind is SegmentKind.TEMPLATE and not after[0].text.strip():
            after.pop(0)
    return (*before, *after)


def _sentence(segments: Segments, at: int) -> tuple[int, int]:
    """Where the sentence around the segment *at* begins and ends: what a model wrote goes with what it quotes in it."""
    start, end = at, at + 1
    while start and segments[start - 1].kind is not SegmentKind.TEMPLATE:
        start -= 1
    while end < len(segments) and segments[end].kind is not SegmentKind.TEMPLATE:
        end += 1
    written = any(segment.kind is SegmentKind.CLAIM for segment in segments[start:end])
    return (start, end) if written else (at, at + 1)
