"""Where the words of a post come from: each segment with its source, and what that source says there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.draft import Part, Segment
from domain.material import Material

AROUND = 40  # characters shown before and after a span
LONG = 100  # characters of a source that are shown between two spans


@dataclass(frozen=True, slots=True)
class Traced:
    """A segment with the material that it names, and the *excerpt* of it around the spans.

    Both are None for the writer's own words, and when the material is not kept any more.
    """

    segment: Segment
    material: Material | None = None
    excerpt: str | None = None


def trace(part: Part, materials: Mapping[str, Material]) -> tuple[Traced, ...]:
    """Give every segment of *part* with its source; *materials* are those of its run, by id."""
    return tuple(_trace(segment, materials) for segment in part.segments)


def _trace(segment: Segment, materials: Mapping[str, Material]) -> Traced:
    material = materials.get(segment.material_id or "")
    if material is None:
        return Traced(segment)
    return Traced(segment, material, excerpt(_field(material, segment.field), segment.spans))


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Give what stands around the *spans* of *text* in one line, the words that were used in square brackets."""
    if not spans:
        return ""
    first, last = spans[0][0], spans[-1][1]
    before, after = text[max(0, first - AROUND) : first], text[last : last + AROUND]
    if first > AROUND:
        before = "…" + before.partition(" ")[2]
    if last + AROUND < len(text):
        after = after.rpartition(" ")[0] + "…"
    pieces, at = [before], first
    for start, end in spans:
        between = text[at:start]
        pieces += [between if len(between) <= LONG else " … ", f"[{text[start:end]}]"]
        at = end
    return re.sub(r"\s+", " ", "".join((*pieces, after))).strip()


def _field(material: Material, name: str | None) -> str:
    fields = {
        "text": material.text,
        "title": material.title,
        "url": material.url or "",
        "site": material.site or "",
        "tags": "\n".join(material.tags),
    }
    return fields.get(name or "", "")


def traced_view(traced: Traced) -> dict[str, Any]:
    """Give a traced segment as JSON: what a draft's segment has, and its source's title, URL and excerpt."""
    material = traced.material
    return {
        **segment_view(traced.segment),
        "title": material and material.title,
        "url": material and material.url,
        "excerpt": traced.excerpt,
    }


def segment_view(segment: Segment) -> dict[str, Any]:
    """Give a segment as JSON; *spans* are pairs of start and end in code points of the material's field."""
    return {
        "kind": segment.kind.value,
        "text": segment.text,
        "material_id": segment.material_id,
        "field": segment.field,
        "spans": [list(span) for span in segment.spans],
    }
