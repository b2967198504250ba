"""Shapes: the bodies of posts before links, hashtags and emoji are added to them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.draft import Segment
from domain.template import TweetStyle
from domain.weighted_length import weighted_length
from generators.embedded.reading import Quote, Reading
from generators.embedded.sentences import Sentence
from generators.embedded.trimming import trimmed, without_asides, without_references
from generators.pieces import capitalised, fixed, quoted

Body = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The bodies of one post, one of each part. *worth* compares shapes; *angle* names what the post begins with."""

    bodies: tuple[Body, ...]
    style: TweetStyle | None
    worth: float
    angle: str
    quotes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """How much a body may weigh: *each* part, *last* (which carries the link), and a one-liner's *line*."""

    each: int
    last: int
    line: int


def weight(body: Body) -> int:
    """The weighted length of *body*."""
    return weighted_length("".join(segment.text for segment in body))


def title_body(reading: Reading) -> Body:
    """The headline as a body; empty where there is none."""
    return (quoted(reading.material, "title", (reading.title,)),) if reading.title else ()


def sentence_body(reading: Reading, quote: Quote, limit: int, *, stop: bool = True) -> Body | None:
    """*quote* within *limit*, shortened by deletion where it must be; None where it does not fit."""
    sentence = without_references(quote.sentence)
    if weighted_length(sentence.text) > 180 or any(dash in sentence.text for dash in "–—"):
        sentence = without_asides(sentence, reading.language)
    short = trimmed(sentence, reading.language, limit)
    if short is None:
        return None
    if not stop:
        short = without_stop(short)
    return (capitalised(quoted(reading.material, "text", short.spans)),)


def without_stop(sentence: Sentence) -> Sentence:
    """*sentence* without its final full stop."""
    if not sentence.text.endswith((".", "。")) or sentence.text.endswith(".."):
        return sentence
    start, end = sentence.spans[-1]
    kept = ((start, end - 1),) if end - start > 1 else ()
    return Sentence(sentence.text[:-1], (*sentence.spans[:-1], *kept), sentence.order, sentence.line)


def joined(*bodies: Body, gap: str = "\n\n") -> Body:
    """*bodies* one after the other with *gap* between them."""
    found: list[Segment] = []
    for body in bodies:
        if body:
            found += ([fixed(gap)] if found else []) + list(body)
    return tuple(found)


def follows(quote: Quote, before: Quote | None) -> bool:
    """Whether *quote* may stand after *before*: alone, or as the very next sentence of the same text."""
    return quote.alone or (before is not None and quote.sentence.order == before.sentence.order + 1)
