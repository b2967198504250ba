"""The embedded writer's one door: materials and a brief in, drafts out.

Pure, deterministic and heavy on the processor: called through a child process. The same input gives the same bytes.
"""

from __future__ import annotations

import os
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.draft import Draft, Part, SegmentKind
from domain.errors import WriterError
from domain.material import Material
from domain.template import PostType, TweetStyle
from generators.brief import Brief
from generators.embedded import attributed, frames, lists, releases, roundups, threads
from generators.embedded.finishing import Finish, finished, room_for, wanted, without_extras
from generators.embedded.hints import Hint, Wishes, forbids_shouting, read_hints
from generators.embedded.met import shows
from generators.embedded.ranking import similarity
from generators.embedded.reading import Reading, read
from generators.embedded.shapes import Room, Shape
from generators.embedded.style import Manner, distance, manner_of
from generators.embedded.verbatim import is_verbatim, verbatim
from generators.pieces import part
from generators.rules import checks
from generators.verify import problems

PER_CHECK, PER_DISTANCE = 0.08, 0.6
TOO_SHORT = 35  # characters of text
ALIKE = 0.7  # shared character n-grams from which two drafts are one
MATERIAL_STEP = 0.05  # rank lost with each material further down
OTHER_FORM = 1.0  # rank lost by forms that were not chosen
SIMPLER = (TweetStyle.PARAGRAPHS, TweetStyle.ONE_LINER)
WISHED = 0.5  # rank gained by a draft for each hint it follows


def compose(materials: tuple[Material, ...], brief: Brief) -> tuple[Draft, ...]:
    """Drafts for *brief*, best first, each of one material and each past the gate.

    With more than one post wanted, the drafts are spread over the materials. Raises WriterError with the reason where
    no draft is left; the reason begins with "nothing new" where all of them were posted before.
    """
    if not materials:
        raise WriterError("there is no material")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read as numpy loads: threads for small matrices only contend
    if is_verbatim(materials, brief):
        drafts = [_as_is(material, brief) for material in materials]
        # Words that are told in turn, or filled in anew, come round again when it is their time.
        return _numbered(drafts) if materials[0].as_it_stands else _fresh(drafts, brief)
    wishes = read_hints(brief.prompt)
    manner = manner_of(brief.style)
    if brief.roundup:
        return _numbered(roundups.compose(materials, brief, wishes, manner))
    pools = [list(_drafts(material, brief, wishes, manner, at)) for at, material in enumerate(materials)]
    passed = [[draft for draft in pool if not problems(draft, materials)] for pool in pools]
    if not any(passed):
        raise WriterError(_why_not(materials, brief))
    return _fresh(_chosen([_distinct(pool) for pool in passed], brief), brief)


def _drafts(material: Material, brief: Brief, wishes: Wishes, manner: Manner | None, at: int) -> Iterator[Draft]:
    reading = read(material)
    finish = wanted(brief, wishes, reading, manner)
    thread = brief.type is PostType.THREAD
    room = room_for(finish, wishes, reading, thread=thread)
    shapes = threads.threads(reading, room) if thread else _tweets(reading, brief, wishes, manner, finish)
    for shape in shapes:
        for option in dict.fromkeys((finish, without_extras(finish))):
            parts = tuple(_finished(shape, reading, option))
            yield _draft(parts, shape, reading, brief, wishes, manner, at)


def _tweets(reading: Reading, brief: Brief, wishes: Wishes, manner: Manner | None, finish: Finish) -> Sequence[Shape]:
    room = room_for(finish, wishes, reading, thread=False)
    listed = lists.list_shapes(reading.material, room.last) if lists.is_list(reading.material) else []
    if listed and brief.tweet_style in (None, TweetStyle.EXPLAINER):
        return listed
    if about := releases.release_shapes(reading, room):
        return about
    found = (
        _in_form(reading, brief.tweet_style, room) if brief.tweet_style else _in_forms(reading, brief, wishes, manner)
    )
    return found or listed or attributed.shapes(reading, room)


def _in_form(reading: Reading, style: TweetStyle, room: Room) -> list[Shape]:
    """Posts of the form that the template names, or of the next simpler one that the source has words for."""
    tried = (frames.shapes(reading, form, room) for form in dict.fromkeys((style, *SIMPLER)))
    return next((found for found in tried if found), [])


def _in_forms(reading: Reading, brief: Brief, wishes: Wishes, manner: Manner | None) -> list[Shape]:
    """Posts of every form, those of the form that hint, manner or chance chose first."""
    chosen = _form(reading.material, brief, wishes, manner)
    room = room_for(wanted(brief, wishes, reading, manner), wishes, reading, thread=False)
    return [
        shape if form is chosen else replace(shape, worth=shape.worth - OTHER_FORM)
        for form in TweetStyle
        for shape in frames.shapes(reading, form, room)
    ]


def _form(material: Material, brief: Brief, wishes: Wishes, manner: Manner | None) -> TweetStyle:
    """The form of a post whose template names none: by hint, by manner, else by chance from the seed."""
    if wishes.wants(Hint.BULLETS):
        return TweetStyle.EXPLAINER
    if wishes.wants(Hint.SHORT):
        return TweetStyle.ONE_LINER
    if wishes.wants(Hint.LONG):
        return TweetStyle.PARAGRAPHS
    if manner:
        if manner.prefers("arrow"):
            return TweetStyle.EXPLAINER
        return TweetStyle.PARAGRAPHS if manner.means["breaks"] >= 1 else TweetStyle.ONE_LINER
    chance = random.Random(f"{brief.seed}\n{material.url or material.title}")  # noqa: S311 — no secret hangs on it
    return chance.choice(list(TweetStyle))


