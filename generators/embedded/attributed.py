"""Words that only their author can say, quoted with the site's name; and the full stop of a one-liner."""

from __future__ import annotations

from domain.draft import Segment, SegmentKind
from domain.material import Material, MaterialKind
from domain.template import TweetStyle
from generators.embedded import filters
from generators.embedded.reading import Reading
from generators.embedded.shapes import Body, Room, Shape, weight
from generators.embedded.titles import headline, site_name
from generators.phrases import BRACKETS, quotes
from generators.pieces import fixed, quoted, site, spans_text


def shapes(reading: Reading, room: Room) -> list[Shape]:
    """One-liners of a source in the first person: a sentence or the headline in quotation marks, and whose it is."""
    material = reading.material
    if material.kind is MaterialKind.TEXT or not site_name(material):
        return []
    opening, closing = quotes(reading.language)
    found = []
    title = headline(material)
    spoken: list[tuple[str, tuple[tuple[int, int], ...], float]] = [("title", (title,), 1.0)] if title else []
    spoken += [
        ("text", quote.sentence.spans, quote.worth)
        for quote in reading.quotes
        if filters.stands_alone(quote.sentence, reading.language)
    ]
    for field, spans, worth in spoken:
        said = quoted(material, field, spans)
        if any(mark in said.text for mark in '“”„«»"「」'):
            continue
        body: Body = (fixed(opening), said, fixed(closing), fixed(BRACKETS[0]), site(material), fixed(BRACKETS[1]))
        if weight(body) <= min(room.line, room.last):
            found.append(Shape((body,), TweetStyle.ONE_LINER, worth - 0.5, f"quoted {field}"))
    return sorted(found, key=lambda shape: -shape.worth)[:4]


def without_last_stop(body: Body, material: Material) -> Body:
    """*body* without the full stop that ends it."""
    last = body[-1]
    if not last.text.endswith((".", "。")) or last.text.endswith("..") or last.field != "text":
        return body
    start, end = last.spans[-1]
    if end - start < 2 or spans_text(material, "text", ((end - 1, end),)) != last.text[-1]:
        return body
    shorter = Segment(last.kind, last.text[:-1], last.material_id, last.field, (*last.spans[:-1], (start, end - 1)))
    return (*body[:-1], shorter) if last.kind in (SegmentKind.EXTRACT, SegmentKind.TRIMMED) else body
