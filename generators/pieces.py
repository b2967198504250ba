"""Pieces of a post: segments made from a material or from the writer's fixed words, and parts made of them."""

from __future__ import annotations

from collections.abc import Iterable

from domain.draft import Part, Segment, SegmentKind
from domain.material import Material

Span = tuple[int, int]


def field_text(material: Material, field: str | None) -> str:
    """The text that the spans of *field* point into. Tags are joined by line breaks."""
    match field:
        case "text":
            return material.text
        case "title":
            return material.title
        case "url":
            return material.url or ""
        case "site":
            return material.site or ""
        case "tags":
            return "\n".join(material.tags)
        case _:
            return ""


def spans_text(material: Material, field: str | None, spans: Iterable[Span]) -> str:
    """The characters that *spans* name, joined without anything between them."""
    source = field_text(material, field)
    return "".join(source[start:end] for start, end in spans)


def quoted(material: Material, field: str, spans: tuple[Span, ...]) -> Segment:
    """A segment of the material's own words.

    Where the spans begin inside a sentence, its first letter is written large, the only change ever made to words.
    """
    text = spans_text(material, field, spans)
    if field == "text" and len(spans) == 1:
        kind = SegmentKind.EXTRACT
    elif field == "text":
        kind = SegmentKind.TRIMMED
    else:
        kind = SegmentKind.TITLE if field == "title" else SegmentKind.EXTRACT
    return Segment(kind, text, material.id, field, spans)


def capitalised(segment: Segment) -> Segment:
    """*segment* beginning with a large letter, as kind TRIMMED; the same segment if it does already."""
    text = large_first(segment.text)
    if text == segment.text:
        return segment
    return Segment(SegmentKind.TRIMMED, text, segment.material_id, segment.field, segment.spans)


def large_first(text: str) -> str:
    """*text* with its first letter in upper case, where that is one letter too."""
    upper = text[:1].upper()
    return upper + text[1:] if len(upper) == 1 else text


def fixed(words: str) -> Segment:
    """A segment of the writer's own fixed words; the gate knows them all."""
    return Segment(SegmentKind.TEMPLATE, words)


def link(material: Material) -> Segment:
    """The material's own link."""
    url = material.url or ""
    return Segment(SegmentKind.LINK, url, material.id, "url", ((0, len(url)),))


def site(material: Material) -> Segment:
    """The name of the material's site."""
    name = material.site or ""
    return Segment(SegmentKind.EXTRACT, name, material.id, "site", ((0, len(name)),))


def part(segments: Iterable[Segment]) -> Part:
    """A part whose text is its segments joined."""
    kept = tuple(segment for segment in segments if segment.text)
    return Part("".join(segment.text for segment in kept), kept)
