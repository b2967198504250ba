"""The owner's own text, posted as it is: whole, or cut into a thread between paragraphs and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.draft import Part
from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.template import PostType
from domain.weighted_length import LIMIT, weighted_length
from generators.brief import Brief
from generators.embedded.sentences import split
from generators.pieces import part, quoted


def is_verbatim(materials: tuple[Material, ...], brief: Brief) -> bool:
    """Whether the owner gave nothing but the text: AutoContent X operations, raw text to post; or words to stay so."""
    if materials and all(material.as_it_stands for material in materials):
        return True
    if brief.query:
        return False
    only = len(materials) == 1 and materials[0].kind is MaterialKind.TEXT
    return only and not (brief.prompt or "").strip() and brief.tweet_style is None and brief.count == 1


def verbatim(material: Material, kind: PostType) -> tuple[Part, ...]:
    """The parts of *material*'s text, unchanged. Raises WriterError where a tweet would be too long."""
    spans = [_stripped(material.text, (0, len(material.text)))]
    if spans[0] is None:
        raise WriterError("the text is empty")
    if kind is PostType.THREAD:
        return tuple(part([quoted(material, "text", (span,))]) for span in cuts(material.text))
    length = weighted_length(material.text.strip())
    if length > LIMIT:
        raise WriterError(f"the text has {length} weighted characters, a tweet {LIMIT}: shorten it or make it a thread")
    return (part([quoted(material, "text", (spans[0],))]),)


def cuts(text: str, limit: int = LIMIT) -> list[tuple[int, int]]:
    """Spans of at most *limit* weighted characters: paragraphs, joined while they fit, else sentences, else words."""
    spans: list[tuple[int, int]] = []
    for unit in _units(text, limit):
        if spans and weighted_length(text[spans[-1][0] : unit[1]]) <= limit and _together(text, spans[-1], unit):
            spans[-1] = (spans[-1][0], unit[1])
        else:
            spans.append(unit)
    return spans


def _together(text: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Paragraphs stay apart; what is left of one paragraph is filled up."""
    return "\n\n" not in text[one[1] : other[0]]


def _units(text: str, limit: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"(?:(?!\n[^\S\n]*\n).)+", text, re.DOTALL):
        span = _stripped(text, match.span())
        if span is None:
            continue
        if weighted_length(text[span[0] : span[1]]) <= limit:
            yield span
            continue
        for sentence in split(text[span[0] : span[1]]):
            yield from _pieces(text, span[0] + sentence.start, span[0] + sentence.end, limit)


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """One sentence, cut between words where it is too long; a single word that is too long is cut where it must be."""
    while weighted_length(text[start:end]) > limit:
        cut = start + _longest(text[start:end], limit)
        if span := _stripped(text, (start, cut)):
            yield span
        start = cut
    if span := _stripped(text, (start, end)):
        yield span


def _longest(text: str, limit: int) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weighted_length(text[:middle]) <= limit else (low, middle - 1)
    at = max(text.rfind(" ", 0, low + 1), text.rfind("\n", 0, low + 1))
    return at if at > 0 else low


def _stripped(text: str, span: tuple[int, int]) -> tuple[int, int] | None:
    piece = text[span[0] : span[1]]
    begin = span[0] + len(piece) - len(piece.lstrip())
    finish = span[0] + len(piece.rstrip())
    return (begin, finish) if begin < finish else None
