"""Tracing a published text to its sources: which words come from where, and whether they really stand there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.draft import Part, Segment, SegmentKind
from domain.material import Material

AROUND = 60  # characters shown before and after a span


def unsupported(part: Part, materials: Mapping[str, Material]) -> Iterator[str]:
    """Name each segment of *part* whose spans do not hold what was published."""
    claims = 0
    for segment in part.segments:
        if segment.kind is SegmentKind.TEMPLATE:
            continue
        claims += 1
        material = materials.get(segment.material_id or "")
        if material is None or not segment.spans:
            yield f"{segment.text!r} names no source"
        elif not _supported(segment, source(material, segment.field)):
            yield f"{segment.text!r} is not what its source says there"
    if not claims:
        yield f"nothing in {part.text!r} comes from a source"


def _supported(segment: Segment, text: str) -> bool:
    if any(not 0 <= start < end <= len(text) for start, end in segment.spans):
        return False
    said = "".join(text[start:end] for start, end in segment.spans)
    match segment.kind:
        case SegmentKind.HASHTAG:
            return re.sub(r"\W+", "", said).casefold() == segment.text.removeprefix("#").casefold()
        case SegmentKind.EMOJI:
            return bool(said.strip())  # an emoji stands for the word it names
        case SegmentKind.TRIMMED:
            return (said[1:], said[:1].casefold()) == (segment.text[1:], segment.text[:1].casefold())
        case _:
            return said == segment.text


def source(material: Material, field: str | None) -> str:
    """Give the field of *material* that spans point into."""
    fields = {
        "text": material.text,
        "title": material.title,
        "url": material.url or "",
        "site": material.site or "",
        "tags": "\n".join(material.tags),
    }
    return fields.get(field or "", "")


def excerpt(text: str, spans: tuple[tuple[int, int], ...]) -> list[tuple[str, bool]]:
    """Give what stands around the spans of *text* as pieces, each with whether it was used; whole words only."""
    first, last = spans[0][0], spans[-1][1]
    before = text[max(0, first - AROUND) : first]
    after = text[last : last + AROUND]
    if first > AROUND:
        before = "…" + before.partition(" ")[2]
    if last + AROUND < len(text):
        after = after.rpartition(" ")[0] + " …"
    pieces, at = [(before, False)], first
    for start, end in spans:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((after, False))
    return [(re.sub(r"\s+", " ", piece), used) for piece, used in pieces if piece]
