"""How drafts and the material they come from are printed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from commands.output import first_line, say, table
from commands.provenance import print_chosen
from domain.draft import Draft
from domain.material import Material, ReadFile
from domain.run import Rejected
from scheduler.operations.sampling import Sample


def print_sample(taken: Sample) -> None:
    """Print a sample: material, drafts and what would be posted."""
    print_material(taken.material, taken.rejected)
    chosen = {each.id for each in taken.chosen}
    print_drafts(taken.drafts, chosen, taken.reason)
    print_chosen(taken.drafts, chosen, taken.material)


def print_material(material: Sequence[Material], rejected: Sequence[Rejected]) -> None:
    """Print what was gathered, and what gave nothing."""
    say("Material")
    rows = [
        (each.id, each.kind, first_line(each.title or each.text), each.file.source if each.file else each.url)
        for each in material
    ]
    table(("id", "kind", "title", "url"), rows, empty="  nothing was gathered")
    for piece in material:
        if piece.file:
            say(f"  {piece.id}: {_read_by(piece.file)}")
    for each in rejected:
        say(f"  not used: {each.reference}: {each.reason}")


def _read_by(file: ReadFile) -> str:
    """Say what read a file, and for a picture that no model told about why, and what is known of it all the same."""
    if file.reader is not None:
        return f"read by {file.reader}"
    return f"not told about by a model ({file.why}); what is known of it: {file.facts}"


def print_drafts(drafts: Sequence[Draft], chosen: Collection[str], reason: str | None) -> None:
    """Print the drafts with their scores, the whole text of the chosen ones, and why they won."""
    say()
    say("Drafts")
    rows = [
        (
            each.id,
            "chosen" if each.id in chosen else "",
            f"{each.score.value} ({each.score.scored_by})" if each.score else None,
            ", ".join(check.factor for check in each.score.failed) if each.score else None,
            first_line(each.text),
        )
        for each in drafts
    ]
    table(("id", "", "score", "failed checks", "text"), rows, empty="  none was written")
    if reason:
        by_hand = any(each.id in chosen and each.engine == "person" for each in drafts)
        say(f"why: a person wrote it; before that {reason}" if by_hand else f"why: {reason}")
    for each in drafts:
        if each.id in chosen:
            _print_chosen(each)


def _print_chosen(draft: Draft) -> None:
    for number, part in enumerate(draft.parts, 1):
        say()
        if len(draft.parts) > 1:
            say(f"part {number} of {len(draft.parts)}")
        say(part.text)
    if draft.origin:
        why = f" instead of {draft.origin.model}: {draft.origin.why}" if draft.origin.why else f", {draft.origin.model}"
        say(f"written by the {draft.engine} writer{why}")
    if draft.refinements:
        say(f"refined from {draft.refined_from}: {'; '.join(draft.refinements)}")
    if draft.unmet_hints:
        say(f"not followed of the prompt: {'; '.join(draft.unmet_hints)}")
