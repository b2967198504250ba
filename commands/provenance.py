"""Where the words of a post come from: each segment with its source, and what that source says there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commands.output import first_line, say, table
from domain.draft import Draft, Part, Segment, SegmentKind
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


def print_chosen(drafts: Sequence[Draft], chosen: Collection[str], materials: Sequence[Material]) -> None:
    """Print where each word of the chosen drafts comes from; sources are named by their ids in the run."""
    by_id = {material.id: material for material in materials}
    for draft in drafts:
        if draft.id in chosen:
            say()
            say(f"Where each word of {draft.id} comes from")
            _print([(place, each) for place, part in enumerate(draft.parts) for each in trace(part, by_id)])
            _print_figures(each for each in materials if each.id in draft.material_ids)


def print_part(part: Part, materials: Sequence[Material]) -> None:
    """Print where each word of one post comes from, and its sources."""
    traced = trace(part, {material.id: material for material in materials})
    say("Where each word comes from")
    _print([(None, each) for each in traced])
    sources = list(dict.fromkeys(each.material for each in traced if each.material))
    for each in sources:
        say(f"{each.id}: {first_line(each.title or each.text)} {each.url or ''}".rstrip())
    _print_figures(sources)


def _print_figures(materials: Iterable[Material]) -> None:
    """Say of each place that was filled into the owner's words where it comes from."""
    for material in materials:
        for figure in material.figures:
            say(f"{material.text[slice(*figure.span)]}: {figure.source}")


def _print(traced: Sequence[tuple[int | None, Traced]]) -> None:
    numbered = any(place for place, _ in traced)
    rows = [
        ((1 + (place or 0), *_row(each)) if numbered else _row(each))
        for place, each in traced
        if each.segment.text.strip()
    ]
    columns = ("words", "kind", "source", "at", "the source there")
    table(("part", *columns) if numbered else columns, rows, empty="  not recorded")


def _row(traced: Traced) -> tuple[object, ...]:
    segment = traced.segment
    words = first_line(segment.text, 60)
    if segment.kind is SegmentKind.TEMPLATE:
        return words, "fixed words", None, None, "the writer's own"
    spans = ", ".join(f"{start}-{end}" for start, end in segment.spans)
    return words, segment.kind, f"{segment.material_id}.{segment.field}", spans, traced.excerpt