def _finished(shape: Shape, reading: Reading, finish: Finish) -> Iterator[Part]:
    size = len(shape.bodies)
    for at, body in enumerate(shape.bodies):
        if not finish.stop and shape.style is TweetStyle.ONE_LINER:
            body = attributed.without_last_stop(body, reading.material)
        yield part(finished(body, reading, finish, last=at == size - 1, first=at == 0))


def _draft(
    parts: tuple[Part, ...],
    shape: Shape,
    reading: Reading,
    brief: Brief,
    wishes: Wishes,
    manner: Manner | None,
    at: int,
) -> Draft:
    draft = Draft(
        id="",
        parts=parts,
        tweet_style=shape.style,
        language=reading.language,
        material_ids=(reading.material.id,),
    )
    unmet = wishes.unmet(lambda hint: shows(hint, draft, brief, reading.language))
    if brief.tweet_style and shape.style is not brief.tweet_style and brief.type is PostType.TWEET:
        unmet = (*unmet, f"{brief.tweet_style}: the source has no words for this form")
    asked = len(wishes.wanted) + len(wishes.unwanted) + len(wishes.unknown)
    rank = shape.worth + _merit(draft, brief, manner) + WISHED * (asked - len(unmet)) - MATERIAL_STEP * at
    return replace(draft, rank=round(rank, 4), unmet_hints=unmet)


def _merit(draft: Draft, brief: Brief, manner: Manner | None) -> float:
    """What the checks, the manner and the rules of the API say of *draft*."""
    texts = [draft_part.text for draft_part in draft.parts]
    passed = min(sum(check.passed for check in checks(text, has_link="://" in text)) for text in texts)
    far = distance(texts[0], manner) if manner else 0.0
    shouted = forbids_shouting(brief.guidance) and any(re.search(r"\b[A-Z]{4,}\b", text) for text in texts)
    return PER_CHECK * passed - PER_DISTANCE * far - PER_CHECK * shouted


def _distinct(pool: Sequence[Draft]) -> list[Draft]:
    """*pool* best first, without near-duplicates."""
    kept: list[Draft] = []
    for draft in sorted(pool, key=lambda draft: (-draft.rank, draft.text)):
        if not any(_is_like(draft, other) for other in kept):
            kept.append(draft)
    return kept


def _is_like(one: Draft, other: Draft) -> bool:
    if one.material_ids != other.material_ids or _extras(one) != _extras(other):
        return False
    said, other_said = _words(one), _words(other)
    return abs(len(said) - len(other_said)) < 80 and similarity(said, other_said) >= ALIKE


def _extras(draft: Draft) -> set[SegmentKind]:
    """Which pieces the editorial checks speak against *draft* carries: a draft without them is another choice."""
    kinds = {segment.kind for found in draft.parts for segment in found.segments}
    return kinds & {SegmentKind.EMOJI, SegmentKind.HASHTAG}


def _words(draft: Draft) -> str:
    return "\n".join(
        segment.text for found in draft.parts for segment in found.segments if segment.field in ("text", "title")
    )


def _chosen(pools: Sequence[Sequence[Draft]], brief: Brief) -> list[Draft]:
    """Drafts turn by turn of each material where several posts are wanted, else the best of all."""
    if brief.count > 1:
        most = max(map(len, pools))
        return [pool[turn] for turn in range(most) for pool in pools if turn < len(pool)]
    return sorted((draft for pool in pools for draft in pool), key=lambda draft: (-draft.rank, draft.text))


def _fresh(drafts: Sequence[Draft], brief: Brief) -> tuple[Draft, ...]:
    """At most the drafts wanted, without those posted before, numbered."""
    posted = {_normal(text) for text in brief.avoid}
    fresh = [draft for draft in drafts if _normal(draft.parts[0].text) not in posted]
    if not fresh:
        raise WriterError("nothing new: every draft of this material was posted before")
    return _numbered(fresh[: max(brief.maximum_drafts, brief.count)])


def _numbered(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    return tuple(replace(draft, id=f"d{at}") for at, draft in enumerate(drafts))


def _normal(text: str) -> str:
    """*text* as two posts are compared: without links, case and spacing."""
    return " ".join(re.sub(r"https?://\S+", "", unicodedata.normalize("NFKC", text)).casefold().split())


def _as_is(material: Material, brief: Brief) -> Draft:
    draft = Draft(
        id="d0", parts=verbatim(material, brief.type), material_ids=(material.id,), language=material.language
    )
    wrong = problems(draft, (material,))
    if wrong:
        raise WriterError(f"the text cannot be posted as it is: {wrong[0]}")
    return draft


def _why_not(materials: Sequence[Material], brief: Brief) -> str:
    kind = "a thread" if brief.type is PostType.THREAD else "a post"
    letters = sum(len(material.text) for material in materials)
    if letters < TOO_SHORT:
        return f"the material is too short for {kind}: {letters} characters of text"
    return f"no sentence can stand in {kind}: each is page chrome, an advert, in the first person or leans on another"
