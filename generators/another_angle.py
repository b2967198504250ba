"""Another angle on material that was written about before: the sentences that no post has told yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.draft import Draft
from domain.errors import WriterError
from domain.material import Material
from generators.brief import Brief
from generators.embedded.sentences import split
from generators.embedded.verbatim import is_verbatim
from generators.repetition import Earlier, shingles

TOLD = 0.6  # of a sentence's groups of three words, in what was posted: it has been told


def write_anew(materials: tuple[Material, ...], brief: Brief, told: Iterable[str]) -> tuple[Draft, ...]:
    """Write drafts from what the texts *told* have left out; none where there is nothing else, or nothing to choose."""
    from generators.embedded.writer import compose

    if is_verbatim(materials, brief) or brief.roundup:
        return ()
    known = frozenset(group for text in told for group in shingles(text))
    try:
        return compose(tuple(untold(material, known) for material in materials), brief)
    except WriterError:
        return ()


def untold(material: Material, told: frozenset[tuple[str, ...]]) -> Material:
    """Give *material* with blanks for the sentences whose groups of words are *told*: the places of others stay.

    A title that was told stays, since it says what the text is about.
    """
    kept = list(material.text)
    for sentence in split(material.text):
        groups = shingles(sentence.text)
        if groups and len(groups & told) >= TOLD * len(groups):
            for start, end in sentence.spans:
                kept[start:end] = " " * (end - start)
    return replace(material, text="".join(kept))


def with_another_angle(
    drafts: tuple[Draft, ...], other: Sequence[Draft], *, count: int, most: int
) -> tuple[Draft, ...]:
    """Give *drafts*, all of which repeat something, and up to *count* of *other* that do not, *most* in all."""
    fresh = [draft for draft in other if draft.repeats is None][: max(1, min(count, most - len(drafts)))]
    return (*drafts, *(replace(draft, id=f"d{len(drafts) + at}") for at, draft in enumerate(fresh)))


def posted(earlier: Iterable[Earlier]) -> tuple[str, ...]:
    """Give the texts of what was said *earlier*."""
    return tuple(part for each in earlier for part in each.parts)
