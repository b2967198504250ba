"""Printing where the words of a post come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from commands.output import first_line, say, table
from domain.draft import Draft, Part, SegmentKind
from domain.material import Material
from scheduler.shown.provenance import Traced, trace


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
